package shrink

import (
	"math"

	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/vfs"
)

// Mildest returns a case on the mildest profile on which its law is violated at
// the same crash point, and goes back to the same place in the code. Of several
// crashes in a row it tries the first alone, then two, and so on. It searches a
// bounded number of images of each; if none does, the case is returned as it is,
// and so is a case of several epochs: what comes after the first depends on the
// very image that it began with.
func Mildest(c *core.Case) *core.Case {
	s := &shrinker{law: c.Law, budget: math.MaxInt, best: c, culprit: explain.CulpritOf(c)}
	s.mildest()
	return s.best
}

// mildest takes over the best case's twin on the mildest profile that has one.
func (s *shrinker) mildest() {
	if len(s.best.Epochs) > 1 {
		return
	}
	for _, profile := range vfs.Profiles() {
		if profile == s.best.Profile || s.ctx != nil && s.ctx.Err() != nil {
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
		for crashes := range len(c.Epochs[0].Crashes) {
			fewer := c.Clone()
			fewer.Epochs[0].Crashes = c.Epochs[0].Crashes[:crashes+1]
			if s.found(fewer, explain.Question{Asks: explain.OtherImages, Profile: profile}) {
				return
			}
		}
	}
}
