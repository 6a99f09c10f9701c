package unmodified

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"powercut/sim"
)

// finding is a test that keeps what it says.
type finding struct {
	*testing.T
	logged  string
	message string
	wanted  bool // it is to fail
}

func (f *finding) Logf(format string, args ...any) {
	f.Helper()
	f.logged += fmt.Sprintf(format, args...) + "\n"
	f.T.Logf(format, args...)
}

func (f *finding) Fatalf(format string, args ...any) {
	f.Helper()
	if !f.wanted {
		f.T.Fatalf(format, args...)
	}
	f.message = fmt.Sprintf(format, args...)
	panic(f)
}

// ForTheRecord is a variable of the environment. Where it is set a test that is to find
// a defect may also find nothing, as the version without it does; where it is
// ForTheRecordWhole, what is found is told whole. Where it is ForTheRecordAny the test may
// find something else first, which counts as nothing.
const (
	ForTheRecord      = "POWERCUT_RECORD"
	ForTheRecordWhole = "whole"
	ForTheRecordAny   = "any"
)

// find runs a test that is to fail with a message that has want in it.
func (f *finding) find(cfg sim.Config, body func(r *sim.Run), want string) {
	f.Helper()
	f.wanted = true
	record := os.Getenv(ForTheRecord)
	if record != ForTheRecordWhole {
		f.Setenv("POWERCUT_BRIEF", "true") // nobody reads the story of what is known
	}
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(f) {
				panic(p)
			}
		}()
		sim.Test(f, cfg, body)
	}()
	if record == ForTheRecordAny && !strings.Contains(f.message, want) {
		f.message = ""
	}
	if f.message == "" && record != "" {
		return
	}
	if !strings.Contains(f.message, want) || f.message == "" {
		f.T.Fatalf("found %q, want %q", f.message, want)
	}
}

// log logs the result of a test.
func (f *finding) log(r Result) {
	f.Helper()
	if r.Message = f.message; f.message != "" {
		r.Law, _, _ = strings.Cut(strings.TrimPrefix(f.message, "powercut: "), ":")
	}
	r.Runs, r.Images = f.counts()
	line, err := json.Marshal(r)
	if err != nil {
		f.T.Fatal(err)
	}
	f.T.Logf("%s%s", ResultMark, line)
}

var countsLine = regexp.MustCompile(`seeds run: (\d+), .* (\d+) crash images judged`)

// counts are the runs and the crash images of a test, by what it logged.
func (f *finding) counts() (runs, images int) {
	if found := countsLine.FindStringSubmatch(f.logged); found != nil {
		runs, _ = strconv.Atoi(found[1]) // a number, by the expression
		images, _ = strconv.Atoi(found[2])
	}
	return runs, images
}
