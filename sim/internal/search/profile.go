package search

import (
	"powercut/sim/core"
	"powercut/vfs"
)

// imagesPerProfile bounds the images of a profile that are tried at a crash.
const imagesPerProfile = 256

// ProfileExplorer follows a case up to the crash of its last epoch, and there
// tries the images of another profile.
type ProfileExplorer struct {
	core.CaseExplorer
	Profile  vfs.Profile
	LastOnly bool // only at the last crash, not at those before whose recovery it interrupts
}

// Visit implements core.Explorer.
func (e *ProfileExplorer) Visit(r *core.Run, h *core.Point) {
	crashes := e.Case.Epochs[r.Epoch()].Crashes
	if r.Epoch() < len(e.Case.Epochs)-1 || e.LastOnly && h.Depth() < len(crashes)-1 {
		e.CaseExplorer.Visit(r, h)
		return
	}
	if h.Depth() >= len(crashes) || h.Step() != crashes[h.Depth()].Step {
		return
	}
	n := 0
	for image := range h.Disk().Images(e.Profile) {
		r.Judge(h, image)
		if n++; n == imagesPerProfile || r.Violated() {
			break
		}
	}
	if !r.Violated() {
		h.PowerCut()
	}
}
