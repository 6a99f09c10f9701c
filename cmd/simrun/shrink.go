package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/shrink"
	"powercut/sim/worker"
)

// shrinkBudget is how many runs shrinking a case may take without --budget.
const shrinkBudget = 1000

// shrinkJSON is what shrink --json prints. Its keys don't change.
type shrinkJSON struct {
	Case     string        `json:"case"` // the text of the shrunk case
	Law      core.Law      `json:"law"`
	Before   core.CaseSize `json:"before"`
	After    core.CaseSize `json:"after"`
	Runs     int           `json:"runs"`
	Complete bool          `json:"complete"`
	Story    explain.Story `json:"story"` // what every command tells of the shrunk case
	interruption
}

func newShrinkCommand() *cobra.Command {
	var budget int
	var out string
	var asJSON bool
	var pkg packageFlags
	cmd := &cobra.Command{
		Use:   "shrink CASE" + caseUse,
		Short: "look for a simpler case that violates the same law",
		Long: `shrink makes the case in a file ("-" is standard input) simpler: fewer clients,
steps, faults, epochs and crashes, a plainer schedule, smaller entries, less lost
in the crash. It keeps the target and the law. The same case and budget give the
same result. The shrunk case goes to standard output, or to the file named with
--out; how much smaller it is goes to standard error.
` + caseOfTest,
		Example: `  simrun shrink found.case --out small.case
  simrun run --seed 385 --target original --json | jq -r '.violations[0].case' | simrun shrink -`,
		Args: inFront(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			args = pkg.take(cmd, args)
			if budget < 1 {
				return fmt.Errorf("--budget: want at least 1 run, got %d", budget)
			}
			f, err := openCase(cmd, args[0], &pkg)
			if err != nil {
				return err
			}
			defer f.done()
			ctx, stop := interruptible(cmd)
			defer stop()
			shown := newSteps(cmd.ErrOrStderr(), "runs, at most")
			note, err := f.doFor(ctx, worker.Case{Do: worker.Shrink, Budget: budget}, func(n *worker.Note) {
				shown.at(uint64(n.Shrinking.Runs), uint64(n.Shrinking.Budget))
			})
			shown.finish()
			if errors.Is(err, shrink.ErrHolds) || errors.Is(err, explain.ErrEnded) {
				return fmt.Errorf("%s: %w (simrun repro %s shows what it does now)", args[0], err, args[0])
			}
			if err != nil {
				return failed(err)
			}
			shrunk := note.Shrunk
			text := shrunk.Case
			ended := interruption{Interrupted: !shrunk.Complete && shrunk.Runs < budget}
			if ended.Interrupted {
				ended.Left = uint64(budget - shrunk.Runs)
			}
			if out != "" {
				if err := writeWhole(realDisk, out, []byte(text)); err != nil {
					return harnessFailed(fmt.Errorf("the shrunk case: %w", err))
				}
			}
			if asJSON {
				if err := printJSON(cmd.OutOrStdout(), shrinkJSON{text, shrunk.Law, shrunk.Before, shrunk.After, shrunk.Runs, shrunk.Complete, note.Told.Report.Story, ended}); err != nil {
					return err
				}
				return outcome(false, ended)
			}
			if out == "" {
				fmt.Fprint(cmd.OutOrStdout(), text)
			}
			why := "nothing simpler is left to try"
			switch {
			case ended.Interrupted:
				why = fmt.Sprintf("interrupted: %d of %d runs were not made; this is the simplest case so far", ended.Left, budget)
			case !shrunk.Complete:
				why = fmt.Sprintf("the budget is used up: --budget %d goes further", 4*budget)
			}
			fmt.Fprint(cmd.ErrOrStderr(), note.Told.Brief)
			fmt.Fprintf(cmd.ErrOrStderr(), "before: %s\nafter:  %s\n%d runs; %s\n", shrunk.Before, shrunk.After, shrunk.Runs, why)
			return outcome(false, ended)
		},
	}
	pkg.add(cmd)
	cmd.Flags().IntVar(&budget, "budget", shrinkBudget, "how many `RUNS` it may take")
	cmd.Flags().StringVar(&out, "out", "", "write the shrunk case to this `FILE`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
