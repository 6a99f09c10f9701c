package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"powercut/cmd/simrun/internal/fuse"
)

func TestMain(m *testing.M) {
	simrun := func() {
		findTarget = findInScripts
		if os.Getenv("NO_DIR_SYNC") != "" {
			realDisk = noDirSync{realDisk}
		}
		os.Exit(run())
	}
	if len(os.Args) > 1 && (os.Args[1] == "worker" || os.Args[1] == fuse.MountCommand) {
		simrun() // a campaign in a test has this program as its worker
	}
	testscript.Main(m, map[string]func(){"simrun": simrun})
}

// Each script in testdata is one test of the command: a comment that says why,
// commands, and what they print.
func TestScripts(t *testing.T) {
	fixtures, err := filepath.Abs("../../journal/testdata/rayforce")
	if err != nil {
		t.Fatal(err)
	}
	corpus, err := filepath.Abs("../../corpus")
	if err != nil {
		t.Fatal(err)
	}
	module, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("FIXTURES", fixtures)
			env.Setenv("RANDOM_FIXTURES", fixtures+"-random")
			env.Setenv("SNAPSHOTS", fixtures+"-snapshots")
			env.Setenv("ODDLOGS", filepath.Join(fixtures, "..", "odd-logs"))
			env.Setenv("CORPUS", corpus)
			env.Setenv("MODULE", module)
			env.Setenv("PACKAGE", filepath.Join(module, "cmd", "simrun", "testdata", "package"))
			env.Setenv("NATIVE", filepath.Join(module, "cmd", "simrun", "testdata", "native"))
			// mutants builds: with the caches of whoever runs the tests
			for _, name := range []string{"HOME", "GOCACHE", "GOPATH", "GOMODCACHE", "GOFLAGS", "GOPROXY"} {
				if value, set := os.LookupEnv(name); set {
					env.Setenv(name, value)
				}
			}
			return nil
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "soak":
				return os.Getenv("POWERCUT_SOAK") != "", nil
			case "native": // builds the standard library anew: .ci/native has it run
				return os.Getenv("POWERCUT_NATIVE") != "", nil
			case "fuse": // commands can be run on a disk that the kernel shows them
				err := fuse.Usable()
				if err != nil {
					t.Logf("without simrun fuse: %v", err)
				}
				return err == nil, nil
			case "go127": // another Go, which go fetches if it is not there
				go127 := exec.Command("go", "version")
				go127.Env = append(os.Environ(), "GOTOOLCHAIN=go1.27.1")
				out, err := go127.Output()
				return err == nil && strings.Contains(string(out), "go1.27") && os.Getenv("POWERCUT_SOAK") != "", nil
			case "race": // the detector needs cgo
				out, err := exec.Command("go", "env", "CGO_ENABLED").Output()
				_, compiler := exec.LookPath("gcc")
				return err == nil && strings.TrimSpace(string(out)) == "1" && compiler == nil, nil
			}
			return false, fmt.Errorf("there is no condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"field":     fieldOf,
			"samefield": sameField,
			"status":    exitStatus,
			"savecase":  saveCase,
			"truncate":  truncateFile,
			"flip":      flipFile,
			"foreign":   appendFile,
			"begun":     waitForFile,
			"twenty":    twentyTimes,
		},
	})
}

// fieldOf FILE NAME prints a field of a JSON object to stdout.
func fieldOf(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(printField(ts, args[0], args[1]))
}

func printField(ts *testscript.TestScript, file, name string) error {
	value, err := readField(ts, file, name)
	if err == nil {
		_, err = ts.Stdout().Write(append(value, '\n'))
	}
	return err
}

func readField(ts *testscript.TestScript, file, name string) ([]byte, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(ts.ReadFile(file)), &object); err != nil {
		return nil, err
	}
	return object[name], nil
}

// sameField NAME FILE FILE compares one field of two JSON objects.
func sameField(ts *testscript.TestScript, neg bool, args []string) {
	a, err := readField(ts, args[1], args[0])
	ts.Check(err)
	b, err := readField(ts, args[2], args[0])
	ts.Check(err)
	if (string(a) == string(b) && len(a) > 0) == neg {
		ts.Fatalf("%s: %s and %s", args[0], a, b)
	}
}

// exitStatus WANT COMMAND... runs a command and compares its exit status.
func exitStatus(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if exit, ok := err.(interface{ ExitCode() int }); ok {
		got = strconv.Itoa(exit.ExitCode())
	} else if err != nil {
		got = err.Error()
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

// saveCase FILE OUT writes the case of the first violation in a JSON report.
func saveCase(ts *testscript.TestScript, _ bool, args []string) {
	var report struct {
		Violations []struct{ Case string }
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &report))
	if len(report.Violations) == 0 {
		ts.Fatalf("%s reports no violation", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(report.Violations[0].Case), 0o600))
}

// waitForFile FILE waits until there is something in it.
func waitForFile(ts *testscript.TestScript, _ bool, args []string) {
	for size(ts.MkAbs(args[0])) == 0 {
		runtime.Gosched()
	}
}

// twentyTimes WANT PATTERN COMMAND... runs a command twenty times, with one number more
// at its end each, and compares its exit status and what it prints.
func twentyTimes(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[1])
	for i := range 20 {
		exitStatus(ts, false, append(append([]string{args[0]}, args[2:]...), strconv.Itoa(1+100*i)))
		if text := ts.ReadFile("stdout"); !pattern.MatchString(text) {
			ts.Fatalf("the %dth time it prints\n%s", i+1, text)
		}
	}
}

// truncateFile FILE BYTES leaves the first bytes of a file.
func truncateFile(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// flipFile FILE OFFSET inverts a byte.
func flipFile(ts *testscript.TestScript, _ bool, args []string) {
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	content := []byte(ts.ReadFile(args[0]))
	content[at] ^= 0xff
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), content, 0o600))
}

// appendFile appends what a file holds to another, as a program does that knows
// nothing of commits.
func appendFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: foreign FILE FROM")
	}
	file, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY|os.O_APPEND, 0)
	ts.Check(err)
	_, err = file.WriteString(ts.ReadFile(args[1]))
	ts.Check(err)
	ts.Check(file.Close())
}
