// Package measure builds tests of engines, runs them in processes of their own, and
// reads what they logged. It is for the commands that write pages of it.
package measure

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"powercut/properties/unmodified"
)

// Simrun builds the command at the root of the repository, and returns its path.
func Simrun(root, work string) (string, error) {
	simrun := filepath.Join(work, "simrun")
	if err := Command(root, "go", "build", "-o", simrun, "./cmd/simrun").Run(); err != nil {
		return "", fmt.Errorf("building simrun: %w", err)
	}
	return simrun, nil
}

// Command is one whose complaints are shown.
func Command(dir, name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir, c.Stdout, c.Stderr = dir, os.Stderr, os.Stderr
	return c
}

// Output is what a command that succeeds says.
func Output(dir, name string, args ...string) (string, error) {
	c := Command(dir, name, args...)
	c.Stdout = nil
	out, err := c.Output()
	return strings.TrimSpace(string(out)), err
}

// Taken is what a test came to, and what that took.
type Taken struct {
	unmodified.Result
	Took, CPU time.Duration
}

// Test runs the binary of a package's tests in its directory, and reads the one Result
// that it logs.
func Test(dir, tests string, env []string, args ...string) (t Taken, err error) {
	one := exec.Command(tests, append([]string{"-test.v", "-powercut.require-native"}, args...)...)
	one.Dir, one.Env = dir, append(os.Environ(), env...)
	begin := time.Now()
	said, err := one.CombinedOutput()
	t.Took = time.Since(begin)
	t.CPU = one.ProcessState.UserTime() + one.ProcessState.SystemTime()
	if err != nil {
		return t, fmt.Errorf("the test %v of %s: %w\n%s", args, dir, err, said)
	}
	_, rest, ok := strings.Cut(string(said), unmodified.ResultMark)
	if !ok {
		return t, fmt.Errorf("the test %v of %s says no result:\n%s", args, dir, said)
	}
	line, _, _ := strings.Cut(rest, "\n")
	return t, json.Unmarshal([]byte(line), &t.Result)
}

// Version is the one of a module that is tested in a directory.
func Version(dir, module string) (string, error) {
	v, err := Output(dir, "go", "list", "-m", "-f", "{{.Version}}", module)
	if err != nil {
		return "", fmt.Errorf("the version of %s: %w", module, err)
	}
	return v, nil
}

// ShortVersion is a version as it fits into a table: of one without a tag, the day.
func ShortVersion(version string) string {
	version = strings.TrimSuffix(version, "+incompatible")
	if parts := strings.Split(version, "-"); len(parts) == 3 {
		stamp := parts[1][strings.LastIndexByte(parts[1], '.')+1:]
		if day, err := time.Parse("20060102150405", stamp); err == nil {
			return "of " + day.Format("2006-01-02")
		}
	}
	return strings.TrimPrefix(version, "v")
}

// Write puts text between two lines of a page, which stay.
func Write(page, begin, end, text string) error {
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(old, []byte(begin+"\n"))
	_, after, ok2 := bytes.Cut(rest, []byte(end+"\n"))
	if !ok || !ok2 {
		return fmt.Errorf("%s: want the lines %q and %q, between which the table stands", page, begin, end)
	}
	return os.WriteFile(page, slices.Concat(before, []byte(begin+"\n"+text+end+"\n"), after), 0o644)
}
