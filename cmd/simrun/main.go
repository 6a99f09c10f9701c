// Command simrun simulates power cuts and faults under a journal, or under the engine
// that a Go package's tests give to sim.Test, and judges what recovery brings back.
//
//	simrun test PACKAGES     go test for programs that are simulated as they are
//	simrun fuse              programs in any language, on a disk that the kernel shows them
//	simrun campaign          many seeds; a summary; exit 1 if a law was violated
//	simrun campaign ./store  the same for the tests of a Go package
//	simrun merge DIR...      the shards of a campaign in one report
//	simrun run --seed N      one seed
//	simrun explain CASE      what was lost, why, and where in the code
//	simrun repro CASE        run a violation again
//	simrun shrink CASE       make it simpler
//	simrun export CASE DIR   the crash image as real files
//	simrun corpus            run every kept case again
//	simrun mutants           break the journal on purpose; exit 1 if a defect is missed
//	simrun barriers          switch each sync off in turn; exit 1 if none misses it
//	simrun explore           everything there is, up to a bound
//	simrun laws              what must hold
//	simrun journal ...       real journal files: looked at, changed, removed
//	simrun --version         what this binary is made of
//
// Every command takes --json. Results go to standard output, progress to
// standard error. Exit codes: 0 everything held, 1 a law was violated, 2 wrong
// usage, 3 the harness itself failed, 4 interrupted before all was run, 125 (of
// repro and explain) the case says nothing about this code.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitHeld        = 0
	exitViolation   = 1
	exitUsage       = 2
	exitHarness     = 3
	exitInterrupted = 4
	exitIncomplete  = 5   // of simrun journal
	exitUntestable  = 125 // which git bisect skips
)

// exitError ends the command with a code. Its message, if any, is printed.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// violated is what a command returns that found, and reported, a violation.
var violated = &exitError{code: exitViolation}

// harnessFailed says that the harness, not the code under test, is at fault.
func harnessFailed(err error) error { return &exitError{exitHarness, err} }

func main() { os.Exit(run()) }

func run() int { return execute(context.Background(), newRoot()) }

// execute runs the command, and returns the exit code.
func execute(ctx context.Context, root *cobra.Command) int {
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitHeld
	}
	code := exitUsage
	if e, ok := errors.AsType[*exitError](err); ok {
		code = e.code
	}
	if text := err.Error(); text != "" {
		s := screenOf(root.ErrOrStderr())
		if !strings.Contains(text, "\n") {
			text = wrap("simrun: "+text, s.columns, 2)
		} else {
			text = "simrun: " + text
		}
		fmt.Fprintln(s.out, text)
		if help := hint(cmd, err); code == exitUsage && help != "" {
			fmt.Fprintln(s.out, "simrun: "+help)
		}
	}
	return code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "simrun",
		Short: "simulate power cuts and faults under a journal, and judge what recovery brings back",
		Long: `simrun runs a journal over a simulated disk that tears writes, fails fsync, fills
up and loses power at any instant, all decided by a seed, and checks that what
recovery brings back is exactly what was acknowledged. It does the same for any
engine that a Go package tests with sim.Test: simrun campaign ./store.

Exit codes: 0 everything held; 1 a law was violated; 2 wrong usage; 3 the
harness itself failed; 4 interrupted before all was run; 125, of repro and explain,
the case says nothing about this code.`,
		Example: `  simrun campaign                    # the main job: 1000 seeds, under a minute
  simrun campaign --seeds 20000 --json
  simrun run --seed 42               # one seed, with its digest
  simrun journal inspect data.log    # a real journal file, frame by frame`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newRunCommand(), newCampaignCommand(), newReproCommand(), newShrinkCommand(), newExplainCommand(), newExportCommand(), newDebugCommand(),
		newCorpusCommand(), newMutantsCommand(), newBarriersCommand(), newExploreCommand(), newLawsCommand(), newMergeCommand(), newTestCommand(), newFuseCommand(), newWorkerCommand(), newMountCommand(), newJournalCommand(), newManCommand())
	addHabits(root)
	return root
}
