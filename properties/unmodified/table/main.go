// Command table runs real engines, unmodified, under each profile of the disk, and
// writes the table of docs/engines.md. It is run at the root of the repository:
//
//	go run ./properties/unmodified/table -runs 200
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"powercut/properties/unmodified"
)

func main() {
	runs := flag.Int("runs", 200, "how many seeds for each engine and profile")
	out := flag.String("out", filepath.Join("docs", "engines.md"), "the page, whose table is written anew")
	flag.Parse()
	if err := run(*runs, *out); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run(runs int, out string) error {
	work, err := os.MkdirTemp("", "engines")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }() // what is left of it harms nobody
	simrun := filepath.Join(work, "simrun")
	if err := command("", "go", "build", "-o", simrun, "./cmd/simrun").Run(); err != nil {
		return fmt.Errorf("building simrun: %w", err)
	}
	var all []measured
	for _, dir := range []string{"properties/native", "properties/native/goleveldb1"} {
		tests := filepath.Join(work, "tests")
		if err := command(dir, simrun, "test", "-c", "-o", tests, ".").Run(); err != nil {
			return fmt.Errorf("building the tests of %s: %w", dir, err)
		}
		some, err := measure(dir, tests, runs)
		if err != nil {
			return err
		}
		all = append(all, some...)
	}
	return write(out, table(all, runs))
}

// command is one whose complaints are shown.
func command(dir, name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir, c.Stdout, c.Stderr = dir, os.Stderr, os.Stderr
	return c
}

// measured is what a test came to, and what that took.
type measured struct {
	unmodified.Result
	version   string // of its module; the binary of a test does not know it
	took, cpu time.Duration
}

// measure runs each engine's test under each profile, one after the other.
func measure(dir, tests string, runs int) ([]measured, error) {
	list := command(dir, tests, "-test.list", "^TestEngine")
	list.Stdout = nil
	names, err := list.Output()
	if err != nil {
		return nil, err
	}
	var all []measured
	for _, test := range strings.Fields(string(names)) {
		for _, profile := range unmodified.ProfileNames() {
			one := command(dir, tests, "-test.v", "-test.run", "^"+test+"$/^"+profile+"$", "-powercut.require-native",
				"-powercut.seed=0", fmt.Sprintf("-powercut.runs=%d", runs))
			var said bytes.Buffer
			one.Stdout = &said
			begin := time.Now()
			err := one.Run()
			took := time.Since(begin)
			if err != nil {
				return nil, fmt.Errorf("%s of %s: %w\n%s", test, dir, err, said.Bytes())
			}
			m := measured{took: took, cpu: one.ProcessState.UserTime() + one.ProcessState.SystemTime()}
			if ok, err := m.read(said.String()); err != nil {
				return nil, fmt.Errorf("%s of %s: %w", test, dir, err)
			} else if !ok {
				return nil, fmt.Errorf("%s of %s says no result", test, dir)
			}
			if m.version, err = version(dir, m.Module); err != nil {
				return nil, err
			}
			fmt.Fprintf(os.Stderr, "%s under %s: %.0fs\n", m.Engine, profile, took.Seconds())
			all = append(all, m)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("no engine's test in " + dir)
	}
	return all, nil
}

// version is the one of a module that is tested in a directory.
func version(dir, module string) (string, error) {
	list := command(dir, "go", "list", "-m", "-f", "{{.Version}}", module)
	list.Stdout = nil
	out, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("the version of %s: %w", module, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// read finds the result in what a test said.
func (m *measured) read(said string) (ok bool, err error) {
	_, rest, ok := strings.Cut(said, unmodified.ResultMark)
	if !ok {
		return false, nil
	}
	line, _, _ := strings.Cut(rest, "\n")
	return true, json.Unmarshal([]byte(line), &m.Result)
}
