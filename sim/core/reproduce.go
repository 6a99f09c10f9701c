package core

import (
	"slices"

	"powercut/vfs"
)

// Reproduce runs a case, without any generator. If it violates the law that
// the case is about, that is the violation in the result, whatever other laws
// go the same way; if it does not, any other is.
func Reproduce(c *Case, keepTrace bool) Result {
	if result := c.Follow(Probe{Law: c.Law, Trace: keepTrace}); result.Violation != nil {
		return result
	}
	return c.Follow(Probe{Trace: keepTrace})
}

// Follow runs a case as it is, with somebody who listens. The result says
// whether the case came to all of its crashes.
func (c *Case) Follow(probe Probe) Result {
	e := &CaseExplorer{Case: c}
	probe.JudgeAll = true // each image is one that the case is about
	result := c.NewRun(e, probe).Execute()
	crashes := 0
	for _, epoch := range c.Epochs {
		crashes += len(epoch.Crashes)
	}
	result.Missed = result.Violation == nil && (e.missed || e.reached < crashes)
	return result
}

// Nearest is the case whose crashes, where their images are not lawful any more, leave
// those that are nearest to them.
func (c *Case) Nearest() *Case {
	nearest := c.Clone()
	for i := range nearest.Epochs {
		e := &nearest.Epochs[i]
		e.Crashes = slices.Clone(e.Crashes)
		for k := range e.Crashes {
			e.Crashes[k].Nearest = true
		}
	}
	return nearest
}

// Holds says whether a case, as it is, no longer violates its law.
func (c *Case) Holds() bool { return c.Follow(Probe{Law: c.Law}).Violation == nil }

// Sabotaged runs a case on a disk that sabotages a barrier. Where the case has its last
// crash, some more of what such a disk may leave there are judged: what the barrier would
// have kept is in no image of the case.
func (c *Case) Sabotaged(s *Sabotage) *Violation {
	r := c.NewRun(&sabotagedExplorer{CaseExplorer: CaseExplorer{Case: c}}, Probe{JudgeAll: true})
	r.settings.Sabotage = s
	return r.Execute().Violation
}

// sabotagedImages is how many more images are judged of the last crash of a sabotaged case.
const sabotagedImages = 24

// sabotagedExplorer follows a case to its last crash.
type sabotagedExplorer struct{ CaseExplorer }

func (e *sabotagedExplorer) Visit(r *Run, h *Point) {
	crashes := e.Case.Epochs[r.epoch].Crashes
	if r.epoch == len(e.Case.Epochs)-1 && h.depth == len(crashes)-1 && h.step == crashes[h.depth].Step {
		n := 0
		for image := range h.disk.Images(e.Case.Profile) {
			if n++; n > sabotagedImages || r.violation != nil {
				image.Release()
				break
			}
			r.Judge(h, image)
		}
	}
	if r.violation == nil {
		e.CaseExplorer.Visit(r, h)
	}
}

// NewRun returns a run of the workload and the faults of a case, with another
// explorer.
func (c *Case) NewRun(e Explorer, probe Probe) *Run {
	budget := uint64(0)
	if w, ok := c.Workload.(External); ok {
		budget = w.StepBudget()
	}
	r := NewRun(c.Seed, Scenario{
		Target:   c.Target,
		Test:     c.Test,
		Workload: c.Workload,
		Settings: Settings{Profile: c.Profile, Epochs: len(c.Epochs), SectorBytes: c.Sector, Disks: c.Disks, StepBudget: budget},
	}, e, probe)
	r.explicit = c
	return r
}

// CaseExplorer follows a case.
type CaseExplorer struct {
	Case    *Case
	Lenient bool // where an image is not lawful any more, the nearest one takes its place

	reached int  // crashes that came
	missed  bool // a crash point was not reached, or its image is not lawful any more
}

func (e *CaseExplorer) Policy(epoch int) Policy {
	schedule := e.Case.Epochs[epoch].Schedule
	return &schedule
}

func (e *CaseExplorer) StartEpoch(*Run) {}

func (e *CaseExplorer) CrashRecovery(r *Run, depth int) bool {
	return depth < len(e.Case.Epochs[r.epoch].Crashes)
}

func (e *CaseExplorer) Thorough() bool { return true }

func (e *CaseExplorer) Visit(r *Run, h *Point) {
	crashes := e.Case.Epochs[r.epoch].Crashes
	if h.depth >= len(crashes) || h.step != crashes[h.depth].Step {
		return
	}
	image, err := crashes[h.depth].image(h.disk)
	if err != nil && e.Lenient {
		image, err = h.disk.ChooseNearest(crashes[h.depth].Choice), nil
	}
	if err != nil {
		e.missed = true
		h.PowerCut()
		return
	}
	e.reached++
	if r.epoch < len(e.Case.Epochs)-1 {
		h.CrashInto(image)
		return
	}
	r.Judge(h, image)
	h.PowerCut()
}

// EndOfEpoch stands in where a shrunk epoch ends before its crash.
func (e *CaseExplorer) EndOfEpoch(r *Run) *vfs.Image {
	e.missed = true
	return r.disk.ProcessCrash()
}
