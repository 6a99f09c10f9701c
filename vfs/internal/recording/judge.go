package recording

import (
	"fmt"

	"powercut/vfs"
)

// Judge says which trees a crash of a workload may leave. It is for one
// goroutine.
type Judge struct {
	after  []*vfs.Disk // by steps that returned
	during []*vfs.Disk // and one in progress
}

// NewJudge runs the workload on a disk, once for each of its steps.
func NewJudge(options vfs.Options, w *Workload) (*Judge, error) {
	j := &Judge{}
	for k := range len(w.Steps) + 1 {
		d, err := w.After(options, k)
		if err != nil {
			return nil, fmt.Errorf("recording: workload %s: %w", w.Name, err)
		}
		j.after = append(j.after, d)
		if k == len(w.Steps) {
			break
		}
		if d, err = w.During(options, k); err != nil {
			return nil, fmt.Errorf("recording: workload %s: %w", w.Name, err)
		}
		j.during = append(j.during, d)
	}
	return j, nil
}

// After is the disk when so many steps had returned.
func (j *Judge) After(steps int) *vfs.Disk { return j.after[steps] }

// Accepts says whether a profile allows a tree at a point, and if not, why not.
// Inside a step, what is lawful before it is, what is lawful after it, and what it
// did without its sync.
func (j *Judge) Accepts(p vfs.Profile, step int, inside bool, t vfs.Tree) (ok bool, reason string) {
	disks := []*vfs.Disk{j.after[step]}
	if inside && step < len(j.during) {
		disks = append(disks, j.after[step+1], j.during[step])
	}
	for _, d := range disks {
		if ok, reason = d.Accepts(p, t); ok {
			return true, ""
		}
	}
	return false, reason
}

// Refusal is a state that was seen and that a profile does not allow.
type Refusal struct {
	Profile  vfs.Profile
	Workload string
	Step     int
	Inside   bool
	State    string
	Reason   string
}

// String says it in a line.
func (r Refusal) String() string {
	at := fmt.Sprintf("after %d steps", r.Step)
	if r.Inside {
		at = fmt.Sprintf("in step %d", r.Step+1)
	}
	return fmt.Sprintf("%s, %s: %v refuses %s: %s", r.Workload, at, r.Profile, r.State, r.Reason)
}

// Beyond says whether a filesystem may show what posix doesn't allow: blocks
// reused before they were durably free.
func Beyond(p vfs.Profile) bool { return p == vfs.Ext4Writeback }

// Refused judges all that was seen of a workload by the profiles, and returns
// how many states that were.
func (w *Workload) Refused(profiles ...vfs.Profile) (states int, refused []Refusal, err error) {
	j, err := NewJudge(vfs.Options{}, w)
	if err != nil {
		return 0, nil, err
	}
	for _, o := range w.Observed {
		for _, s := range o.States {
			states++
			t, err := ParseTree(s)
			if err != nil {
				return states, refused, err
			}
			for _, p := range profiles {
				if ok, reason := j.Accepts(p, o.Step, o.Inside, t); !ok {
					refused = append(refused, Refusal{p, w.Name, o.Step, o.Inside, s, reason})
				}
			}
		}
	}
	return states, refused, nil
}
