//go:build linux

package lab

import (
	"fmt"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
	"powercut/vfs/kernel/internal/block"
)

// Profiles are what must accept each state of a filesystem: its own profile,
// and posix. A filesystem without a profile is held against posix alone.
func (fs *Filesystem) Profiles() []vfs.Profile {
	if fs.Profile == "" {
		return []vfs.Profile{vfs.POSIX}
	}
	p, err := vfs.ParseProfile(fs.Profile)
	if err != nil {
		panic("lab: " + err.Error())
	}
	if recording.Beyond(p) {
		return []vfs.Profile{p}
	}
	return []vfs.Profile{p, vfs.POSIX}
}

// judge says which states of a workload are lawful. Each is judged once.
type judge struct {
	w        *recording.Workload
	profiles []vfs.Profile
	judge    *recording.Judge
	judged   map[judgedState][]recording.Refusal
}

type judgedState struct {
	m     block.Moment
	state string
}

func newJudge(fs *Filesystem, w *recording.Workload) (*judge, error) {
	j, err := recording.NewJudge(vfs.Options{}, w)
	if err != nil {
		return nil, err
	}
	return &judge{w: w, profiles: fs.Profiles(), judge: j, judged: map[judgedState][]recording.Refusal{}}, nil
}

// refused lists the states that a profile refuses, in the order of the points.
func (j *judge) refused(s *Seen) []recording.Refusal {
	var out []recording.Refusal
	for _, p := range s.Points() {
		for _, state := range p.States {
			out = append(out, j.state(block.Moment{Step: p.Step, Inside: p.Inside}, state)...)
		}
	}
	return out
}

func (j *judge) state(m block.Moment, state string) []recording.Refusal {
	key := judgedState{m, state}
	if r, known := j.judged[key]; known {
		return r
	}
	var out []recording.Refusal
	t, err := recording.ParseTree(state)
	for _, p := range j.profiles {
		ok, reason := false, fmt.Sprint(err)
		if err == nil {
			ok, reason = j.judge.Accepts(p, m.Step, m.Inside, t)
		}
		if !ok {
			out = append(out, recording.Refusal{Profile: p, Workload: j.w.Name, Step: m.Step, Inside: m.Inside, State: state, Reason: reason})
		}
	}
	j.judged[key] = out
	return out
}
