package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/worker"
)

func newDebugCommand() *cobra.Command {
	var before string
	var asJSON, delve bool
	var pkg packageFlags
	cmd := &cobra.Command{
		Use:   "debug CASE" + caseUse,
		Short: "stop before an operation of a case, and print the state there, or go on under Delve",
		Long: `debug runs the case in a file ("-" is standard input) up to an operation, and prints
what there is before it: what is about to happen and where in the code that comes
from, what each client has asked for, the operations before it, the files as the
program sees them, with what it reads in them, and what is not on the medium yet.

--before 12 is operation 12 of the workload, as simrun explain numbers them; 1:12 is
operation 12 of the recovery from its crash, 2:12 of the recovery after that, and
0:0:12 operation 12 of epoch 0. Without it, it is the last operation before the crash.

--dlv goes on from there under Delve: it builds the code without optimisation, runs
it up to the operation, and leaves you at Delve's prompt, with the stack of the code
under test.
` + caseOfTest,
		Example: `  simrun debug corpus/original-lost-name.case
  simrun debug corpus/original-lost-name.case --before 9
  simrun debug corpus/original-lost-name.case --before 1:3 --dlv`,
		Args: inFront(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			args = pkg.take(cmd, args)
			if before != "" {
				if _, err := explain.ParseOperationNumber(before); err != nil {
					return fmt.Errorf("--before: %w", err)
				}
			}
			if delve {
				return debugUnderDelve(cmd, args[0], before, &pkg)
			}
			f, err := openCase(cmd, args[0], &pkg)
			if err != nil {
				return err
			}
			defer f.done()
			note, err := f.do(cmd.Context(), worker.Case{Do: worker.Stop, Before: before})
			if errors.Is(err, explain.ErrNoOperation) {
				return fmt.Errorf("--before: %w", err)
			}
			if err != nil {
				return failed(err)
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), note.State)
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), note.State)
			return err
		},
	}
	pkg.add(cmd)
	cmd.Flags().StringVar(&before, "before", "", "stop before operation `N` of the workload, or 1:N of the recovery")
	cmd.Flags().BoolVar(&delve, "dlv", false, "go on from there under Delve")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.MarkFlagsMutuallyExclusive("json", "dlv")
	return cmd
}

// unoptimised are the flags for a binary in which a debugger can show the variables of
// a module's packages. Others are optimised: to build them anew takes minutes.
func unoptimised(module string) string { return "-gcflags=" + module + "/...=-N -l" }

// debugUnderDelve runs the case under Delve, up to the operation.
func debugUnderDelve(cmd *cobra.Command, name, before string, pkg *packageFlags) error {
	dlv, err := exec.LookPath("dlv")
	if err != nil {
		return errors.New("--dlv: Delve is not installed, or not on the PATH: go install github.com/go-delve/delve/cmd/dlv@latest puts it into " +
			"$(go env GOPATH)/bin. Without --dlv the state is printed, and no debugger is needed")
	}
	if name == "-" {
		return errors.New("--dlv: the case has to be in a file, since standard input is Delve's")
	}
	if name, err = filepath.Abs(name); err != nil {
		return err
	}
	text, err := readText(nil, name)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "simrun-debug-")
	if err != nil {
		return harnessFailed(err)
	}
	defer os.RemoveAll(temp)
	p, err := debuggedProgram(cmd, name, text, before, temp, pkg)
	if err != nil {
		return err
	}
	// Delve stops there, and shows how the code under test came there.
	script := filepath.Join(temp, "init")
	if err := os.WriteFile(script, []byte("break stopped "+explain.StoppedFunction()+"\ncontinue\nstack 40\n"), 0o600); err != nil {
		return harnessFailed(err)
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "simrun: below is the stack at the operation: 'frame N' goes to a frame of your code, 'locals' and 'print x' show what it holds, 'exit' ends it")
	signal.Ignore(os.Interrupt) // Delve takes it: it stops what runs
	defer signal.Reset(os.Interrupt)
	options := []string{"exec", p.file, "--init", script, "--wd", p.dir}
	if in, ok := cmd.InOrStdin().(*os.File); !ok || !term.IsTerminal(int(in.Fd())) {
		options = append(options, "--allow-non-terminal-interactive=true") // commands come from a file, or another program
	}
	run := exec.Command(dlv, append(append(options, "--"), p.args...)...)
	run.Stdin, run.Stdout, run.Stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	if err := run.Run(); err != nil {
		return harnessFailed(fmt.Errorf("dlv: %w", err))
	}
	return nil
}

// debugged is what Delve runs.
type debugged struct {
	file, dir string
	args      []string
}

// debuggedProgram is what comes to the operation: this program, or the test binary of
// the case's package, built without optimisation below temp.
func debuggedProgram(cmd *cobra.Command, name, text, before, temp string, pkg *packageFlags) (*debugged, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, harnessFailed(err)
	}
	test := core.TestOfCase(text)
	if test == (core.TestName{}) {
		if _, err := parseNamed(name, text); err != nil {
			return nil, err
		}
		p := &debugged{file: filepath.Join(temp, "simrun"), dir: dir, args: []string{"debug", name}}
		if before != "" {
			p.args = append(p.args, "--before", before)
		}
		return p, p.buildOwn(cmd)
	}
	f := *pkg
	if f.binary == "" {
		list := exec.CommandContext(cmd.Context(), "go", "list", "-f", "{{.Module.Path}}", test.Package)
		if out, err := list.Output(); err == nil { // or to build it says what is wrong
			f.build = append([]string{unoptimised(strings.TrimSpace(string(out)))}, f.build...)
		}
	}
	b, err := f.open(cmd.Context(), test.Package)
	if err != nil {
		return nil, fmt.Errorf("%s is a case of %s: %w", name, test, err)
	}
	defer b.remove()
	if err := refuseNative(cmd.Context(), b, test); err != nil {
		return nil, err
	}
	p := &debugged{file: filepath.Join(temp, "package.test"), dir: b.dir, args: []string{"-test.run", core.RunPattern(test.Test), "-test.timeout", "0", "-test.v",
		"-powercut.case=" + name, "-powercut.before=" + before}}
	if before == "" {
		note, err := lastOperation(cmd, name, text, test, b)
		if err != nil {
			return nil, err
		}
		p.args[len(p.args)-1] += fmt.Sprintf("%d:%d:%d", note.State.Epoch, note.State.Depth, note.State.Step)
	}
	if b.temp == "" {
		p.file = b.file
		return p, nil
	}
	if err := os.Rename(b.file, p.file); err != nil {
		return nil, harnessFailed(err)
	}
	return p, nil
}

// buildOwn builds this program without optimisation. Where its source is not at hand
// Delve gets it as it is.
func (p *debugged) buildOwn(cmd *cobra.Command) error {
	build := exec.CommandContext(cmd.Context(), "go", "build", unoptimised(core.ModulePath()), "-o", p.file, core.ModulePath()+"/cmd/simrun")
	if build.Run() == nil {
		return nil
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "simrun: this is not the module of simrun, so it is debugged as it was built: optimised, so that some variables can't be shown")
	var err error
	p.file, err = os.Executable()
	return err
}

// refuseNative refuses a test whose runs have processes of their own.
func refuseNative(ctx context.Context, b *testBinary, test core.TestName) error {
	tests, err := b.tests(ctx, core.RunPattern(test.Test), os.Stderr)
	if err != nil {
		return err
	}
	if tests[0].Native {
		return fmt.Errorf("--dlv: %s uses r.WorkloadDir, so that each of its runs has a process of its own, which Delve does not follow. Without --dlv its state is printed", test.Test)
	}
	return nil
}

// lastOperation asks the test binary for the state before the last operation.
func lastOperation(cmd *cobra.Command, name, text string, test core.TestName, b *testBinary) (*worker.Note, error) {
	s := testSubject(b, &worker.Test{Name: test})
	defer s.close()
	f := &caseFile{name: name, text: text, subject: s}
	note, err := f.do(cmd.Context(), worker.Case{Do: worker.Stop})
	if err != nil {
		return nil, failed(err)
	}
	return note, nil
}
