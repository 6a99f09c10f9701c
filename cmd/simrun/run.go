package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"powercut/sim"
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
			seed, err := sim.ParseSeed(seedText)
			if err != nil {
				return fmt.Errorf("--seed: %w", err)
			}
			target, adjust, err := common.resolve()
			if err != nil {
				return err
			}
			own, scenario := seed, target.Draw(seed.Streams())
			if variation > 0 {
				own, scenario = sim.Vary(target, seed, variation)
			}
			adjust(&scenario)
			result := sim.Execute(own, scenario, traceFile != "")
			result.Seed = seed
			if traceFile != "" {
				if err := writeTrace(traceFile, result.Events); err != nil {
					return harnessFailed(err)
				}
			}
			if v := result.Violation; v != nil {
				v.Seed, v.Variation = seed, variation
				v.Case = sim.Mildest(v.Case)
				v.Profile = v.Case.Profile
				if caseFile != "" {
					if err := os.WriteFile(caseFile, []byte(v.Case.String()), 0o644); err != nil {
						return harnessFailed(fmt.Errorf("the case: %w", err))
					}
				}
			}
			return reportRun(cmd, result, common.json, caseFile)
		},
	}
	cmd.Flags().StringVar(&caseFile, "case", "", "if a law is violated, write the case to this `FILE`")
	cmd.Flags().StringVar(&seedText, "seed", "1", "the seed that decides the run")
	cmd.Flags().Uint64Var(&variation, "variation", 0, "run this variation of the seed instead, as a campaign does with seeds that reach something new")
	cmd.Flags().StringVar(&traceFile, "trace", "", "write every event to this `FILE`, one JSON object a line")
	common.add(cmd)
	return cmd
}

func reportRun(cmd *cobra.Command, result sim.Result, asJSON bool, caseFile string) error {
	out := cmd.OutOrStdout()
	v := result.Violation
	if asJSON {
		report := runJSON{Seed: uint64(result.Seed), Digest: result.Digest.String(), Operations: result.Operations,
			Images: result.Images, Violations: []violationJSON{}, Missed: result.Missed}
		if v != nil {
			report.Violations = append(report.Violations, violationOf(v, 1))
		}
		if err := printJSON(out, report); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "seed %s: %d operations, %d crash images recovered and judged, digest %s\n",
			result.Seed, result.Operations, result.Images, result.Digest)
		if v == nil {
			if result.Missed {
				fmt.Fprintln(out, "NOTHING SAID: the case does not come to its crash: the code does something else there")
			} else {
				fmt.Fprintln(out, "every law held")
			}
		} else {
			printViolation(out, v, 1, caseFile)
		}
	}
	if v != nil {
		return violated
	}
	return nil
}

func writeTrace(name string, events []sim.Event) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("the trace: %w", err)
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	return sim.WriteEvents(f, events)
}
