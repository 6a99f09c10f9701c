package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"powercut/sim/core"
	"powercut/sim/worker"
)

// runJSON is what run --json prints. Its keys don't change.
type runJSON struct {
	Seed       uint64          `json:"seed"`
	Digest     string          `json:"digest"`
	Operations uint64          `json:"operations"`
	Images     uint64          `json:"images"`
	Violations []violationJSON `json:"violations"`
	Missed     bool            `json:"missed"` // of a case: it does not come to its crash any more
}

func newRunCommand() *cobra.Command {
	var seedText, traceFile, caseFile string
	var variation uint64
	var common commonFlags
	cmd := &cobra.Command{
		Use:   "run [TARGET] [-- FLAGS OF GO TEST]",
		Short: "run one seed, and print its digest",
		Long: `run executes the run that a seed decides: a workload of concurrent clients, faults,
crashes at many operations, each crash image recovered and judged. The same seed
gives the same digest in every process. The target is a name, or a Go package, with
--run for one of its tests, see simrun campaign --help.`,
		Example: `  simrun run --seed 42
  simrun run --seed 42 --trace trace.jsonl   # every event, one JSON object a line: docs/trace.md
  simrun run --seed 385 --target original --case found.case
  simrun run ./store --run '^TestStore$' --seed 42`,
		Args: inFront(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := common.takeTarget(cmd, args); err != nil {
				return err
			}
			seed, err := core.ParseSeed(seedText)
			if err != nil {
				return fmt.Errorf("--seed: %w", err)
			}
			s, done, err := common.subject(cmd)
			if err != nil {
				return err
			}
			defer done()
			order := worker.Run{Target: s.target.Name(), Seed: uint64(seed), Variation: variation, Profile: common.Profile, Law: core.Law(common.Law)}
			if traceFile != "" {
				if order.Trace, err = s.path(traceFile); err != nil {
					return harnessFailed(err)
				}
			}
			ran := waiting(cmd.ErrOrStderr(), "running seed "+seed.String())
			note, err := s.ask(cmd.Context(), &worker.Order{Run: &order})
			if ran(); err != nil {
				return harnessFailed(err)
			}
			head := fmt.Sprintf("seed %s", seed)
			if note.Violation == nil {
				return reportRun(cmd, head, s, note, nil, common.json)
			}
			v, err := note.Violation.Core(s.find)
			if err != nil {
				return harnessFailed(err)
			}
			if caseFile != "" {
				if err := writeWhole(realDisk, caseFile, []byte(note.Violation.Case)); err != nil {
					return harnessFailed(fmt.Errorf("the case: %w", err))
				}
			}
			next := commandsFor(s, caseFile)
			if caseFile == "" {
				next = []string{"to see it again:    " + repeatCommand(v),
					"to understand it:   " + understandCommand(v)}
			}
			return reportRun(cmd, head, s, note, next, common.json)
		},
	}
	cmd.Flags().StringVar(&caseFile, "case", "", "if a law is violated, write the case to this `FILE`")
	cmd.Flags().StringVar(&seedText, "seed", "1", "the seed that decides the run")
	cmd.Flags().Uint64Var(&variation, "variation", 0, "run this variation of the seed instead, as a campaign does with seeds that reach something new")
	cmd.Flags().StringVar(&traceFile, "trace", "", "write every event to this `FILE`, one JSON object a line")
	common.add(cmd)
	common.addPackage(cmd)
	return cmd
}

// commandsFor are what to type next, with a case in a file.
func commandsFor(s *subject, file string) []string {
	name := s.command()
	return []string{"to see it again:    " + name + " repro " + file, "to understand it:   " + name + " explain " + file}
}

// reportRun tells of a run, and the story of the case that it was, or that was
// made of it; nothing more if it violated nothing. Next are commands to type.
func reportRun(cmd *cobra.Command, head string, s *subject, note *worker.Note, next []string, asJSON bool) error {
	out := cmd.OutOrStdout()
	result := note.Result
	if asJSON {
		report := runJSON{Seed: uint64(result.Seed), Digest: result.Digest.String(), Operations: result.Operations,
			Images: result.Images, Violations: []violationJSON{}, Missed: result.Missed}
		if note.Violation != nil {
			v, err := note.Violation.Core(s.find)
			if err != nil {
				return harnessFailed(err)
			}
			one := violationOf(v, 1)
			if note.Told != nil {
				one.Story = &note.Told.Report.Story
			}
			report.Violations = append(report.Violations, one)
		}
		if err := printJSON(out, report); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "%s: %d operations, %d crash images recovered and judged, digest %s\n",
			head, result.Operations, result.Images, result.Digest)
		if note.Told != nil {
			fmt.Fprint(out, note.Told.Brief)
			for _, line := range next {
				fmt.Fprintf(out, "  %s\n", line)
			}
		} else {
			fmt.Fprintln(out, "every law held")
		}
	}
	if note.Violation != nil {
		return violated
	}
	return nil
}
