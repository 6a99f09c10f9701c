package main

import (
	"errors"

	"github.com/spf13/cobra"

	"powercut/sim/core"
	"powercut/sim/worker"
)

func newReproCommand() *cobra.Command {
	var traceFile string
	var asJSON bool
	var pkg packageFlags
	cmd := &cobra.Command{
		Use:   "repro CASE" + caseUse,
		Short: "run a case again: exit 1 while it violates its law, 0 when it no longer does",
		Long: `repro runs the case in a file ("-" is standard input) again. It exits 1 while the case still violates a law, 0 when it no longer
does, and 125 when it says nothing about this code: it does not come to its crash,
or was made by a powercut that knows more than this one. So 'git bisect run' takes
it as it is, and skips what can't be judged. A case of a test that uses r.WorkloadDir
says nothing, either, if it holds in another binary than it was made with, where its
seed may decide another schedule: what differs is named, and simrun campaign with
--seeds searches there.

Build it for that: 'go run' turns every other exit code into 1.
` + caseOfTest + ` If it can't be built, or has no such test, the exit code is 125 too.`,
		Example: `  simrun repro corpus/lost-name.case
  git bisect run sh -c 'go build -o /tmp/simrun ./cmd/simrun || exit 125; /tmp/simrun repro /tmp/lost-name.case'
  git bisect run simrun repro /tmp/store.case                  # of a test in the module that is bisected
  git bisect run sh -c 'go test -c -o /tmp/store.test . || exit 125; simrun repro --binary /tmp/store.test /tmp/store.case'`,
		Args: inFront(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			args = pkg.take(cmd, args)
			f, err := openCase(cmd, args[0], &pkg)
			if err != nil {
				return untestable(err)
			}
			defer f.done()
			note, err := f.do(cmd.Context(), worker.Case{Do: worker.Repro, Trace: traceFile})
			if err != nil {
				return untestable(err)
			}
			next := commandsFor(f.subject, args[0])
			if !note.Told.Violated {
				next = next[1:]
			}
			if err := reportRun(cmd, args[0], f.subject, note, next, asJSON); err != nil {
				return err
			}
			if note.Result.Missed || note.Told.Report.Story.Differs != "" {
				return &exitError{code: exitUntestable}
			}
			return nil
		},
	}
	pkg.add(cmd)
	cmd.Flags().StringVar(&traceFile, "trace", "", "write every event to this `FILE`, one JSON object a line")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// untestable has git bisect skip what can't be judged: a case that is of another
// powercut, a test that can't be built, or that is not there. Anything else that
// could not be done is the harness's.
func untestable(err error) error {
	if _, ok := errors.AsType[*core.ForeignError](err); ok {
		return &exitError{exitUntestable, err}
	}
	if refused, ok := errors.AsType[*worker.Error](err); ok {
		if refused.Foreign() {
			return &exitError{exitUntestable, err}
		}
		return failed(err)
	}
	if _, ok := errors.AsType[*buildError](err); ok {
		return &exitError{exitUntestable, err}
	}
	if died, ok := errors.AsType[*diedError](err); ok && !died.served {
		return &exitError{exitUntestable, died}
	}
	return err
}
