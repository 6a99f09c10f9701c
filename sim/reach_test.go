package sim_test

import (
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/sim"
)

// visits is the body of a test in which somebody comes to most of what there is.
func visits(r *sim.Run) {
	r.Workload(func(fs afero.Fs) error {
		n := sim.Between(r, 0, 9)
		r.Sometimes("nine was drawn", n == 9)
		r.Sometimes("ten was drawn", n == 10)
		if n > 5 {
			r.Reachable("more than five")
		}
		if n > 15 {
			r.Reachable("more than fifteen")
		}
		beyond(r, n)
		return writesOnce(fs)
	})
	r.Recover(func(afero.Fs) error {
		r.Reachable("a recovery")
		return nil
	})
}

func beyond(r *sim.Run, n int) {
	if n > 20 {
		r.Reachable("more than twenty")
	}
}

type visiting struct{}

func (visiting) body(r *sim.Run) { visits(r) }

// What no run came to is told with its place, be it that the condition never held, or
// that nobody ever came there.
func TestWhatNoRunReached(t *testing.T) {
	cfg := sim.Config{Runs: 60, Promises: sim.Nothing, Corpus: "none"}
	for name, body := range map[string]func(r *sim.Run){"function": visits, "method": visiting{}.body, "literal": func(r *sim.Run) { visits(r) }} {
		t.Run(name, func(t *testing.T) {
			message := failureOf(t, func(t sim.TB) { sim.Test(t, cfg, body) })
			for _, want := range []string{
				"TestToy proves nothing of what no run came to, of 60:\n",
				`  "more than fifteen": r.Reachable at reach_test.go:22`,
				`  "more than twenty": r.Reachable at reach_test.go:35`,
				`  "ten was drawn": r.Sometimes at reach_test.go:17`,
			} {
				if !strings.Contains(message, want) {
					t.Errorf("want %q:\n%s", want, message)
				}
			}
			for _, reached := range []string{"nine", "five", "a recovery", "elsewhere"} {
				if strings.Contains(message, reached) {
					t.Errorf("%q was come to, or is of no test:\n%s", reached, message)
				}
			}
		})
	}
}

// Somebody who looks at a few runs, at one seed or at a case is not told of the rest.
func TestReachedInAFew(t *testing.T) {
	cfg := sim.Config{Runs: 60, Promises: sim.Nothing, Corpus: "none"}
	for _, env := range []string{"POWERCUT_RUNS=1", "POWERCUT_SEED=7"} {
		name, value, _ := strings.Cut(env, "=")
		t.Run(env, func(t *testing.T) {
			t.Setenv(name, value)
			sim.Test(t, cfg, visits)
		})
	}
	t.Run("as many as the test asks for", func(t *testing.T) {
		t.Setenv("POWERCUT_RUNS", "60")
		failureOf(t, func(t sim.TB) { sim.Test(t, cfg, visits) })
	})
}

// What every run comes to is nothing to tell of.
func TestReached(t *testing.T) {
	sim.Test(t, sim.Config{Runs: 60, Promises: sim.Nothing, Corpus: "none"}, func(r *sim.Run) {
		r.Workload(func(fs afero.Fs) error {
			r.Sometimes("an odd number", sim.Between(r, 0, 9)%2 == 1)
			r.Reachable("elsewhere") // than the test above looks
			return writesOnce(fs)
		})
		r.Recover(func(afero.Fs) error { return nil })
	})
}
