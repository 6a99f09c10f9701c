package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"powercut/properties"
	"powercut/sim"
)

func newReproCommand() *cobra.Command {
	var traceFile string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "repro CASE",
		Short: "run a case again: exit 1 while it violates its law, 0 when it no longer does",
		Long: `repro replays the explicit case in a file ("-" is standard input), without any
generator. It exits 1 while the case still violates a law and 0 when it no longer
does, so that it serves 'git bisect run'.`,
		Example: `  simrun repro corpus/lost-name.case
  git bisect run go run ./cmd/simrun repro /tmp/lost-name.case`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := readCase(cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			result := sim.Reproduce(c, traceFile != "")
			if traceFile != "" {
				if err := writeTrace(traceFile, result.Events); err != nil {
					return harnessFailed(err)
				}
			}
			return reportRun(cmd, result, asJSON, args[0])
		},
	}
	cmd.Flags().StringVar(&traceFile, "trace", "", "write every event to this `FILE`, one JSON object a line")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func readCase(stdin io.Reader, name string) (*sim.Case, error) {
	var text []byte
	var err error
	if name == "-" {
		text, err = io.ReadAll(stdin)
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, fmt.Errorf("the case: %w", err)
	}
	c, err := sim.ParseCase(string(text), properties.FindTarget)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}
