package unmodified

import (
	"fmt"
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

// find runs a test that is to fail with a message that has want in it.
func (f *finding) find(cfg sim.Config, body func(r *sim.Run), want string) {
	f.Helper()
	f.wanted = true
	f.Setenv("POWERCUT_BRIEF", "true") // nobody reads the story of what is known
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(f) {
				panic(p)
			}
		}()
		sim.Test(f, cfg, body)
	}()
	if !strings.Contains(f.message, want) || f.message == "" {
		f.T.Fatalf("found %q, want %q", f.message, want)
	}
}
