//go:build linux

package lab

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"powercut/vfs/internal/recording"
)

// Effort is how closely a workload is looked at.
type Effort struct {
	Runs   int // each under a plan of its own
	Images int // of each run
	Aims   int // more runs, each under a plan that may lead to a state that was not seen
}

// Finding is a workload with states that a profile refuses: a fault of the
// model, shrunk.
type Finding struct {
	Filesystem string
	Workload   recording.Workload
	Plan       Plan
	Refused    []recording.Refusal
	// Repeats of Tries runs of the shrunk workload showed a refused state
	// again.
	Repeats, Tries int
}

// String is what a person reads of it.
func (f *Finding) String() string {
	var b strings.Builder
	r := f.Refused[0]
	at := fmt.Sprintf("after %d steps", r.Step)
	if r.Inside {
		at = fmt.Sprintf("in step %d", r.Step+1)
	}
	fmt.Fprintf(&b, "%s showed a state that the profile %v refuses: %s\n", f.Filesystem, r.Profile, r.State)
	fmt.Fprintf(&b, "  when:    a crash %s (workload %s)\n  because: %s\n", at, f.Workload.Name, r.Reason)
	fmt.Fprintf(&b, "  setup:   %s\n  steps:   %s\n", List(f.Workload.Setup), List(f.Workload.Steps))
	fmt.Fprintf(&b, "  kernel:  made to do by itself: %s\n", f.Plan)
	fmt.Fprintf(&b, "  repeats: %d of %d\n", f.Repeats, f.Tries)
	if more := len(f.Refused) - 1; more > 0 {
		fmt.Fprintf(&b, "  and %d more states of this workload\n", more)
	}
	return b.String()
}

// List writes steps in a line.
func List(steps []string) string {
	if len(steps) == 0 {
		return "-"
	}
	return strings.Join(steps, "; ")
}

// Look runs a workload as often as the effort says, notes in it what was seen,
// and returns what a profile refuses, nil if that is nothing.
func (r *Rig) Look(ctx context.Context, w *recording.Workload, src *rand.Rand, e Effort) (*Seen, *Finding, error) {
	j, err := newJudge(&r.FS, w)
	if err != nil {
		return nil, nil, err
	}
	all := &Seen{}
	var found *Finding
	run := func(w *recording.Workload, plan Plan) error {
		seen, err := r.Run(w, plan, src, e.Images)
		if err != nil {
			return fmt.Errorf("%s: workload %s (setup %s, steps %s, kernel %s): %w", r.FS.Name, w.Name, List(w.Setup), List(w.Steps), plan, err)
		}
		all.Merge(seen)
		if refused := j.refused(seen); len(refused) > 0 && found == nil {
			found = &Finding{Filesystem: r.FS.Name, Workload: *w, Plan: plan, Refused: refused}
		}
		return nil
	}
	for range e.Runs {
		if ctx.Err() != nil {
			break
		}
		if err := run(w, DrawPlan(src, w)); err != nil {
			return nil, nil, err
		}
	}
	if err := r.aimAt(ctx, w, all, src, e, run); err != nil {
		return nil, nil, err
	}
	w.Images, w.Observed = all.Images, all.Points()
	if found != nil {
		f := &found.Workload // may be the first steps alone
		f.Images, f.Observed = all.Images, slices.DeleteFunc(all.Points(), func(o recording.Point) bool { return o.Step > len(f.Steps) })
	}
	return all, found, nil
}

// tries is how often a finding is run again, before and after it is shrunk.
const tries = 3

// Shrink makes a finding's workload and plan as small as they get: it leaves
// out steps as long as some state is refused by the same profile.
func (r *Rig) Shrink(ctx context.Context, f *Finding, e Effort) error {
	seed := uint64(1)
	again := func(w recording.Workload, p Plan) []recording.Refusal {
		seed++
		w.Observed = nil
		j, err := newJudge(&r.FS, &w)
		if err != nil {
			return nil // not a workload any more
		}
		seen, err := r.Run(&w, p, rand.New(rand.NewPCG(seed, 0)), 2*e.Images)
		if err != nil {
			return nil
		}
		var same []recording.Refusal
		for _, x := range j.refused(seen) {
			if x.Profile == f.Refused[0].Profile {
				same = append(same, x)
			}
		}
		if same != nil {
			w.Images, w.Observed = seen.Images, seen.Points()
			f.Workload, f.Plan, f.Refused = w, p, same
		}
		return same
	}
	for progress := true; progress && ctx.Err() == nil; {
		progress = false
		for _, c := range smaller(f.Workload, f.Plan) {
			if ctx.Err() != nil {
				break
			}
			if again(c.w, c.p) != nil {
				progress = true
				break
			}
		}
	}
	f.Tries, f.Repeats = 0, 0
	for f.Tries < tries && ctx.Err() == nil {
		f.Tries++
		if again(f.Workload, f.Plan) != nil {
			f.Repeats++
		}
	}
	return ctx.Err()
}

type candidate struct {
	w recording.Workload
	p Plan
}

// smaller lists workloads and plans with one thing less.
func smaller(w recording.Workload, p Plan) []candidate {
	var out []candidate
	without := func(s []string, i int) []string {
		return append(append([]string{}, s[:i]...), s[i+1:]...)
	}
	for i := len(w.Steps) - 1; i >= 0; i-- {
		c := candidate{w: w, p: Plan{}}
		c.w.Steps = without(w.Steps, i)
		for k, events := range p {
			if k > i {
				k--
			}
			c.p[k] = append(c.p[k], events...)
		}
		out = append(out, c)
	}
	for i := len(w.Setup) - 1; i >= 0; i-- {
		c := candidate{w: w, p: p}
		c.w.Setup = without(w.Setup, i)
		out = append(out, c)
	}
	for k := range len(w.Steps) + 1 {
		for i := range p[k] {
			c := candidate{w: w, p: Plan{}}
			for l, events := range p {
				c.p[l] = events
			}
			c.p[k] = without(p[k], i)
			out = append(out, c)
		}
	}
	return out
}
