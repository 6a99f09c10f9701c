package faults

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"powercut/vfs"
)

// What struck by number strikes the same when it's told by count, and goes on
// striking the same operation when one that it doesn't match is taken out.
func TestByCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := Mix{QuietOneIn: 1 << 20, SuspendingOneIn: 1, Ops: 40}.Plan(rapidSource{t})
		ops := drawOps(t)
		first := NewInjector(plan, rapidSource{t})
		for _, op := range ops {
			first.Inject(op)
		}
		fired := first.Fired()
		byCount := fired.ByCount(ops)
		for _, r := range byCount.Rules {
			if r.FirstSeq != 0 {
				t.Fatalf("%s is still bound to a number", r)
			}
		}
		if err := byCount.Validate(); err != nil {
			t.Fatal(err)
		}
		again := NewInjector(byCount, nil)
		for _, op := range ops {
			again.Inject(op)
		}
		if got, want := again.Fired().String(), fired.String(); got != want {
			t.Fatalf("by count\n%sgives\n%swant\n%s", byCount, got, want)
		}
		stat := vfs.Op{Seq: 1, Kind: vfs.OpStat, Path: "/elsewhere"}
		shifted := NewInjector(byCount, nil)
		shifted.Inject(stat)
		for _, op := range ops {
			op.Seq++
			shifted.Inject(op)
		}
		if got, want := len(shifted.Log()), len(fired.Rules); got != want {
			t.Fatalf("with one more operation in front %d faults strike, want %d", got, want)
		}
	})
}

// Taking the first simpler plan again and again comes to an end, and every plan
// on the way is valid.
func TestSimplerEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := drawPlan(t)
		for step := 0; ; step++ {
			if step > 2000 {
				t.Fatalf("no end, at\n%s", plan)
			}
			var simpler []Plan
			for q := range plan.Simpler() {
				if err := q.Validate(); err != nil {
					t.Fatal(err)
				}
				if reflect.DeepEqual(q, plan) {
					t.Fatalf("simpler than itself:\n%s", plan)
				}
				// The empty plan would end it at once.
				if len(q.Rules) > 0 {
					simpler = append(simpler, q)
				}
			}
			if len(simpler) == 0 {
				return
			}
			plan = simpler[rapid.IntRange(0, len(simpler)-1).Draw(t, "which")]
		}
	})
}

func TestSimplerReachesTheOneRule(t *testing.T) {
	plan := mustParse(t, "read-error\nrename-error nth=2 errno=EROFS after\nstat-error\nlatency")
	// A failure that needs any failing rename, and nothing else.
	fails := func(p Plan) bool {
		for _, r := range p.Rules {
			if r.Kind == RenameError {
				return true
			}
		}
		return false
	}
	for found := true; found; {
		found = false
		for q := range plan.Simpler() {
			if fails(q) {
				plan, found = q, true
				break
			}
		}
	}
	if got, want := plan.String(), "rename-error nth=2\n"; got != want {
		t.Errorf("reduced to\n%swant\n%s", got, want)
	}
}
