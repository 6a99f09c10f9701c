package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"powercut/sim/core"
	"powercut/sim/worker"
)

// caseFile is a case that a command was given, and what runs it.
type caseFile struct {
	name    string
	text    string
	subject *subject
	done    func() // it was run

	log io.Writer // where what takes long is shown
}

// caseUse is what stands behind the name of a command that takes a case.
const caseUse = " [-- FLAGS OF GO TEST]"

// caseOfTest is what the help of such a command says of cases of tests.
const caseOfTest = `
A case of a Go package's test is run by the test binary of the package, which is
built for that, or named with --binary.`

// openCase reads the case in a file. A case of a test is run by its test binary,
// which is built.
func openCase(cmd *cobra.Command, name string, pkg *packageFlags) (*caseFile, error) {
	text, err := readText(cmd.InOrStdin(), name)
	if err != nil {
		return nil, err
	}
	f := &caseFile{name: name, text: text, done: func() {}, log: cmd.ErrOrStderr()}
	test := core.TestOfCase(text)
	if test == (core.TestName{}) {
		c, err := parseNamed(name, text)
		if err != nil {
			return nil, err
		}
		if pkg.binary != "" || len(pkg.build) > 0 {
			return nil, fmt.Errorf("--binary and flags for go test are for cases of a test; %s is one of %s", name, c.Target)
		}
		f.subject = namedSubject(findTarget(c.Target))
		return f, nil
	}
	b, err := pkg.open(cmd.Context(), test.Package)
	if err != nil {
		return nil, fmt.Errorf("%s is a case of %s: %w", name, test, err)
	}
	found := &worker.Test{Name: test} // or not: then to start it tells more
	tests, err := pkg.list(cmd.Context(), b, test.Package, core.RunPattern(test.Test), io.Discard)
	if _, unfit := errors.AsType[*unfitError](err); err != nil && !unfit {
		b.remove()
		return nil, fmt.Errorf("%s is a case of %s: %w", name, test, err)
	}
	if len(tests) > 0 {
		found = tests[0]
	}
	f.subject = testSubject(b, found)
	f.done = func() {
		f.subject.close()
		b.remove()
	}
	return f, nil
}

// do has something done with the case.
func (f *caseFile) do(ctx context.Context, o worker.Case) (*worker.Note, error) {
	what := "running the case"
	if o.Do == worker.Explain {
		what = "explaining the case: it runs with a sync more, here and there"
	}
	defer waiting(f.log, what)()
	return f.doFor(ctx, o, func(*worker.Note) {})
}

// doFor is do, and more is given the notes that come before the answer.
func (f *caseFile) doFor(ctx context.Context, o worker.Case, more func(*worker.Note)) (*worker.Note, error) {
	o.Text, o.Name = f.text, f.name
	note, err := f.subject.askCaseFor(ctx, o, more)
	if refused, ok := errors.AsType[*worker.Error](err); ok && refused.BadCase() {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	return note, err
}

// failed is how a command ends that could not do something with a case: if the case is
// a bad one, that is whoever typed the command.
func failed(err error) error {
	if refused, ok := errors.AsType[*worker.Error](err); ok && refused.BadCase() {
		return err
	}
	return harnessFailed(err)
}

func readText(stdin io.Reader, name string) (string, error) {
	var text []byte
	var err error
	if name == "-" {
		text, err = io.ReadAll(stdin)
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return "", fmt.Errorf("the case: %w", err)
	}
	return string(text), nil
}

// readCase reads a case of a target that this program knows by its name.
func readCase(stdin io.Reader, name string) (*core.Case, error) {
	text, err := readText(stdin, name)
	if err != nil {
		return nil, err
	}
	return parseNamed(name, text)
}

func parseNamed(name, text string) (*core.Case, error) {
	c, err := core.ParseCase(text, findTarget)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}
