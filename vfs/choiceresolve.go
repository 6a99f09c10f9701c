package vfs

import (
	"fmt"
	"slices"
)

// Choose returns the image that a choice names. The error matches ErrUnlawful
// if there is none such.
func (d *Disk) Choose(c Choice) (*Image, error) {
	switch c.Kind {
	case ProcessCrash:
		return d.ProcessCrash(), nil
	case PowerCut:
	default:
		return nil, fmt.Errorf("%w: no kind of crash", ErrUnlawful)
	}
	if int(c.Profile) >= len(profileRules) {
		return nil, fmt.Errorf("%w: %v", ErrUnlawful, c.Profile)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r := &resolver{c: c}
	im := d.choose(c.Profile, r, "")
	if r.err != nil {
		im.Release()
		return nil, r.err
	}
	return im, nil
}

// ChooseNearest returns the image that a choice names, or, where that is not
// lawful on this disk, one that follows it wherever that is lawful. It is for a disk
// that differs a little from the one that the choice was taken of.
func (d *Disk) ChooseNearest(c Choice) *Image {
	if c.Kind != PowerCut || int(c.Profile) >= len(profileRules) {
		return d.ProcessCrash()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.choose(c.Profile, &resolver{c: c}, "")
}

// resolver is the chooser that follows a choice. What is not lawful it replaces by
// the newest that is, and goes on; err is the first such thing.
type resolver struct {
	c   Choice
	err error
}

// fail notes that the choice asks for something that is not lawful.
func (r *resolver) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: "+format, append([]any{ErrUnlawful}, args...)...)
	}
}

// names has everything persist that may, but for what the choice says is lost. If
// what is left can't persist without that, only what is certain does.
func (r *resolver) names(l *nameRules, commits [][]int64) (nameSet, *nameBounds) {
	p := l.bounds(commitPointOf(commits, func(dev uint8, of []int64) int64 { return r.commit(l, dev, of) }))
	set := slices.Clone(p.fixed)
	for h := range set {
		set[h] = set[h] || p.free[h]
	}
	for _, lost := range r.c.Lost {
		r.lose(l, p, set, lost)
	}
	// Only the whole tells: each thing that is lost may need another to be lost too.
	if !l.lawful(p, set) {
		r.fail("names persist without what they need")
		set = l.least(p)
	}
	for _, f := range r.c.Files {
		if n := l.d.nodes.get(f.Ino); n == nil {
			r.fail("file #%d has nothing pending", f.Ino)
		}
	}
	return set, p
}

// commit is the commit point of the choice for a device, or the last one.
func (r *resolver) commit(l *nameRules, dev uint8, commits []int64) int64 {
	last := commits[len(commits)-1]
	want := r.c.commitOf(&l.d.devices[dev])
	if want == 0 {
		return last
	}
	for _, c := range commits {
		if c != noCommit && l.d.public(c) == want {
			return c
		}
	}
	r.fail("commit point %d of %s", want, l.d.devices[dev].title())
	return last
}

// commitOf is Commit, or what stands in Commits, of a device.
func (c *Choice) commitOf(v *device) int64 {
	if v.name == "" {
		return c.Commit
	}
	for _, at := range c.Commits {
		if at.Device == v.name {
			return at.Commit
		}
	}
	return 0
}

// lose takes out of a set what an operation did to names.
func (r *resolver) lose(l *nameRules, p *nameBounds, set nameSet, lost LostName) {
	found := false
	for h := range l.d.halves() {
		switch {
		case l.d.public(l.d.names[h.effect()].seq) != lost.Seq || !p.free[h]:
		case lost.Half == Whole, (lost.Half == Removal) == (h.isRemoval() || l.isFirstName(h)):
			set[h], found = false, true
		}
	}
	if !found {
		r.fail("operation %d has no names to lose", lost.Seq)
	}
}

// newest is what a file shows unless a choice says otherwise.
var newest = special{kind: SpecialEverything}

// file has a file show the newest content, but for what the choice says of it.
func (r *resolver) file(d *Disk, variants []fileVariant) fileSelection {
	ino := variants[0].n.ino
	i := slices.IndexFunc(r.c.Files, func(f FileChoice) bool { return f.Ino == ino })
	if i < 0 {
		return newest.fileUnder(&variants[0])
	}
	// A variant, then a size, then units: what each may be depends on those before.
	c := &r.c.Files[i]
	if c.Variant < 0 || c.Variant >= len(variants) {
		r.fail("file #%d has %d laws, not %d", ino, len(variants), c.Variant)
		return newest.fileUnder(&variants[0])
	}
	f := &variants[c.Variant]
	sel := newest.fileUnder(f)
	if c.Size >= 0 && c.Size != sel.size {
		sizes := f.lawfulSizes()
		k := slices.IndexFunc(sizes, func(l variantSize) bool { return l.size == c.Size })
		if k < 0 {
			r.fail("file #%d: size %d", ino, c.Size)
			return sel
		}
		g := *f
		g.sizes = sizes[k : k+1]
		sel = newest.fileUnder(&g)
	}
	sel.variant, sel.nth = f, c.Variant
	size := f.sizes[slices.IndexFunc(f.sizes, func(l variantSize) bool { return l.size == sel.size })]
	for _, run := range c.Units {
		if run.First < 0 || run.Last < run.First || run.Last-run.First > sel.size/f.unit {
			r.fail("file #%d: units %d to %d", ino, run.First, run.Last)
			return sel
		}
		for u := run.First; u <= run.Last; u++ {
			r.unit(d, f, &sel, size, u, run.Version)
		}
	}
	if !f.inOrder(&sel) {
		r.fail("file #%d: overwrites out of order, or a size without data", ino)
		return newest.file(d, variants)
	}
	return sel
}

// unit gives one unit the version that a choice names.
func (r *resolver) unit(d *Disk, f *fileVariant, sel *fileSelection, size variantSize, u int64, v UnitVersion) {
	index := uint64(u * f.unit / pageBytes)
	i := slices.IndexFunc(f.pages, func(p variantPage) bool { return p.index == index })
	if i < 0 || u*f.unit >= sel.size {
		r.fail("file #%d: nothing pending in unit %d", f.n.ino, u)
		return
	}
	p, s := &f.pages[i], &sel.pages[i]
	if v.Kind == Hole { // of the whole page: the other units of it follow
		if !p.hole || size.leastFor(index) > 0 {
			r.fail("file #%d: no hole in unit %d", f.n.ino, u)
			return
		}
		s.units = nil
		return
	}
	wasHole := s.units == nil
	if wasHole {
		s.units = f.oldest(p, sel.size)
	}
	at := int(u - int64(index)*pageBytes/f.unit)
	if v.Kind == Reused && p.reused > 0 && r.reuse(d, f, p, s, v) {
		s.units[at] = firstForeign
		if len(p.versionsAt(size.leastFor(index), nil)) == 0 { // nothing else is to be had on this page
			for k := range s.units {
				s.units[k] = firstForeign
			}
		}
		return
	}
	for _, have := range p.ofUnit(at, p.versionsAt(size.leastFor(index), nil)) {
		if f.versionName(d, nil, have) == v {
			s.units[at] = have
			return
		}
	}
	r.fail("file #%d: unit %d has no version %v", f.n.ino, u, v)
	if wasHole {
		s.units = nil
	}
}

// oldest is what the units of a page show that is there, before a choice names
// others: what is on the medium, or else the first version that there is.
func (f *fileVariant) oldest(p *variantPage, size int64) []unitVersion {
	units := make([]unitVersion, f.units(p.index, size))
	for k := range units {
		units[k] = base
		if all := p.ofUnit(k, p.versionsAt(0, nil)); p.hole && len(all) > 0 {
			units[k] = all[0]
		}
	}
	return units
}

// reuse makes a page one whose block another file was given. All units that show
// something foreign show the same page of it.
func (r *resolver) reuse(d *Disk, f *fileVariant, p *variantPage, s *pageSelection, v UnitVersion) bool {
	named := func(g foreignPage) bool { return g.seq == d.internal(v.Seq) && g.ino == v.Ino && g.index == v.Page }
	if len(s.reused) > 0 {
		return named(s.reused[0])
	}
	all := d.foreignPages(f.n.dev, p.reused)
	k := slices.IndexFunc(all, named)
	if k < 0 {
		return false
	}
	s.reused = all[k : k+1]
	return true
}
