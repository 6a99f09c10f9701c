//go:build linux

package lab

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"powercut/vfs/internal/recording"
	"powercut/vfs/kernel/internal/block"
	"powercut/vfs/kernel/internal/worker"
)

// Seen is what was seen of a workload: states by moment.
type Seen struct {
	Images      int
	Unmountable int
	States      map[block.Moment]map[string]int // and in how many images
}

// SeenIn is what a recording has of a workload.
func SeenIn(w *recording.Workload) *Seen {
	s := &Seen{Images: w.Images, States: map[block.Moment]map[string]int{}}
	for _, o := range w.Observed {
		states := map[string]int{}
		for _, state := range o.States {
			states[state] = 1
		}
		s.States[block.Moment{Step: o.Step, Inside: o.Inside}] = states
	}
	return s
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
	l.Tears = func(e *block.Entry) bool { return isData(e.Data) }
	if err2 := r.Worker.Unmount(r.FS.Type); err == nil {
		err = err2
	}
	return l, err
}

func (r *Rig) steps(w *recording.Workload, p Plan) error {
	for k := range len(w.Steps) + 1 {
		for _, event := range p[k] {
			if err := r.event(event); err != nil {
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
