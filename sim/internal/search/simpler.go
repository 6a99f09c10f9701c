package search

import (
	"powercut/sim/core"
	"powercut/vfs"
)

// imagesPerCrash bounds the images that a SimplerExplorer judges.
const imagesPerCrash = 1000

// SimplerExplorer follows a case up to its last crash, and there goes from one image to a
// simpler one that is accepted, too, until there is none.
type SimplerExplorer struct {
	core.CaseExplorer
	Take func(vfs.Choice) // is told what was accepted
	Left func() bool      // whether to go on

	accepted bool
	judged   int
}

// Accept is the run's probe: of each violation that is one of the case's law.
func (e *SimplerExplorer) Accept(*core.Violation) bool {
	e.accepted = true
	return false // there may be a simpler one
}

// Visit implements core.Explorer.
func (e *SimplerExplorer) Visit(r *core.Run, h *core.Point) {
	crashes := e.Case.Epochs[r.Epoch()].Crashes
	if r.Epoch() < len(e.Case.Epochs)-1 || h.Depth() != len(crashes)-1 {
		e.CaseExplorer.Visit(r, h)
		return
	}
	if h.Step() != crashes[h.Depth()].Step {
		return
	}
	choice := crashes[h.Depth()].Choice
	for e.simplify(r, h, &choice) {
		e.Take(choice)
	}
	h.PowerCut()
}

// simplify makes a choice simpler by one step.
func (e *SimplerExplorer) simplify(r *core.Run, h *core.Point, choice *vfs.Choice) bool {
	for simpler := range choice.Simpler() {
		if e.judged == imagesPerCrash || !e.Left() {
			return false
		}
		image, err := h.Disk().Choose(simpler)
		if err != nil {
			continue // no crash leaves it
		}
		e.judged++
		e.accepted = false
		r.Judge(h, image)
		if e.accepted {
			*choice = simpler
			return true
		}
	}
	return false
}
