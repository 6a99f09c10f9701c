package vfs

import (
	"fmt"
	"iter"
	"slices"
)

// ChooseWith returns an image that is near to the one that a choice names, and in which
// one change that is pending is kept whole, or lost whole: one in which few of the other
// changes fare otherwise, though perhaps not the fewest, since not all are tried. Because
// has the rules for which some do, each once. The error matches ErrUnlawful if the profile
// allows no such image, and says what forbids it. A choice that is not lawful here stands
// for the nearest one that is.
func (d *Disk) ChooseWith(c Choice, change Pending, kept bool) (im *Image, because []string, err error) {
	if c.Kind != PowerCut || int(c.Profile) >= len(profileRules) {
		return nil, nil, fmt.Errorf("%w: a process crash keeps all that was pending", ErrUnlawful)
	}
	w, err := d.wish(c, change, kept)
	if err != nil {
		return nil, nil, err
	}
	defer w.from.Release()
	if w.best == nil || w.least > 0 {
		w.list(d)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case w.best == nil:
		return nil, nil, fmt.Errorf("%w: %s", ErrUnlawful, w.forbids(d))
	case w.least > 0:
		because = w.rules(d)
	}
	return w.best, because, nil
}

// wish is one change that is wanted in the image that a choice names, with the best that
// the chooser came to.
func (d *Disk) wish(c Choice, change Pending, kept bool) (*wish, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.pending()
	if !slices.ContainsFunc(all, change.same) {
		return nil, fmt.Errorf("%w: %s is not pending", ErrUnlawful, change)
	}
	from := d.choose(c.Profile, &resolver{c: c}, "")
	w := &wish{c: from.Choice(), from: from, all: all, change: change, kept: kept, before: from.origins.persisted, fates: make(map[changeKey]fate)}
	for _, p := range all {
		w.fates[p.key()] = from.fateOf(&p)
	}
	w.fates[change.key()] = lostWhole
	if kept {
		w.fates[change.key()] = keptWhole
	}
	for image := range w.attempts(d) {
		w.consider(image)
	}
	return w, nil
}

// consider takes an image that has the change as it is wanted, if none before was nearer,
// and releases what it does not keep.
func (w *wish) consider(image *Image) {
	cost := 0
	for _, p := range w.all {
		if image.fateOf(&p) != w.fates[p.key()] {
			cost++
		}
	}
	if image.fateOf(&w.change) != w.fates[w.change.key()] || w.best != nil && cost >= w.least {
		image.Release()
		return
	}
	if w.best != nil {
		w.best.Release()
	}
	w.best, w.least, w.forced = image, cost, w.needs
}

// maxTried bounds how many images are looked at one after the other.
const maxTried = 500

// list looks among the images that the disk lists, where the chooser came to none that has
// the change alone.
func (w *wish) list(d *Disk) {
	w.needs = nil
	left := maxTried
	for image := range d.Images(w.c.Profile) {
		w.consider(image)
		if left--; left == 0 || w.best != nil && w.least == 0 {
			return
		}
	}
}

// deviceOf is the number of the device that a pending change names.
func (d *Disk) deviceOf(name string) uint8 {
	for dev := range d.devices {
		if len(d.devices) > 1 && d.devices[dev].title() == name {
			return uint8(dev)
		}
	}
	return 0
}

// changeKey tells pending changes apart.
type changeKey struct {
	seq  int64
	kind OpKind
	ino  uint64
}

func (p *Pending) key() changeKey { return changeKey{p.Seq, p.Kind, p.Ino} }

func (p *Pending) same(other Pending) bool { return p.key() == other.key() }

// isName says whether the change is one of names.
func (p *Pending) isName() bool {
	return p.Kind != OpWrite && p.Kind != OpTruncate && p.Kind != OpChmod
}

// fate is what becomes of a pending change.
type fate uint8

const (
	keptWhole fate = iota
	keptInPart
	lostWhole
)

// fateOf is what the image has of a change that was pending. What was written to a
// file to which no path leads is lost.
func (im *Image) fateOf(p *Pending) fate {
	if im.Lacks(*p) {
		return lostWhole
	}
	lost := im.Lost()
	i := slices.IndexFunc(lost, p.same)
	switch {
	case i < 0:
		return keptWhole
	case lost[i].Part != "" && lost[i].Part != p.Part:
		return keptInPart
	}
	return lostWhole
}

// Lacks says whether a change that was pending is of the content of a file to which no
// path leads: Lost lists the change of names that it went with.
func (im *Image) Lacks(p Pending) bool {
	return im.kind == PowerCut && !p.isName() && !slices.ContainsFunc(im.origins.files, func(f originFile) bool { return f.ino == p.Ino })
}

// wish is the chooser that follows a choice, but for one change.
type wish struct {
	c      Choice
	from   *Image // that the choice names
	all    []Pending
	change Pending
	kept   bool
	fates  map[changeKey]fate // that are wanted, looked up and never ranged over
	before nameSet            // the halves that the choice has

	dev    uint8
	commit int64 // of that device
	path   leads
	needs  []string // rules that forced something in the image that is chosen now

	best   *Image // the nearest image with the change as it is wanted, nil if there is none
	least  int    // how many other changes fare otherwise in it
	forced []string
}

// leads says what is done so that a path leads to the file of the change, or none.
type leads uint8

const (
	asItWas  leads = iota
	byAdding       // the names that it was given
	byLosing       // what took its names away, too
	noMore         // it loses those that it was given: then its content goes with it
	allGone        // all that was done to its names is kept, what took them away, too
)

// attempts yields images that may have the change as it is wanted: for each commit
// point of its device, the latest first.
func (w *wish) attempts(d *Disk) iter.Seq[*Image] {
	w.dev = d.deviceOf(w.change.Device)
	ways := []leads{asItWas}
	switch {
	case w.change.isName() && !w.kept:
		ways = append(ways, byAdding) // so that what was written to the file needn't go with it
	case w.change.isName():
	case w.kept:
		ways = append(ways, byAdding, byLosing)
	default:
		ways = append(ways, noMore, allGone)
	}
	return func(yield func(*Image) bool) {
		for _, commit := range slices.Backward(d.nameRules(w.c.Profile).commits()[w.dev]) {
			for _, way := range ways {
				w.commit, w.path, w.needs = commit, way, nil
				if !yield(d.choose(w.c.Profile, w, "")) {
					return
				}
			}
		}
	}
}

// note notes a rule that forced something.
func (w *wish) note(rule string) {
	if !slices.Contains(w.needs, rule) {
		w.needs = append(w.needs, rule)
	}
}

// rules are those for which the best image is otherwise in more than the change alone.
func (w *wish) rules(d *Disk) []string {
	before, after := w.from, w.best
	because := slices.Clone(w.forced)
	profile := w.c.Profile.String()
	if v := &d.devices[w.dev]; profileRules[w.c.Profile].inOrder && before.choice.commitOf(v) != after.choice.commitOf(v) {
		because = append(because, profile+" commits changes of names, and truncations, in the order of the operations")
	}
	if slices.ContainsFunc(d.pending(), func(p Pending) bool { return after.Lacks(p) && !before.Lacks(p) }) {
		because = append(because, needsPath)
	}
	if len(because) == 0 {
		because = append(because, "no content that "+profile+" allows has the one without the other")
	}
	return because
}

// forbids says why no image has the change as it is wanted.
func (w *wish) forbids(d *Disk) string {
	profile := w.c.Profile.String()
	switch {
	case w.kept && !w.change.isName():
		return fmt.Sprintf("%s: with what else is lost no path leads to its file, or what came behind it has taken its place", w.change)
	case w.kept:
		return fmt.Sprintf("%s: it is not there without a change that %s does not keep", w.change, profile)
	case profileRules[w.c.Profile].inOrder && w.change.isName():
		return fmt.Sprintf("%s: an fsync behind it has committed it, since %s commits in the order of the operations", w.change, profile)
	case profileRules[w.c.Profile].inOrder:
		return fmt.Sprintf("%s: %s has it on the medium by now, or never shows its file without it", w.change, profile)
	}
	return fmt.Sprintf("%s: it changed nothing that a power cut could take", w.change)
}
