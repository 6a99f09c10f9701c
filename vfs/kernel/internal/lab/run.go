//go:build linux

package lab

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"powercut/vfs/internal/recording"
	"powercut/vfs/kernel/internal/block"
	"powercut/vfs/kernel/internal/worker"
)

// Plan says what the kernel is made to do by itself in a run: by the number of
// steps that had returned.
type Plan map[int][]string

// DrawPlan draws one: flushers, commits and writeback, which may come at any
// time.
func DrawPlan(src *rand.Rand, w *recording.Workload) Plan {
	p, n := Plan{}, len(w.Steps)
	open := make([][]string, n+1) // handles, by steps that returned
	for k, step := range w.Steps {
		now := slices.Clone(open[k])
		switch f := strings.Fields(step); f[0] {
		case "create", "open", "opentruncate", "opensync", "opendsync":
			now = append(now, f[1])
		case "close":
			now = slices.DeleteFunc(now, func(h string) bool { return h == f[1] })
		}
		open[k+1] = now
	}
	if src.IntN(2) == 0 { // one moment, and a closer look at it
		k := src.IntN(n + 1)
		for range src.IntN(3) {
			p[k] = append(p[k], drawEvent(src, open[k]))
		}
		p[k] = append(p[k], []string{"commit", "syncfs"}[src.IntN(2)])
		return p
	}
	for k := range n + 1 {
		for range []int{0, 0, 0, 1, 1, 2}[src.IntN(6)] {
			p[k] = append(p[k], drawEvent(src, open[k]))
		}
	}
	p[n] = append(p[n], [][]string{nil, {"syncfs"}, {"syncfs"}, {"commit"}, {"commit", "syncfs"}}[src.IntN(5)]...)
	return p
}

func drawEvent(src *rand.Rand, open []string) string {
	if len(open) > 0 && src.IntN(2) == 0 {
		h := open[src.IntN(len(open))]
		if src.IntN(3) == 0 {
			return fmt.Sprintf("writeback %s 0 %d", h, 1<<20)
		}
		return fmt.Sprintf("writeback %s %d %d", h, 4096*src.IntN(5), 4096*(1+src.IntN(3)))
	}
	return []string{"commit", "commit", "syncfs"}[src.IntN(3)]
}

// String lists a plan in the order of its steps.
func (p Plan) String() string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(p)) {
		if len(p[k]) > 0 {
			out = append(out, fmt.Sprintf("after %d: %s", k, strings.Join(p[k], ", ")))
		}
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, "; ")
}

// Seen is what was seen of a workload: states by moment.
type Seen struct {
	Images      int
	Unmountable int
	States      map[block.Moment]map[string]int // and in how many images
}

// Merge adds what another run has seen.
func (s *Seen) Merge(o *Seen) {
	s.Images += o.Images
	s.Unmountable += o.Unmountable
	if s.States == nil {
		s.States = map[block.Moment]map[string]int{}
	}
	for m, states := range o.States {
		if s.States[m] == nil {
			s.States[m] = map[string]int{}
		}
		for state, n := range states {
			s.States[m][state] += n
		}
	}
}

// Points is what a recording has of it.
func (s *Seen) Points() []recording.Point {
	var out []recording.Point
	for m, states := range s.States {
		out = append(out, recording.Point{Step: m.Step, Inside: m.Inside, States: slices.Sorted(maps.Keys(states))})
	}
	slices.SortFunc(out, func(a, b recording.Point) int {
		return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(b2i(a.Inside), b2i(b.Inside)))
	})
	return out
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// StepError is a step that a disk does and the real filesystem refused.
type StepError struct {
	Step string
	Err  error
}

func (e *StepError) Error() string { return fmt.Sprintf("step %q: %v", e.Step, e.Err) }
func (e *StepError) Unwrap() error { return e.Err }

// Record runs a workload once under a plan and returns its log.
func (r *Rig) Record(w *recording.Workload, p Plan) (*block.Log, error) {
	if err := r.Begin(w.Setup); err != nil {
		r.Worker.Unmount(r.FS.Type)
		return nil, err
	}
	d := r.Worker.Device
	d.Record()
	err := r.steps(w, p)
	l := d.Recorded()
	if err2 := r.Worker.Unmount(r.FS.Type); err == nil {
		err = err2
	}
	return l, err
}

func (r *Rig) steps(w *recording.Workload, p Plan) error {
	for k := range len(w.Steps) + 1 {
		for _, event := range p[k] {
			if err := r.Worker.Step(event); err != nil {
				return fmt.Errorf("%q: %w", event, err)
			}
		}
		if k == len(w.Steps) {
			return nil
		}
		r.Worker.Device.Mark(block.Begin)
		if err := r.Worker.Step(w.Steps[k]); err != nil {
			return &StepError{w.Steps[k], err}
		}
		r.Worker.Device.Mark(block.End)
	}
	return nil
}

// Run runs a workload under a plan and looks at so many crash images.
func (r *Rig) Run(w *recording.Workload, p Plan, src *rand.Rand, images int) (*Seen, error) {
	l, err := r.Record(w, p)
	if err != nil {
		return nil, err
	}
	seen := &Seen{States: map[block.Moment]map[string]int{}}
	moments := l.Moments()
	for c := range l.Crashes(src, images) {
		seen.Images++
		t, err := r.recovered(c.Store)
		if refused, ok := errors.AsType[*worker.SyscallError](err); ok {
			seen.Unmountable++
			r.Unmountable[refused.Error()]++
			continue
		}
		if err != nil {
			return nil, err
		}
		state := recording.FormatTree(t)
		last := block.Moment{Step: -1}
		for _, m := range moments[c.From : c.To+1] {
			if m == last {
				continue
			}
			last = m
			if seen.States[m] == nil {
				seen.States[m] = map[string]int{}
			}
			seen.States[m][state]++
		}
	}
	return seen, nil
}
