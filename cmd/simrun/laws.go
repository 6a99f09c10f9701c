package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"powercut/sim/core"
)

// lawsJSON is what laws --json prints. Its keys don't change.
type lawsJSON struct {
	Laws []core.LawInfo `json:"laws"`
}

func newLawsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "laws",
		Short: "list the laws, with what each says must hold",
		Long: `laws lists everything that a violation may be reported under, that a case may be
about, and that --law takes: the laws that a target's oracle judges by, and those
that the simulator judges by whatever the target is.`,
		Example: `  simrun laws
  simrun campaign --law archives-kept`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON {
				return printJSON(cmd.OutOrStdout(), lawsJSON{core.Laws()})
			}
			return printLaws(cmd)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func printLaws(cmd *cobra.Command) error {
	tw := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for i, group := range []struct {
		judge core.Judge
		title string
	}{
		{core.ByTarget, "Judged by the oracle of a target:"},
		{core.BySimulator, "Judged by the simulator, whatever the target is:"},
	} {
		if i > 0 {
			fmt.Fprintln(tw)
		}
		fmt.Fprintln(tw, group.title)
		for _, law := range core.Laws() {
			if law.Judge == group.judge {
				fmt.Fprintf(tw, "  %s\t%s\n", law.Law, law.Sentence)
			}
		}
	}
	if err := tw.Flush(); err != nil {
		return harnessFailed(fmt.Errorf("writing the result: %w", err))
	}
	return nil
}
