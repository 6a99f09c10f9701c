package sim

import "powercut/vfs"

// imagesPerSearch bounds the images that a search judges at each operation:
// special ones come first.
const imagesPerSearch = 24

// searchExplorer follows a case to its last epoch, and there judges images at
// every operation.
type searchExplorer struct {
	c     *Case
	depth int // how many crashes in a row; 0: none at all
}

func (e *searchExplorer) Policy(epoch int) Policy {
	schedule := e.c.Epochs[epoch].Schedule
	return &schedule
}

func (e *searchExplorer) StartEpoch(*Run) {}

func (e *searchExplorer) CrashRecovery(_ *Run, depth int) bool { return depth < e.depth }

func (e *searchExplorer) Thorough() bool { return true }

func (e *searchExplorer) Visit(r *Run, h *Point) {
	crashes := e.c.Epochs[r.Epoch()].Crashes
	if r.Epoch() < len(e.c.Epochs)-1 {
		if len(crashes) > 0 && h.Depth() == 0 && h.Step() == crashes[0].Step {
			h.CrashInto(h.Disk().ChooseNearest(crashes[0].Choice))
		}
		return
	}
	if h.Depth() >= e.depth {
		return
	}
	if !h.Disk().Failed() {
		r.Judge(h, h.Disk().ProcessCrash())
	}
	left := imagesPerSearch >> (2 * h.Depth())
	for image := range h.Disk().Images(e.c.Profile) {
		if r.Violated() || left == 0 {
			image.Release()
			break
		}
		left--
		r.Judge(h, image)
	}
}

func (e *searchExplorer) EndOfEpoch(r *Run) *vfs.Image { return r.Disk().ProcessCrash() }
