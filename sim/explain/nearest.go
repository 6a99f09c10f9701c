package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"powercut/sim/core"
	"powercut/vfs"
)

// WhatIf says how near a violation was to not happening: what else the crash could
// have left, and where else it could have come.
type WhatIf struct {
	Nearest Nearest
	Moments Moments
}

// maxWhatIfFor bounds that by the real clock, of a program that has a process for each seed.
const maxWhatIfFor = time.Minute

// WhatIf runs the case with other images of its crash, and with crashes at other
// operations.
func (a *Account) WhatIf() *WhatIf {
	left := a.timeFor(maxWhatIfFor)
	return &WhatIf{a.nearest(left), a.moments(left)}
}

// Nearest is the image of a crash that keeps every law and differs least from the one
// that the case has.
type Nearest struct {
	Crash  int    // which of Account.Crashes it is of
	Flips  []Flip // what is otherwise in it; none: no such image was found
	Choice vfs.Choice
	Judged int    // how many images were tried
	Why    string // why none was found, or looked for
}

// Flip is a pending change of which a crash makes something else.
type Flip struct {
	Change
	Instead Fate
}

// Bounds of the search: images that are looked at, and of them those that are
// recovered.
const (
	maxNearImages = 400
	maxNearRuns   = 120
)

// nearest looks for the lawful image that is nearest to that of the last crash which
// took something.
func (a *Account) nearest(left timeLeft) Nearest {
	c := a.tellingCrash()
	switch {
	case a.Violation == nil:
		return Nearest{Why: "the case holds"}
	case c == nil:
		return Nearest{Why: "no crash had a part in it"}
	case c.Choice.Kind != vfs.PowerCut:
		return Nearest{Why: "a process crash leaves one image alone: all that was pending is kept"}
	}
	n := Nearest{Crash: slices.IndexFunc(a.Crashes, func(x CrashAccount) bool { return x.Title == c.Title })}
	q := Question{Asks: NearImages, Law: a.Violation.Law, Crash: n.Crash, For: left.duration()}
	near := q.Ask(a.Case)
	for _, candidate := range near.Near {
		if n.Judged == maxNearRuns || left.none() {
			break
		}
		n.Judged++
		if a.keepsAllLaws(c, candidate.Choice) {
			for _, f := range candidate.Flips {
				n.Flips = append(n.Flips, Flip{a.Crashes[n.Crash].Changes[f.Change], f.Instead})
			}
			n.Choice = candidate.Choice
			return n
		}
	}
	n.Why = fmt.Sprintf("each of the %d other images that were tried breaks a law too", n.Judged)
	switch {
	case n.Judged == 0 && (left.none() || near.Died):
		n.Why = "to list what else the crash could have left takes too long here"
	case n.Judged == 0:
		n.Why = "the crash can leave no other image"
	}
	return n
}

// NearImage is an image of the crash of a case, beside the case's own.
type NearImage struct {
	Choice vfs.Choice
	Flips  []ChangeFlip
}

// ChangeFlip is what becomes of one of a crash's changes instead.
type ChangeFlip struct {
	Change  int // which of CrashAccount.Changes
	Instead Fate
}

// distance counts what is otherwise. Between two that differ in as much, the one in
// which more is kept is nearer: it needs less to happen.
func (i *NearImage) distance() (flips, lost int) {
	for _, f := range i.Flips {
		if f.Instead != Kept {
			lost++
		}
	}
	return len(i.Flips), lost
}

// imagesNear lists images that a crash could have left in the place of the case's own,
// the nearest first.
func (q *Question) imagesNear(c *core.Case, late func() bool) []NearImage {
	var near []NearImage
	count := 0
	c.Follow(core.Probe{Law: q.Law, Crashed: func(at *core.Point, c *core.Crash) {
		if count++; count != q.Crash+1 {
			return
		}
		own := c.Image()
		changes := changesOf(at.Disk(), own)
		seen := map[vfs.Digest]bool{own.Digest(): true} // looked up, never ranged over
		add := func(image *vfs.Image) {
			defer image.Release()
			if seen[image.Digest()] {
				return
			}
			seen[image.Digest()] = true
			if flips := flipsBetween(changes, changesOf(at.Disk(), image)); len(flips) > 0 {
				near = append(near, NearImage{image.Choice(), flips})
			}
		}
		for _, choice := range choicesNear(at.Disk(), own.Choice()) {
			if late() {
				break
			}
			if image, err := at.Disk().Choose(choice); err == nil {
				add(image)
			}
		}
		left := maxNearImages
		for image := range at.Disk().Images(own.Choice().Profile) {
			add(image)
			if left--; left <= 0 || late() {
				break
			}
		}
	}})
	slices.SortStableFunc(near, func(x, y NearImage) int {
		xFlips, xLost := x.distance()
		yFlips, yLost := y.distance()
		return cmp.Or(cmp.Compare(xFlips, yFlips), cmp.Compare(xLost, yLost))
	})
	return near
}

// choicesNear lists choices in which one thing less is lost, or a change of names more,
// and then two.
func choicesNear(disk *vfs.Disk, own vfs.Choice) []vfs.Choice {
	step := func(from vfs.Choice) []vfs.Choice {
		next := slices.Collect(from.Simpler())
		for _, p := range disk.Pending() {
			if !slices.ContainsFunc(from.Lost, func(l vfs.LostName) bool { return l.Seq == p.Seq }) {
				more := from
				more.Lost = append(slices.Clone(from.Lost), vfs.LostName{Seq: p.Seq})
				slices.SortFunc(more.Lost, func(x, y vfs.LostName) int { return cmp.Compare(x.Seq, y.Seq) })
				next = append(next, more)
			}
		}
		return next
	}
	all := step(own)
	for _, once := range all[:len(all):len(all)] {
		if len(all) > maxNearImages {
			break
		}
		all = append(all, step(once)...)
	}
	return all
}

// flipsBetween lists what of the changes that were pending became something else. What
// only comes or goes with its file does not count: the change of names is listed.
func flipsBetween(own, other []Change) []ChangeFlip {
	var flips []ChangeFlip
	for i := range own {
		k := slices.IndexFunc(other, func(c Change) bool { return sameChange(&c.Pending, &own[i].Pending) })
		if k >= 0 && other[k].Fate.apart() != own[i].Fate.apart() {
			flips = append(flips, ChangeFlip{i, other[k].Fate.apart()})
		}
	}
	return flips
}

// keepsAllLaws says whether the case keeps every law with another image of one of its
// crashes.
func (a *Account) keepsAllLaws(c *CrashAccount, choice vfs.Choice) bool {
	other := a.Case.Clone()
	crashes := slices.Clone(other.Epochs[c.Epoch].Crashes)
	if c.Depth >= len(crashes) {
		return false // the epoch ended before the crash that the case has for it
	}
	crashes[c.Depth] = core.CrashPoint{Step: crashes[c.Depth].Step, Choice: choice}
	other.Epochs[c.Epoch].Crashes = crashes
	return (&Question{Asks: Violates}).Ask(other).Held
}

// NearestSentence says which image would have been lawful.
func (a *Account) NearestSentence(n *Nearest) string {
	if len(n.Flips) == 0 {
		return "No lawful image is near: " + n.Why + "."
	}
	var all []string
	for i := range n.Flips {
		f := &n.Flips[i]
		name := a.NameOf(n.Crash, &f.Change)
		if operation, what, ok := strings.Cut(name, ": "); ok {
			name = operation + " (" + what + ")"
		}
		all = append(all, fmt.Sprintf("had %s %s", name, f.verb()))
	}
	text := strings.Join(all, ", and ")
	return "The nearest lawful image: " + text + ", every law would have held."
}

// verb says what would have become of the change instead.
func (f *Flip) verb() string {
	switch {
	case f.Instead == Kept && f.Fate == LostInPart:
		return "survived whole"
	case f.Instead == Kept:
		return "survived"
	case f.Instead == LostInPart && f.Fate == Lost:
		return "survived in part"
	case f.Instead == LostInPart:
		return "been lost in part"
	case f.Fate == LostInPart:
		return "been lost whole"
	}
	return "been lost too"
}
