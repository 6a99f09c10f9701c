package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"powercut/sim/core"
)

func newReproCommand() *cobra.Command {
	var traceFile string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "repro CASE",
		Short: "run a case again: exit 1 while it violates its law, 0 when it no longer does",
		Long: `repro runs the case in a file ("-" is standard input) again. It exits 1 while the case still violates a law, 0 when it no longer
does, and 125 when it says nothing about this code: it does not come to its crash,
or was made by a powercut that knows more than this one. So 'git bisect run' takes
it as it is, and skips what can't be judged.

Build it for that: 'go run' turns every other exit code into 1.`,
		Example: `  simrun repro corpus/lost-name.case
  git bisect run sh -c 'go build -o /tmp/simrun ./cmd/simrun || exit 125; /tmp/simrun repro /tmp/lost-name.case'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := readCase(cmd.InOrStdin(), args[0])
			if _, ok := errors.AsType[*core.ForeignError](err); ok {
				return &exitError{exitUntestable, err}
			}
			if err != nil {
				return err
			}
			result := core.Reproduce(c, traceFile != "")
			if traceFile != "" {
				if err := writeTrace(traceFile, result.Events); err != nil {
					return harnessFailed(err)
				}
			}
			told := tellStory(c)
			next := commandsFor(args[0])
			if v := told.account.Violation; v == nil {
				next = next[1:]
			} else {
				v.Case = c // as it is in the file
				result.Violation = v
			}
			if err := reportRun(cmd, args[0], result, &told, next, asJSON); err != nil {
				return err
			}
			if result.Missed {
				return &exitError{code: exitUntestable}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&traceFile, "trace", "", "write every event to this `FILE`, one JSON object a line")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func readCase(stdin io.Reader, name string) (*core.Case, error) {
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
	c, err := core.ParseCase(string(text), findTarget)
	if test := core.TestOfCase(string(text)); err != nil && test != (core.TestName{}) {
		return nil, &exitError{exitUntestable, fmt.Errorf("%s is a case of a test, which only its test binary can run:\n  go test %s -run '%s' -powercut.case=%s",
			name, test.Package, core.RunPattern(test.Test), name)}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}
