package trial

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"powercut/faults"
	"powercut/sim"
	"powercut/vfs"
)

// Environment runs a test of so many runs under each kind of the environment, and once more to see
// whether it leaves files open ("left-open"), and compares with what is known to be
// found: a part of the first line of the message, by the name of the kind. Under the
// others nothing is. Of an engine that is sound on some filesystems alone profiles are
// those.
func Environment(t *testing.T, runs int, body func(r *sim.Run), known map[string]string, profiles ...vfs.Profile) {
	t.Helper()
	runs = Fewer(t, runs)
	for _, k := range faults.EnvironmentKinds() {
		cfg := sim.Config{Runs: runs, Profiles: profiles, Faults: &faults.Mix{Kinds: []faults.Kind{k}, QuietOneIn: 1 << 40}}
		environment(t, k.String(), cfg, body, known)
	}
	environment(t, "left-open", sim.Config{Runs: runs, Profiles: profiles, ClosesFiles: true}, body, known)
}

// Fewer is how many runs a test makes that is one of many: so many, or a share of
// POWERCUT_RUNS.
func Fewer(t *testing.T, runs int) int {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv("POWERCUT_RUNS")); err == nil {
		runs = min(max(runs, n/20), 50)
		t.Setenv("POWERCUT_RUNS", strconv.Itoa(runs))
	}
	return runs
}

func environment(t *testing.T, name string, cfg sim.Config, body func(r *sim.Run), known map[string]string) {
	t.Run(name, func(t *testing.T) {
		cfg.Promises, cfg.Corpus, cfg.HangAfter = sim.Nothing, "none", time.Minute
		found := attempt(t, func(t sim.TB) { sim.Test(t, cfg, body) })
		first, _, _ := strings.Cut(found, "\n")
		want := known[name]
		if want == "" && found != "" || !strings.Contains(first, want) {
			t.Errorf("found %q, known is %q:\n%s", first, want, found)
		}
	})
}
