package faults

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// mixSource is a full-period generator; the counting one is too regular for
// statistics.
type mixSource struct{ state uint64 }

func (s *mixSource) Uint64n(n uint64) uint64 {
	s.state = s.state*6364136223846793005 + 1442695040888963407
	return (s.state >> 33) % n
}

func TestMixDrawsValidPlans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Mix{
			Ops:             rapid.Uint64Range(0, 5000).Draw(t, "ops"),
			SuspendingOneIn: rapid.Uint64Range(0, 3).Draw(t, "suspending"),
			QuietOneIn:      rapid.Uint64Range(0, 3).Draw(t, "quiet"),
		}
		if rapid.Bool().Draw(t, "paths") {
			m.Paths = []string{"*.log", "/db/**"}
		}
		plan := m.Plan(rapidSource{t})
		if err := plan.Validate(); err != nil {
			t.Fatal(err)
		}
		for _, r := range plan.Rules {
			suspends := strings.TrimPrefix(r.Comment, "suspends ")
			if want := strings.Join(r.Kind.Suspends(), ", "); suspends != want {
				t.Fatalf("%s is said to suspend %q, want %q", r, suspends, want)
			}
		}
	})
}

// A swarm must reach every kind, and must not have faults in every run or
// suspend what was acknowledged in most.
func TestMixSpreads(t *testing.T) {
	const runs = 6000
	src := &mixSource{state: 1}
	var quiet, suspending, single int
	seen := make(map[Kind]int)
	var after, windows, sticky, narrow int
	for range runs {
		plan := Mix{}.Plan(src)
		switch {
		case len(plan.Rules) == 0:
			quiet++
		case len(plan.Rules) == 1:
			single++
		}
		if plan.Suspends("acknowledged-durable") {
			suspending++
		}
		for _, r := range plan.Rules {
			seen[r.Kind]++
			after += bit(r.After)
			windows += bit(r.FirstSeq != 0)
			sticky += bit(r.Sticky)
			narrow += bit(r.Ops != 0)
		}
	}
	for _, k := range Kinds() {
		if seen[k] < 20 {
			t.Errorf("%s is on in %d of %d runs", k, seen[k], runs)
		}
	}
	for _, c := range []struct {
		what         string
		n, low, high int
	}{
		{"without faults", quiet, 20, 30},
		{"with one", single, 30, 45},
		{"suspending what was acknowledged", suspending, 2, 15},
	} {
		if share := c.n * 100 / runs; share < c.low || share > c.high {
			t.Errorf("runs %s: %d%%, want %d%% to %d%%", c.what, share, c.low, c.high)
		}
	}
	if after == 0 || windows == 0 || sticky == 0 || narrow == 0 {
		t.Errorf("never drawn: after %d, seq %d, sticky %d, on %d", after, windows, sticky, narrow)
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestMixKeepsToItsKinds(t *testing.T) {
	src := &mixSource{state: 2}
	m := Mix{Kinds: []Kind{DropClean, LyingSync}, QuietOneIn: 1 << 30, SuspendingOneIn: 2}
	drop, lying := 0, 0
	for range 200 {
		for _, r := range m.Plan(src).Rules {
			switch r.Kind {
			case DropClean:
				drop++
			case LyingSync:
				lying++
			default:
				t.Fatalf("drew %s", r)
			}
		}
	}
	if drop == 0 || lying == 0 {
		t.Errorf("drew %d drop-clean and %d lying-sync", drop, lying)
	}
}

// The simplest draws of a property library must be the simplest plan, so that
// it reduces a failure to no faults at all.
func TestMixIsSimpleAtZero(t *testing.T) {
	if plan := (Mix{}).Plan(zeroSource{}); len(plan.Rules) != 0 {
		t.Errorf("zeros give\n%s", plan)
	}
}

func TestSuspends(t *testing.T) {
	for _, c := range []struct {
		plan, law string
		want      bool
	}{
		{"", "acknowledged-durable", false},
		{"drop-clean", "acknowledged-durable", false},
		{"lying-sync", "acknowledged-durable", true},
		{"next-fails", "acknowledged-durable", true},
		{"lost-write", "acknowledged-durable", true},
		{"misdirected-write", "acknowledged-durable", true},
		{"write-flip", "acknowledged-durable", true},
		{"read-flip", "liveness", false},
		{"write-flip", "liveness", true},
		{"write-flip", "nothing-invented", false},
		{"write-flip", "damage-refused", false},
		{"stat-error\ndrop-clean", "async-prefix", false},
		{"stat-error\ndrop-clean", "async-prefix/process-crash", true},
		{"lying-sync", "async-prefix/process-crash", true},
		{"lying-sync", "async", false},
	} {
		if got := mustParse(t, c.plan).Suspends(c.law); got != c.want {
			t.Errorf("%q suspends %s: got %v, want %v", c.plan, c.law, got, c.want)
		}
	}
	got := strings.Join(mustParse(t, "drop-clean\nread-flip\njournal-fails").Suspended(), " ")
	if want := "acknowledged-durable async-prefix async-prefix/process-crash read-errors-harmless recovery-idempotent space-returns tail-forgiven"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
