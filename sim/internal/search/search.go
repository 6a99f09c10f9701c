package search

import (
	"cmp"

	"powercut/sim/core"
	"powercut/vfs"
)

// imagesPerSearch bounds the images that a search judges at each operation:
// special ones come first.
const imagesPerSearch = 24

// SearchExplorer follows a case to its last epoch, and there judges images at
// every operation.
type SearchExplorer struct {
	Case  *core.Case
	Depth int // how many crashes in a row; 0: none at all

	Images int    // that are judged at each operation beside a process crash; 0: many
	Last   uint64 // no crash of the workload comes behind this operation; 0: there may be any
}

func (e *SearchExplorer) Policy(epoch int) core.Policy {
	schedule := e.Case.Epochs[epoch].Schedule
	return &schedule
}

func (e *SearchExplorer) StartEpoch(*core.Run) {}

func (e *SearchExplorer) CrashRecovery(_ *core.Run, depth int) bool { return depth < e.Depth }

func (e *SearchExplorer) Thorough() bool { return true }

func (e *SearchExplorer) Visit(r *core.Run, h *core.Point) {
	crashes := e.Case.Epochs[r.Epoch()].Crashes
	if r.Epoch() < len(e.Case.Epochs)-1 {
		if len(crashes) > 0 && h.Depth() == 0 && h.Step() == crashes[0].Step {
			h.CrashInto(h.Disk().ChooseNearest(crashes[0].Choice))
		}
		return
	}
	if h.Depth() >= e.Depth {
		return
	}
	if h.Depth() == 0 && e.Last > 0 && h.Step() > e.Last {
		h.PowerCut()
		return
	}
	if !h.Disk().Failed() {
		r.Judge(h, h.Disk().ProcessCrash())
	}
	left := max(1, cmp.Or(e.Images, imagesPerSearch)>>(2*h.Depth()))
	for image := range h.Disk().Images(e.Case.Profile) {
		if r.Violated() || left == 0 {
			image.Release()
			break
		}
		left--
		r.Judge(h, image)
	}
}

func (e *SearchExplorer) EndOfEpoch(r *core.Run) *vfs.Image { return r.Disk().ProcessCrash() }
