package sim

import "powercut/vfs"

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
		mild := c.Clone()
		mild.Profile = vfs.Profiles()[0]
		if !mild.Holds() {
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
		result := candidate.NewRun(&profileExplorer{CaseExplorer{Case: c}, profile, false}, Probe{}).Execute()
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
	CaseExplorer
	profile vfs.Profile
	last    bool // only at the last crash, not at those before whose recovery it interrupts
}

func (e *profileExplorer) Visit(r *Run, h *Point) {
	crashes := e.Case.Epochs[r.Epoch()].Crashes
	if r.Epoch() < len(e.Case.Epochs)-1 || e.last && h.Depth() < len(crashes)-1 {
		e.CaseExplorer.Visit(r, h)
		return
	}
	if h.Depth() >= len(crashes) || h.Step() != crashes[h.Depth()].Step {
		return
	}
	n := 0
	for image := range h.Disk().Images(e.profile) {
		r.Judge(h, image)
		if n++; n == imagesPerProfile || r.Violated() {
			break
		}
	}
	if !r.Violated() {
		h.PowerCut()
	}
}
