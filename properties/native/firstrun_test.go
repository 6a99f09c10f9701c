package native

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"powercut/sim"
	"powercut/vfs"
)

// told keeps what a test fails with, whole.
type told struct {
	*testing.T
	message string
}

func (t *told) Fatalf(format string, args ...any) {
	t.message = fmt.Sprintf(format, args...)
	panic(t)
}

// ranHere is what an engine keeps of a run that crashed: by it the next run in the process
// does something else.
var ranHere bool

// What only the first run of a process shows is told of by another process, as fully as all
// else, and its case is one that repeats it.
func TestFirstRunOfAProcess(t *testing.T) {
	f := &told{T: t}
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(f) {
				panic(p)
			}
		}()
		sim.Test(f, sim.Config{Runs: 5, Profiles: []vfs.Profile{vfs.Ext4}, Corpus: "none"}, func(r *sim.Run) {
			written := false
			sim.Remember(r, &written)
			r.WorkloadDir(func(dir string) error {
				if ranHere {
					for range 3 {
						_, _ = os.Stat(dir + "/nothing") // it is not there
					}
				}
				ranHere = true
				if err := os.WriteFile(dir+"/f", []byte("x"), 0o600); err != nil {
					return err
				}
				written = true
				_, err := os.Stat(dir + "/f")
				return err
			})
			r.RecoverDir(func(dir string) error {
				if b, _ := os.ReadFile(dir + "/f"); written && string(b) != "x" {
					return errors.New("what was written is lost")
				}
				return nil
			})
		})
	}()
	for _, want := range []string{"recovers: what was written is lost", "lost: operation", "the last operations of the workload before it:", "its case showed it in 1 of 5 runs, as the engine keeps something"} {
		if !strings.Contains(f.message, want) {
			t.Errorf("the test says:\n%s\nand not %q", f.message, want)
		}
	}
}
