package sim

import (
	"math"

	"powercut/vfs"
)

// imagesPerProfile bounds the search for a milder profile's image.
const imagesPerProfile = 256

// Mildest returns a case on the mildest profile on which its law is violated at
// the same crash point, and goes back to the same place in the code. It searches
// a bounded number of images of each; if none does, the case is returned as it
// is. Only the last epoch's crash is searched for: earlier ones keep their
// images, and so a case of several epochs is returned as it is.
func Mildest(c *Case) *Case {
	s := &shrinker{law: c.Law, budget: math.MaxInt, best: c, culprit: culpritOf(c)}
	s.mildest()
	return s.best
}

// mildest takes over the best case's twin on the mildest profile that has one.
func (s *shrinker) mildest() {
	if len(s.best.Epochs) > 1 {
		return
	}
	for _, profile := range vfs.Profiles() {
		if profile == s.best.Profile {
			return
		}
		c := s.best.Clone()
		c.Profile = profile
		if len(c.Epochs[0].Crashes) == 0 {
			if s.search(c) {
				return
			}
			continue
		}
		if s.found(c, &profileExplorer{CaseExplorer{Case: s.best}, profile, false}) {
			return
		}
	}
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
