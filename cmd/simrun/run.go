package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/shrink"
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
		Use:   "run",
		Short: "run one seed, and print its digest",
		Long: `run executes the run that a seed decides: a workload of concurrent clients, faults,
crashes at many operations, each crash image recovered and judged. The same seed
gives the same digest in every process.`,
		Example: `  simrun run --seed 42
  simrun run --seed 42 --trace trace.jsonl   # every event, one JSON object a line: docs/trace.md
  simrun run --seed 7 --target original --case found.case`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			seed, err := core.ParseSeed(seedText)
			if err != nil {
				return fmt.Errorf("--seed: %w", err)
			}
			target, adjust, err := common.resolve()
			if err != nil {
				return err
			}
			own, scenario := seed, target.Draw(seed.Streams())
			if variation > 0 {
				own, scenario = campaign.Vary(target, seed, variation)
			}
			adjust(&scenario)
			result := core.Execute(own, scenario, traceFile != "")
			result.Seed = seed
			if traceFile != "" {
				if err := writeTrace(traceFile, result.Events); err != nil {
					return harnessFailed(err)
				}
			}
			v := result.Violation
			if v == nil {
				return reportRun(cmd, fmt.Sprintf("seed %s", seed), result, nil, nil, common.json)
			}
			v.Seed, v.Variation = seed, variation
			if err := shrink.Settle(v); err != nil {
				return harnessFailed(fmt.Errorf("seed %s: %v: %w", seed, v, err))
			}
			if caseFile != "" {
				if err := writeWhole(realDisk, caseFile, []byte(v.Case.String())); err != nil {
					return harnessFailed(fmt.Errorf("the case: %w", err))
				}
			}
			told := tellStory(v.Case)
			next := commandsFor(caseFile)
			if caseFile == "" {
				next = []string{"to see it again:    " + repeatCommand(v),
					"to understand it:   " + repeatCommand(v) + " --case found.case; go run ./cmd/simrun explain found.case"}
			}
			return reportRun(cmd, fmt.Sprintf("seed %s", seed), result, &told, next, common.json)
		},
	}
	cmd.Flags().StringVar(&caseFile, "case", "", "if a law is violated, write the case to this `FILE`")
	cmd.Flags().StringVar(&seedText, "seed", "1", "the seed that decides the run")
	cmd.Flags().Uint64Var(&variation, "variation", 0, "run this variation of the seed instead, as a campaign does with seeds that reach something new")
	cmd.Flags().StringVar(&traceFile, "trace", "", "write every event to this `FILE`, one JSON object a line")
	common.add(cmd)
	return cmd
}

// commandsFor are what to type next, with a case in a file.
func commandsFor(file string) []string {
	return []string{"to see it again:    go run ./cmd/simrun repro " + file, "to understand it:   go run ./cmd/simrun explain " + file}
}

// reportRun tells of a run, and the story of the case that it was, or that was
// made of it; nil if it violated nothing. Next are commands to type.
func reportRun(cmd *cobra.Command, head string, result core.Result, told *story, next []string, asJSON bool) error {
	out := cmd.OutOrStdout()
	v := result.Violation
	if asJSON {
		report := runJSON{Seed: uint64(result.Seed), Digest: result.Digest.String(), Operations: result.Operations,
			Images: result.Images, Violations: []violationJSON{}, Missed: result.Missed}
		if v != nil {
			one := violationOf(v, 1)
			if told != nil {
				j := told.json()
				one.Story = &j
			}
			report.Violations = append(report.Violations, one)
		}
		if err := printJSON(out, report); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "%s: %d operations, %d crash images recovered and judged, digest %s\n",
			head, result.Operations, result.Images, result.Digest)
		if told != nil {
			if err := explain.Brief(out, told.account, told.suggestion); err != nil {
				return harnessFailed(err)
			}
			for _, line := range next {
				fmt.Fprintf(out, "  %s\n", line)
			}
		} else {
			fmt.Fprintln(out, "every law held")
		}
	}
	if v != nil {
		return violated
	}
	return nil
}

func writeTrace(name string, events []core.Event) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("the trace: %w", err)
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	return core.WriteEvents(f, events)
}
