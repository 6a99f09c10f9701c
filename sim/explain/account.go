package explain

import (
	"fmt"
	"slices"
	"strings"

	"powercut/sim/core"
	"powercut/vfs"
)

// Account is all that there is to say of what a case does: for a person who has
// to find out what was lost, why, and where in the code.
type Account struct {
	Case      *core.Case
	Violation *core.Violation // nil: every law held
	Digest    core.Digest
	Counts    core.Counts
	// Events are the operations, calls and remarks up to the violation.
	Events []core.Event
	// Crashes are those of the case, in the order of time.
	Crashes []CrashAccount
	// Culprit is the operation that the violation goes back to, as far as can
	// be told.
	Culprit core.Culprit

	// Missed is true if a crash of the case was not reached, or if its image is no
	// longer lawful: the code does something else now.
	Missed bool

	Undecided bool // no seed decides the run

	brief bool // without the files

	suggested *Suggestion // nil: nobody asked yet
}

// CrashAccount tells of one crash: what was pending, and what it left.
type CrashAccount struct {
	// Title names it for a person: what kind of crash it was by itself, before
	// which operation it came, and of what.
	Title  string
	Kind   vfs.CrashKind // by itself, whatever crash a recovery that it struck was from
	Clean  bool          // the actors had come to their end
	Epoch  int
	Depth  int    // 0: of the workload; 1: of its recovery; 2: of the recovery after that
	Step   uint64 // the number of the operation before which it came
	Choice vfs.Choice
	// Changes were not on the medium when it came.
	Changes []Change
	// Files are what the image shows. Recovery begins with them.
	Files []FileAccount

	level string // what it struck: "the workload", "the recovery"
}

// Lost lists what the crash took, in whole or in part.
func (c *CrashAccount) Lost() []Change {
	var lost []Change
	for _, change := range c.Changes {
		if change.Fate.isLoss() {
			lost = append(lost, change)
		}
	}
	return lost
}

// Change is a pending change, and what became of it.
type Change struct {
	vfs.Pending
	Fate  Fate
	Actor string
	Stack []core.Site // of the operation that made it, innermost first
}

// Fate says what a crash did to a pending change.
type Fate string

// The fates.
const (
	Kept       Fate = "kept"         // it is in the image
	Lost       Fate = "lost"         // it is not
	LostInPart Fate = "lost in part" // a write of which some sectors are there, one half of a rename
	// Gone is a change of a file to which no path leads: what took it is the change of names
	// that was lost, or the program that removed the file.
	Gone Fate = "gone with its file"
)

// apart is the fate of the change itself, whether or not a path leads to its file.
func (f Fate) apart() Fate {
	if f == Gone {
		return Kept
	}
	return f
}

// isLoss says whether the crash took the change itself, in whole or in part.
func (f Fate) isLoss() bool { return f == Lost || f == LostInPart }

// FileAccount is one file of a crash image.
type FileAccount struct {
	Path string
	Size int64
	Dir  bool
	// Runs say of all bytes where they came from, in order.
	Runs []OriginRun
	// Pieces are what the program finds in the file, if it can read it.
	Pieces []Piece
}

// OriginRun is a run of bytes of one origin.
type OriginRun struct {
	Offset, Len int64
	Zero        bool // the sectors of 512 bytes that they are in have zeros alone
	vfs.Origin
	Stack []core.Site // of the operation that wrote them, if it was one since the last power cut
}

// Piece is a part of a file, as the code under test would read it.
type Piece struct {
	Offset int64  `json:"offset"` // bytes
	Size   int64  `json:"size"`   // bytes
	Text   string `json:"text"`
	Bad    bool   `json:"bad"` // it is where reading ends
}

// Describer is a Program that can read what a crash image holds, for a person:
// a log frame by frame, say. It must not change what later calls judge by.
type Describer interface {
	Describe(disk *vfs.Disk, path string) []Piece
}

// maxOriginBytes bounds the files of which every byte's origin is told; of
// larger ones it is that of every sector's first byte.
const maxOriginBytes = 1 << 14

// Explain runs a case and tells what happened. If the case does not violate
// its law any more, the violation is nil, or one of another law.
func Explain(c *core.Case) *Account {
	law := c.Law
	if own := (&Question{Asks: Violates, Law: law}).Ask(c); !own.Violated && !own.Died {
		if other := (&Question{Asks: Violates}).Ask(c); other.Violated || other.Died {
			law = "" // where it died, it dies here, and whoever started this process says so
		}
	}
	return follow(c, law, false)
}

// Outline answers Outlined: Explain without the files, for violations of one law, or of any
// if it is "".
func Outline(c *core.Case, law core.Law) *Answer {
	return (&Question{Asks: Outlined, Law: law}).Ask(c)
}

// Reaching is the case if it comes to its crashes. If it does so with the images that
// are nearest to those that it chose, since those are not lawful any more, it is the
// case with those: what mended a defect may be that no crash leaves its image. Where
// neither does, it is the case as it is.
func Reaching(c *core.Case) *core.Case {
	q := Question{Asks: Violates, Law: c.Law}
	if !q.Ask(c).Missed {
		return c
	}
	if nearest := c.Nearest(); !q.Ask(nearest).Missed {
		return nearest
	}
	return c
}

// Holds says whether a case, as it is, no longer violates its law.
func Holds(c *core.Case) bool { return !(&Question{Asks: Violates, Law: c.Law}).Ask(c).Violated }

func follow(c *core.Case, law core.Law, brief bool) *Account {
	a := &Account{Case: c, brief: brief}
	result := c.Follow(core.Probe{Law: law, Trace: true, Crashed: a.crashed})
	a.Violation, a.Digest, a.Counts, a.Events, a.Missed, a.Undecided = result.Violation, result.Digest, result.Counts, result.Events, result.Missed, result.Undecided
	a.placeChanges()
	a.Culprit = a.findCulprit()
	if a.Violation != nil {
		a.Violation.Culprit = a.Culprit
	}
	return a
}

// CulpritOf finds the culprit of a case's own law, without the whole account.
func CulpritOf(c *core.Case) core.Culprit { return Outline(c, c.Law).Culprit }

// crashed takes note of a crash of the case, while everything stands still.
func (a *Account) crashed(at *core.Point, crash *core.Crash) {
	c := CrashAccount{Title: crash.String(), Kind: crash.Choice.Kind, Clean: crash.Clean, Epoch: crash.Epoch, Depth: crash.Depth, Step: crash.Step, Choice: crash.Choice, level: crash.At().Level()}
	c.Changes = changesOf(at.Disk(), crash.Image())
	if a.brief {
		a.Crashes = append(a.Crashes, c)
		return
	}
	for e := range crash.Image().Walk() {
		f := FileAccount{Path: e.Path, Size: int64(len(e.Data)), Dir: e.Dir}
		if !e.Dir {
			f.Runs = originRuns(crash.Image(), e.Path, e.Data)
			if d, ok := at.Run().Program().(Describer); ok {
				disk := crash.Mount(nil)
				f.Pieces = d.Describe(disk, e.Path)
				disk.Release()
			}
		}
		c.Files = append(c.Files, f)
	}
	a.Crashes = append(a.Crashes, c)
}

// changesOf lists what is pending on a disk, and what an image that was taken of it
// makes of that.
func changesOf(disk *vfs.Disk, image *vfs.Image) []Change {
	lost := image.Lost()
	var changes []Change
	for _, p := range disk.Pending() {
		change := Change{Pending: p, Fate: Kept}
		i := slices.IndexFunc(lost, func(l vfs.Pending) bool { return sameChange(&l, &p) })
		if i >= 0 {
			change.Fate, change.Part = Lost, lost[i].Part
			if lost[i].Part != "" {
				change.Fate = LostInPart
			}
		}
		if i < 0 && image.Lacks(p) {
			change.Fate = Gone
		}
		changes = append(changes, change)
	}
	return changes
}

func sameChange(a, b *vfs.Pending) bool { return a.Seq == b.Seq && a.Kind == b.Kind && a.Ino == b.Ino }

// originRuns says where the bytes of a file came from.
func originRuns(image *vfs.Image, path string, data []byte) []OriginRun {
	size, step := int64(len(data)), int64(1)
	if size > maxOriginBytes {
		step = 512
	}
	var runs []OriginRun
	zero := false
	for off := int64(0); off < size; off += step {
		n := min(step, size-off)
		o, err := image.Origin(path, off)
		if err != nil {
			return runs // the image has no such file after all
		}
		sector := off / provenanceBytes * provenanceBytes
		if off == sector {
			zero = isZero(data[sector:min(sector+provenanceBytes, size)])
		}
		if k := len(runs) - 1; k >= 0 && sameOrigin(runs[k].Origin, o) && runs[k].Zero == zero {
			runs[k].Len += n
			continue
		}
		runs = append(runs, OriginRun{Offset: off, Len: n, Zero: zero, Origin: o})
	}
	return runs
}

func isZero(data []byte) bool {
	for _, b := range data {
		if b != 0 {
			return false
		}
	}
	return true
}

func sameOrigin(a, b vfs.Origin) bool {
	return a.Seq == b.Seq && a.Synced == b.Synced && slices.Equal(a.Lost, b.Lost)
}

// placeChanges finds where in the code the pending changes, and the bytes of
// the files, came from.
func (a *Account) placeChanges() {
	for i := range a.Crashes {
		c := &a.Crashes[i]
		for k := range c.Changes {
			if e := a.operation(i, c.Changes[k].Seq); e != nil {
				c.Changes[k].Actor, c.Changes[k].Stack = e.Actor, e.Stack
			}
		}
		for k := range c.Files {
			for m := range c.Files[k].Runs {
				run := &c.Files[k].Runs[m]
				if e := a.operation(i, run.Seq); e != nil {
					run.Stack = e.Stack
				}
			}
		}
	}
}

// operation finds the operation with that Seq on the disk that a crash struck.
// A negative one was made on the disk before that, counted back from its end.
func (a *Account) operation(crash int, seq int64) *core.Event {
	for seq < 0 && crash > 0 {
		crash--
		seq += int64(a.Crashes[crash].Step)
		if seq <= 0 {
			seq-- // still further back: the numbers have no zero
		}
	}
	if seq <= 0 {
		return nil
	}
	c := &a.Crashes[crash]
	for i := range a.Events {
		e := &a.Events[i]
		if e.Kind == core.EventOp && e.Epoch == c.Epoch && e.Depth == c.Depth && e.Seq == uint64(seq) {
			return e
		}
	}
	return nil
}

// NameOf names a pending change of a crash as a person counts: by the operation of
// the epoch that made it, even if a crash since then lies between.
func (a *Account) NameOf(crash int, c *Change) string {
	text := c.Pending.String()
	if _, what, ok := strings.Cut(text, ": "); ok {
		text = what
	}
	e := a.operation(crash, c.Seq)
	switch {
	case e == nil:
		return text + ", made before"
	case e.Epoch != a.Crashes[crash].Epoch || e.Depth != a.Crashes[crash].Depth:
		return fmt.Sprintf("operation %d of %s: %s", e.Step, core.CrashPlace{Epoch: e.Epoch, Epochs: len(a.Case.Epochs), Depth: e.Depth}.Level(), text)
	}
	return fmt.Sprintf("operation %d: %s", e.Step, text)
}

// Told is the case of an account, with what is true of it: what goes wrong, at
// which step, and its digest.
func (a *Account) Told() *core.Case {
	c := a.Case.Clone()
	c.Why, c.Step, c.Digest = a.Violation.What+"\n", a.Culprit.Step, a.Digest
	if a.Undecided {
		c.Digest = 0 // the next run has another one
	}
	c.MadeHere()
	// A crash that the violation came before is no part of what happened.
	last := len(c.Epochs) - 1
	reached := 0
	for i := range a.Crashes {
		if a.Crashes[i].Epoch == last {
			reached++
		}
	}
	c.Epochs[last].Crashes = c.Epochs[last].Crashes[:min(reached, len(c.Epochs[last].Crashes))]
	return c
}
