package core

import (
	"powercut/vfs"
)

// thoroughOneIn is the share of recoveries that are judged with all checks.
const thoroughOneIn = 6

// seededExplorer draws all of it from the seed's streams.
type seededExplorer struct {
	settings Settings
	crash    *Stream
	cuts     *Stream
	schedule *Stream
	cutAt    uint64
	deep     int // recoveries that were crashed beyond depth 2
}

// NewSeededExplorer returns the explorer that draws everything from the streams
// of a seed.
func NewSeededExplorer(seed Seed, settings Settings) Explorer {
	return &seededExplorer{
		settings: settings.withDefaults(),
		crash:    seed.Stream("crash"),
		cuts:     seed.Stream("cuts"),
		schedule: seed.Stream("schedule"),
	}
}

func (e *seededExplorer) Policy(int) Policy {
	if e.settings.PriorityDepth > 0 {
		return &priorityPolicy{Source: e.schedule, Depth: e.settings.PriorityDepth, Steps: e.settings.PrioritySteps}
	}
	return &randomPolicy{Source: e.schedule}
}

// StartEpoch draws where the power of this epoch goes. One epoch in four comes
// to its end; so does the last.
func (e *seededExplorer) StartEpoch(r *Run) {
	e.cutAt = 0
	if r.epoch < r.settings.Epochs-1 && !OneIn(e.cuts, 4) {
		e.cutAt = 1 + e.cuts.Uint64n(uint64(max(1, r.scenario.Workload.Operations())))
	}
}

func (e *seededExplorer) Visit(r *Run, h *Point) {
	if e.selected(h) {
		images := e.settings.ImagesPerPoint
		if h.depth > 0 {
			images = 1
		}
		for range images {
			if image := e.imageOf(r, h); image != nil {
				r.Judge(h, image)
			}
			if r.violation != nil {
				return
			}
		}
	}
	if h.depth == 0 && h.step == e.cutAt {
		h.CrashInto(e.image(h.disk))
	}
}

// selected says whether a point is explored: each of the first ones, then
// fewer and fewer, so that a run twice as long has a constant number more.
func (e *seededExplorer) selected(h *Point) bool {
	points := uint64(e.settings.Points)
	if h.depth > 0 {
		points = max(1, points/2)
	}
	return h.step <= points || e.crash.Uint64n(h.step/points+1) == 0
}

// fewImages is of how many images all are listed, where one that was drawn is known: half
// of all points have at most two, and hardly any that has something pending has more than
// eight.
const fewImages = 16

// imageOf takes one image of where a hook stands, or none if all that the crash can leave
// there was judged, or if what it draws was: of repeats hardly more than the digest is
// made.
func (e *seededExplorer) imageOf(r *Run, h *Point) *vfs.Image {
	kind := e.kindOf(h.disk, h.depth)
	if kind == processCrash {
		if image := h.disk.ProcessCrashUnless(r.judgedAs(h.judgedBy(vfs.ProcessCrash))); image != nil {
			return image
		}
		kind = powerCut // there is but one of the process
	}
	known := r.judgedAs(vfs.PowerCut)
	if digest, one := h.disk.Settled(); one && known(digest) {
		r.result.Exhausted++
		return nil
	}
	state := judgedKey{image: stateOf(h.disk), oracle: r.program.OracleDigest(), kind: vfs.PowerCut}
	met := r.listed[state]
	if met == allJudged {
		r.result.Exhausted++
		return nil
	}
	if image := e.take(h.disk, kind, known); image != nil {
		return image
	}
	r.result.ImagesSkipped++
	if met == tooMany {
		return nil
	}
	image, few := h.disk.CrashOfFew(e.settings.Profile, e.crash, fewImages, known)
	switch {
	case !few:
		r.listed[state] = tooMany
	case image == nil:
		r.listed[state] = allJudged
	}
	return image
}

// listing is what came of listing the images that a power cut may leave of a disk.
type listing uint8

const (
	tooMany listing = iota + 1
	allJudged
)

// stateOf sums up what a disk shows and what is pending: on it depends which images a
// power cut may leave.
func stateOf(d *vfs.Disk) (state vfs.Digest) {
	d.ProcessCrashUnless(func(digest vfs.Digest) bool {
		state = digest
		return true
	})
	return state
}

// image takes the image of a disk that the next epoch begins with. Often it is that of a
// process crash: what was unsynced still is then, and only another epoch goes on from there.
func (e *seededExplorer) image(d *vfs.Disk) *vfs.Image {
	kind := e.kindOf(d, 0)
	if OneIn(e.crash, 4) && !d.Failed() {
		kind = processCrash
	}
	return e.take(d, kind, func(vfs.Digest) bool { return false })
}

// imageKind is what sort of image is taken.
type imageKind uint8

const (
	powerCut imageKind = iota
	special            // of a power cut, if anything is pending
	processCrash
)

// kindOf draws one: a power cut mostly, some of them special ones, or a process
// crash. A recovery is killed more often than a workload: what it had done then
// is in the page cache, and the next recovery must not take it for durable.
func (e *seededExplorer) kindOf(d *vfs.Disk, depth int) imageKind {
	// A filesystem that failed comes back with the machine, not with the
	// process.
	if depth > 0 && OneIn(e.crash, 4) && !d.Failed() {
		return processCrash
	}
	switch Intn(e.crash, 8) {
	case 0:
		if !d.Failed() {
			return processCrash
		}
	case 1, 2:
		return special
	}
	return powerCut
}

// take takes an image of that sort, or none if its digest is known.
func (e *seededExplorer) take(d *vfs.Disk, kind imageKind, known func(vfs.Digest) bool) *vfs.Image {
	switch kind {
	case processCrash:
		return d.ProcessCrashUnless(known)
	case special:
		if image, pending := d.SpecialUnless(e.settings.Profile, e.crash, known); pending {
			return image
		}
	}
	return d.CrashUnless(e.settings.Profile, e.crash, known)
}

func (e *seededExplorer) EndOfEpoch(r *Run) *vfs.Image { return e.image(r.disk) }

// maxDeep bounds how many recoveries beyond depth 2 a run crashes: each of them
// leads to several more.
const maxDeep = 50

func (e *seededExplorer) CrashRecovery(_ *Run, depth int) bool {
	oneIn := e.settings.RecoveryOneIn
	if depth > 1 {
		oneIn = max(1, oneIn/2) // rare enough as it is
	}
	if depth > e.settings.Depth || !OneIn(e.crash, oneIn) {
		return false
	}
	if depth > 2 {
		e.deep++
	}
	return e.deep <= maxDeep
}

func (e *seededExplorer) Thorough() bool { return OneIn(e.crash, thoroughOneIn) }
