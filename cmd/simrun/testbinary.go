package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"powercut/sim/core"
	"powercut/sim/worker"
)

// packageFlags say how the tests of a Go package are come by.
type packageFlags struct {
	binary string   // that is built already
	build  []string // flags of go test -c, from behind "--"

	log io.Writer // where what takes long is shown
}

func (f *packageFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.binary, "binary", "", "the package's test binary is this `FILE` already (go test -c), and its directory the present one")
}

// take cuts the flags for go test off the arguments of a command.
func (f *packageFlags) take(cmd *cobra.Command, args []string) []string {
	f.log = cmd.ErrOrStderr()
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		args, f.build = args[:n], args[n:]
	}
	return args
}

// inFront holds a command's arguments in front of the flags for go test to what it
// takes.
func inFront(takes cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if n := cmd.ArgsLenAtDash(); n >= 0 {
			args = args[:n]
		}
		return takes(cmd, args)
	}
}

// testBinary is what the tests of a package are in.
type testBinary struct {
	file   string
	dir    string // that its tests are run in
	digest string // of the file
	temp   string // to be removed; "": none

	modules string // file with those that it is made of; "": nobody says
}

// buildError says that a package's test binary could not be built.
type buildError struct {
	pkg  string
	text string
}

func (e *buildError) Error() string {
	return fmt.Sprintf("the tests of %s could not be built:\n%s", e.pkg, strings.TrimRight(indented(e.text+"\n"), "\n"))
}

// openFor is open, and lists the tests that a pattern names.
func (f *packageFlags) openFor(ctx context.Context, pkg, pattern string, warn io.Writer) (*testBinary, []*worker.Test, error) {
	b, err := f.open(ctx, pkg)
	if err != nil {
		return nil, nil, err
	}
	tests, err := f.list(ctx, b, pkg, pattern, warn)
	if err != nil {
		b.remove()
		return nil, nil, err
	}
	return b, tests, nil
}

// list lists the tests of a binary that a pattern names. If one of them uses
// r.WorkloadDir the binary is built anew, as simrun test does.
func (f *packageFlags) list(ctx context.Context, b *testBinary, pkg, pattern string, warn io.Writer) ([]*worker.Test, error) {
	tests, err := b.tests(ctx, pattern, warn)
	if i := slices.IndexFunc(tests, func(t *worker.Test) bool { return t.Native && !t.Built }); err == nil && i >= 0 {
		if f.binary != "" {
			return nil, fmt.Errorf("--binary: %s uses r.WorkloadDir, for which its binary is to be built by\n\tsimrun test -c -o FILE %s", tests[i].Name.Test, tests[i].Name.Package)
		}
		done := waiting(f.log, "building the tests of "+pkg+" again, with what simrun test changes in Go")
		err = b.buildNatively(ctx, pkg, f.build)
		if done(); err == nil {
			tests, err = b.tests(ctx, pattern, warn)
		}
	}
	return tests, err
}

// keepVariable names, in the environment, where a test binary is to be kept.
const keepVariable = "POWERCUT_KEEP"

// buildNatively builds the binary again, with a Go that the simulation takes over.
func (b *testBinary) buildNatively(ctx context.Context, pkg string, flags []string) error {
	flags, err := testArguments(flags)
	if err != nil {
		return &buildError{pkg, err.Error()}
	}
	g, err := installedGo()
	if err != nil {
		return &buildError{pkg, err.Error()}
	}
	overlay, err := g.overlay()
	if err != nil {
		return &buildError{pkg, err.Error()}
	}
	// Not by -c: that links another binary than the one that simrun test runs, and a
	// case is of its binary.
	args := []string{"test", "-overlay=" + overlay, "-count=1", "-vet=off", "-exec", `sh -c 'cp "$0" "$` + keepVariable + `"'`}
	build := exec.CommandContext(ctx, g.command, append(append(args, flags...), pkg)...)
	build.Env = append(g.environ, keepVariable+"="+b.file)
	b.modules = filepath.Join(b.temp, "modules")
	g.writeModules(ctx, b.modules, flags[0], pkg)
	if out, err := build.CombinedOutput(); err != nil {
		return &buildError{pkg, string(out) + g.hintAtCgo([]string{pkg})}
	}
	b.digest, err = fileDigest(b.file)
	return err
}

// open builds the test binary of a package, or takes the one that is there.
func (f *packageFlags) open(ctx context.Context, pkg string) (*testBinary, error) {
	b := &testBinary{}
	if f.binary != "" {
		var err error
		if b.file, err = filepath.Abs(f.binary); err != nil {
			return nil, fmt.Errorf("--binary: %w", err)
		}
		if b.dir, err = os.Getwd(); err != nil {
			return nil, fmt.Errorf("--binary: %w", err)
		}
		if b.digest, err = fileDigest(b.file); err != nil {
			return nil, fmt.Errorf("--binary: %w", err)
		}
		return b, nil
	}
	if _, err := exec.LookPath("go"); err != nil {
		return nil, fmt.Errorf("the tests of %s have to be built: %w; a binary that is built already goes to --binary", pkg, err)
	}
	list := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", pkg)
	out, err := list.Output()
	if err != nil {
		return nil, &buildError{pkg, complaint(err)}
	}
	dirs := strings.Fields(string(out))
	if len(dirs) != 1 {
		return nil, fmt.Errorf("%s: want one package, this is %d", pkg, len(dirs))
	}
	b.dir = dirs[0]
	if b.temp, err = os.MkdirTemp("", "simrun-"); err != nil {
		return nil, harnessFailed(err)
	}
	b.file = filepath.Join(b.temp, "package.test")
	build := exec.CommandContext(ctx, "go", append(append([]string{"test", "-c", "-o", b.file}, f.build...), pkg)...)
	done := waiting(f.log, "building the tests of "+pkg)
	out, err = build.CombinedOutput()
	if done(); err != nil {
		b.remove()
		return nil, &buildError{pkg, string(out)}
	}
	if b.digest, err = fileDigest(b.file); errors.Is(err, os.ErrNotExist) {
		err = &buildError{pkg, "it has no test files"}
	}
	if err != nil {
		b.remove()
		return nil, err
	}
	return b, nil
}

// unfitError says that a test binary has no such test, or can't be asked for it.
type unfitError struct{ text string }

func (e *unfitError) Error() string { return e.text }

// complaint is what a command that failed wrote to standard error.
func complaint(err error) string {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && len(exit.Stderr) > 0 {
		return string(bytes.TrimSpace(exit.Stderr))
	}
	return err.Error()
}

func fileDigest(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close() // it is only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("test binary %x", h.Sum(nil)[:8]), nil
}

func (b *testBinary) remove() {
	if b.temp != "" {
		_ = os.RemoveAll(b.temp) // it is in the system's directory for what may go
	}
}

// worker is the binary as a worker of one of its tests.
func (b *testBinary) worker(test string) launch {
	// A process that ends with code 0 in the midst of a test says nothing, otherwise.
	return launch{program: b.file, dir: b.dir, env: []string{worker.TestVariable + "=" + test, modulesIn(b.modules)},
		args: []string{"-test.run", core.RunPattern(test), "-test.timeout", "0", "-test.paniconexit0"}}
}

// tests lists those that call sim.Test, of those that a pattern of go test -run
// names. All that it names are run for that, and those that do call it no further
// than to there.
func (b *testBinary) tests(ctx context.Context, pattern string, warn io.Writer) ([]*worker.Test, error) {
	if _, err := regexp.Compile(pattern); err != nil {
		return nil, fmt.Errorf("--run: %w", err)
	}
	c, err := startChild(launch{program: b.file, dir: b.dir, env: []string{worker.TestVariable + "="},
		args: []string{"-test.run", cmp.Or(pattern, "^Test"), "-test.timeout", "0"}})
	if err != nil {
		return nil, harnessFailed(fmt.Errorf("starting the tests: %w", err))
	}
	stop := context.AfterFunc(ctx, func() { _ = c.cmd.Process.Kill() })
	defer stop()
	var all []*worker.Test
	calls := make(map[string]int)
	for note := range c.notes {
		if note.Test == nil {
			continue
		}
		if note.Test.Version != worker.Version {
			c.kill()
			return nil, &unfitError{"the tests are built with another version of powercut than this simrun: build both from one"}
		}
		if calls[note.Test.Name.Test]++; calls[note.Test.Name.Test] == 1 {
			all = append(all, note.Test)
		}
	}
	if code := c.cmd.ProcessState.ExitCode(); code != 0 && code != 1 {
		fmt.Fprintf(warn, "simrun: the test binary ended with exit code %d while it was asked for its tests, so that some may be missing; --run narrows them. The last that it said:\n%s", code, indented(c.lastWords()+"\n"))
	}
	return usable(all, calls, pattern, warn)
}

// usable leaves out tests of rapid, which draws what they do: no seed of a campaign
// does.
func usable(all []*worker.Test, calls map[string]int, pattern string, warn io.Writer) ([]*worker.Test, error) {
	var tests []*worker.Test
	for _, test := range all {
		name := test.Name.Test
		switch {
		case test.Rapid:
			fmt.Fprintf(warn, "simrun: %s is left out: rapid draws what it does, and go test -run '%s' -rapid.checks N is its campaign\n", name, core.RunPattern(name))
		case calls[name] > 1:
			return nil, &unfitError{fmt.Sprintf("%s calls sim.Test %d times: give each a name, with t.Run", name, calls[name])}
		default:
			tests = append(tests, test)
		}
	}
	if len(tests) > 0 {
		return tests, nil
	}
	if pattern == "" {
		return nil, &unfitError{"no test of the package calls sim.Test: docs/your-engine.md shows how one does"}
	}
	return nil, &unfitError{fmt.Sprintf("--run %q: no test that it names calls sim.Test", pattern)}
}
