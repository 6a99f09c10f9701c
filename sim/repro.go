package sim

import (
	"powercut/vfs"
)

// Reproduce runs a case, without any generator. If it violates the law that
// the case is about, that is the violation in the result, whatever other laws
// go the same way; if it does not, any other is.
func Reproduce(c *Case, keepTrace bool) Result {
	if result := c.runLaw(keepTrace); result.Violation != nil {
		return result
	}
	_, run := c.follow("", keepTrace)
	return run()
}

// follow makes the run of a case as it is. Its result says whether the case
// came to all of its crashes.
func (c *Case) follow(law Law, keepTrace bool) (*Run, func() Result) {
	e := &explicitExplorer{c: c}
	r := newCaseRun(c, e, keepTrace)
	r.settings.Law = law
	return r, func() Result {
		result := r.execute()
		crashes := 0
		for _, epoch := range c.Epochs {
			crashes += len(epoch.Crashes)
		}
		result.Missed = result.Violation == nil && (e.missed || e.reached < crashes)
		return result
	}
}

// runLaw runs a case and passes over violations of other laws than its own.
func (c *Case) runLaw(keepTrace bool) Result {
	_, run := c.follow(c.Law, keepTrace)
	return run()
}

func (c *Case) run(e explorer, keepTrace bool) Result {
	return newCaseRun(c, e, keepTrace).execute()
}

// sabotaged runs a case on a disk that sabotages a barrier.
func (c *Case) sabotaged(s *Sabotage) *Violation {
	r := newCaseRun(c, &explicitExplorer{c: c}, false)
	r.settings.Sabotage = s
	return r.execute().Violation
}

func newCaseRun(c *Case, e explorer, keepTrace bool) *Run {
	r := newRun(c.Seed, Scenario{
		Target:   c.Target,
		Workload: c.Workload,
		Settings: Settings{Profile: c.Profile, Epochs: len(c.Epochs), SectorBytes: c.Sector},
	}, keepTrace)
	r.explicit = c
	r.explorer = e
	return r
}

// explicitExplorer follows a case.
type explicitExplorer struct {
	c       *Case
	reached int  // crashes that came
	missed  bool // a crash point was not reached, or its image is not lawful any more
	lenient bool // go on with the nearest image then
}

func (e *explicitExplorer) policy(epoch int) Policy {
	return &explicitPolicy{left: e.c.Epochs[epoch].Schedule}
}

func (e *explicitExplorer) startEpoch(*Run) {}

func (e *explicitExplorer) crashRecovery(r *Run, depth int) bool {
	return depth < len(e.c.Epochs[r.epoch].Crashes)
}

func (e *explicitExplorer) thorough() bool { return true }

func (e *explicitExplorer) visit(r *Run, h *hook) {
	crashes := e.c.Epochs[r.epoch].Crashes
	if h.depth >= len(crashes) || h.step != crashes[h.depth].Step {
		return
	}
	image, err := crashes[h.depth].image(h.disk)
	if err != nil && e.lenient {
		image, err = h.disk.ChooseNearest(crashes[h.depth].Choice), nil
	}
	if err != nil {
		e.missed = true
		h.powerCut()
		return
	}
	e.reached++
	if r.epoch < len(e.c.Epochs)-1 {
		h.crashInto(image)
		return
	}
	r.judge(h, image)
	h.powerCut()
}

// endOfEpoch stands in where a shrunk epoch ends before its crash.
func (e *explicitExplorer) endOfEpoch(r *Run) *vfs.Image {
	e.missed = true
	return r.disk.ProcessCrash()
}

// imagesPerProfile bounds the search for a milder profile's image.
const imagesPerProfile = 256

// Mildest returns the mildest profile in which the law of a case is violated
// at the same crash point, and the case with an image of that profile. It
// searches a bounded number of images of each; if none violates, the case is
// returned as it is. Only the last epoch's crash is searched for: earlier ones
// keep their images, and so a case of several epochs is milder only if it has
// none that its profile alone explains.
func Mildest(c *Case) *Case {
	if len(c.Epochs) > 1 {
		return c
	}
	if len(c.Epochs[0].Crashes) == 0 {
		mild := c.clone()
		mild.Profile = vfs.Profiles()[0]
		if mild.runLaw(false).Violation != nil {
			return mild
		}
		return c
	}
	for _, profile := range vfs.Profiles() {
		if profile == c.Profile {
			break
		}
		candidate := *c
		candidate.Profile = profile
		result := candidate.run(&profileExplorer{explicitExplorer{c: c}, profile, false}, false)
		if v := result.Violation; v != nil && v.Law == c.Law {
			v.Case.Why, v.Case.Step = c.Why, c.Step
			return v.Case
		}
	}
	return c
}

// profileExplorer follows a case up to the crash of its last epoch, and there
// tries the images of another profile.
type profileExplorer struct {
	explicitExplorer
	profile vfs.Profile
	last    bool // only at the last crash, not at those before whose recovery it interrupts
}

func (e *profileExplorer) visit(r *Run, h *hook) {
	crashes := e.c.Epochs[r.epoch].Crashes
	if r.epoch < len(e.c.Epochs)-1 || e.last && h.depth < len(crashes)-1 {
		e.explicitExplorer.visit(r, h)
		return
	}
	if h.depth >= len(crashes) || h.step != crashes[h.depth].Step {
		return
	}
	n := 0
	for image := range h.disk.Images(e.profile) {
		r.judge(h, image)
		if n++; n == imagesPerProfile || r.violation != nil {
			break
		}
	}
	if r.violation == nil {
		h.powerCut()
	}
}
