package explain

import (
	"fmt"

	"powercut/sim/core"
	"powercut/vfs"
)

// Moments says, of the operations up to the last crash of a case, what a crash before
// each of them does to the law: in the epoch of that crash, or in the recovery that it
// struck.
type Moments struct {
	Epoch, Depth int
	List         []Moment // in order
	Why          string   // why there is none
}

// Moment is what was found at one operation.
type Moment struct {
	Step   uint64 // the crash comes before this operation
	Judged int    // images that such a crash may leave, as far as they were looked at
	Broken int    // of them, those that break the law
}

// Bounds of what is looked at.
const (
	maxMoments    = 400 // operations, those before the crash
	maxMomentRuns = 1500
	imagesAMoment = 24
	// Of a program that has a process for each seed, where an image may take half a second.
	maxMomentRunsApart = 150
)

// moments judges crashes at the operations before that of the case.
func (a *Account) moments(left timeLeft) Moments {
	switch {
	case a.Violation == nil:
		return Moments{Why: "the case holds"}
	case len(a.Crashes) == 0 || a.Missed:
		return Moments{Why: "no crash had a part in it"}
	}
	last := &a.Crashes[len(a.Crashes)-1]
	if last.Epoch != len(a.Case.Epochs)-1 || last.Depth >= len(a.Case.Epochs[last.Epoch].Crashes) {
		return Moments{Why: "the law was broken before the last crash of the case"}
	}
	q := Question{Asks: CrashesBefore, Law: a.Violation.Law, Depth: last.Depth, Last: last.Step, For: left.duration()}
	if last.Step > maxMoments {
		q.First = last.Step - maxMoments
	}
	runs := uint64(maxMomentRuns)
	if a.Case.Build.Binary != "" {
		runs = maxMomentRunsApart
	}
	q.Images = max(1, min(imagesAMoment, int(runs/(last.Step-q.First+1))))
	found := q.Ask(a.Case)
	if found.GaveUp || found.Died {
		return Moments{Why: "to try a crash at each operation before takes too long here"}
	}
	if len(found.List) == 0 {
		return Moments{Why: "the case did not come to its crash again"}
	}
	return Moments{Epoch: last.Epoch, Depth: last.Depth, List: found.List}
}

// crashesBefore answers with what a crash before each operation does.
func (q *Question) crashesBefore(c *core.Case, over func() bool) *Answer {
	e := &momentsExplorer{CaseExplorer: core.CaseExplorer{Case: c}, depth: q.Depth, first: q.First, last: q.Last, images: q.Images, late: over}
	c.NewRun(e, core.Probe{Law: q.Law, JudgeAll: true, Accept: func(*core.Violation) bool {
		e.broken = true
		return false // look on
	}}).Execute()
	return &Answer{List: e.found, GaveUp: e.gaveUp}
}

// momentsExplorer follows a case, and where its last crash is judges others at every
// operation up to that.
type momentsExplorer struct {
	core.CaseExplorer
	depth       int
	first, last uint64 // operations
	images      int    // of each
	found       []Moment
	broken      bool // by the image that is being judged
	late        func() bool
	gaveUp      bool // as it takes too long
}

// Visit implements core.Explorer.
func (e *momentsExplorer) Visit(r *core.Run, h *core.Point) {
	switch {
	case r.Epoch() < len(e.Case.Epochs)-1 || h.Depth() < e.depth:
		e.CaseExplorer.Visit(r, h)
	case h.Depth() > e.depth || h.Step() < e.first || h.PowerIsOff():
	case h.Step() > e.last:
		h.PowerCut()
	case e.late():
		e.gaveUp = true
		h.PowerCut()
	default:
		e.judge(r, h)
		if h.Step() == e.last {
			h.PowerCut()
		}
	}
}

// judge judges the images that a crash may leave here, and where the case has its
// crash, that of the case too.
func (e *momentsExplorer) judge(r *core.Run, h *core.Point) {
	m := Moment{Step: h.Step()}
	type which struct {
		kind   vfs.CrashKind
		digest vfs.Digest
	}
	seen := make(map[which]bool) // looked up, never ranged over
	judge := func(image *vfs.Image) {
		key := which{image.Kind(), image.Digest()}
		if seen[key] || h.PowerIsOff() {
			image.Release()
			return
		}
		seen[key] = true
		e.broken = false
		r.Judge(h, image)
		m.Judged++
		if e.broken {
			m.Broken++
		}
	}
	if crashes := e.Case.Epochs[r.Epoch()].Crashes; h.Step() == e.last {
		if image, err := h.Disk().Choose(crashes[e.depth].Choice); err == nil {
			judge(image)
		}
	}
	if !h.Disk().Failed() {
		judge(h.Disk().ProcessCrash())
	}
	for image := range h.Disk().Images(e.Case.Profile) {
		judge(image)
		if m.Judged > e.images {
			break
		}
	}
	e.found = append(e.found, m)
}

// CrashRecovery implements core.Explorer.
func (e *momentsExplorer) CrashRecovery(_ *core.Run, depth int) bool { return depth <= e.depth }

// Inevitable is the first operation from which on, up to the crash, no crash kept the
// law; ok is false if there is none.
func (m *Moments) Inevitable() (step uint64, ok bool) {
	return m.since(func(one Moment) bool { return one.Judged > 0 && one.Broken == one.Judged })
}

// Possible is the first operation from which on, up to the crash, some crash broke the
// law.
func (m *Moments) Possible() (step uint64, ok bool) {
	return m.since(func(one Moment) bool { return one.Broken > 0 })
}

// since finds where the last moments begin of which all are as is asked.
func (m *Moments) since(is func(Moment) bool) (step uint64, ok bool) {
	for i := len(m.List) - 1; i >= 0 && is(m.List[i]); i-- {
		step, ok = m.List[i].Step, true
	}
	return step, ok
}

// MomentsSentence says from which operation on the loss was possible, and from which
// on inevitable.
func (a *Account) MomentsSentence(m *Moments) string {
	if len(m.List) == 0 {
		return "From which operation on the loss was inevitable was not looked for: " + m.Why + "."
	}
	possible, some := m.Possible()
	inevitable, all := m.Inevitable()
	end := m.List[len(m.List)-1]
	switch {
	case !some:
		return "From which operation on the loss was inevitable can't be told: run again, the crash of the case breaks no law."
	case all && inevitable == possible:
		return fmt.Sprintf("The loss was inevitable %s: whatever a crash from there on leaves, the law is broken. The moment before, no crash that was looked at breaks it.",
			a.afterOf(m, inevitable))
	case all:
		return fmt.Sprintf("The loss was inevitable %s: whatever a crash from there on leaves, the law is broken. It was possible %s.",
			a.afterOf(m, inevitable), a.afterOf(m, possible))
	}
	return fmt.Sprintf("The loss was never inevitable: at the crash, %d of the %d images that were looked at break the law, and the others keep it. It was possible %s.",
		end.Broken, end.Judged, a.afterOf(m, possible))
}

// afterOf names the operation behind which the crash before another one comes.
func (a *Account) afterOf(m *Moments, step uint64) string {
	if step == m.List[0].Step {
		if step <= 1 {
			return "from the beginning"
		}
		return fmt.Sprintf("from operation %d on, the first that was looked at", step)
	}
	for i := range a.Events {
		e := &a.Events[i]
		if e.Kind == core.EventOp && e.Epoch == m.Epoch && e.Depth == m.Depth && e.Step == step-1 {
			of := ""
			if m.Depth > 0 {
				of = " of " + core.CrashPlace{Epoch: e.Epoch, Epochs: len(a.Case.Epochs), Depth: e.Depth}.Level()
			}
			return fmt.Sprintf("once operation %d%s was done (%s)", e.Step, of, Operation(*e))
		}
	}
	return fmt.Sprintf("once operation %d was done", step-1)
}
