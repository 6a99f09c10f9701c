package vfs

import (
	"iter"
	"slices"
)

// Images lists every image that a power cut may leave under the profile, each
// once, the special ones first. There may be more than anybody can wait for: a
// caller stops when it has enough. It releases the images.
//
// The disk must not be used for anything else while the listing goes on; if it
// is, the listing ends.
func (d *Disk) Images(p Profile) iter.Seq[*Image] {
	return func(yield func(*Image) bool) {
		seen := make(map[Digest]struct{}) // looked up in, never ranged over
		for im := range d.Specials(p) {
			if _, again := seen[im.digest]; again {
				im.Release()
				continue
			}
			seen[im.digest] = struct{}{}
			if !yield(im) {
				return
			}
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		w := &walker{d: d, p: p, l: d.nameRules(p), seq: d.seq, yield: func(im *Image) bool {
			if _, again := seen[im.digest]; again {
				im.Release()
				return true
			}
			seen[im.digest] = struct{}{}
			d.mu.Unlock()
			defer d.mu.Lock()
			return yield(im)
		}}
		for _, commit := range w.l.commits() {
			bounds := w.l.bounds(commit)
			if !w.names(bounds, newNameSet(len(w.d.names)), 0) {
				return
			}
		}
	}
}

// walker goes through all selections.
type walker struct {
	d     *Disk
	p     Profile
	l     *nameRules
	seq   int64
	yield func(*Image) bool
}

// names goes through the sets that the bounds allow, and what the files may show
// with each. It returns false when it is to stop.
func (w *walker) names(p *nameBounds, set nameSet, h halfID) bool {
	if int(h) == len(set) {
		s := &selection{profile: w.p, bounds: p, names: slices.Clone(set)}
		e := w.d.newEdits()
		e.applyNames(set)
		return w.files(s, w.d.dirtyFiles(e, w.l.rules))
	}
	for _, persists := range [2]bool{false, true} {
		if persists && !w.l.may(p, set, h) || !persists && !w.l.mayNot(p, set, h) {
			continue
		}
		set[h] = persists
		if !w.names(p, set, h+1) {
			return false
		}
	}
	set[h] = false
	return true
}

// files goes through what the files left may show.
func (w *walker) files(s *selection, left []*node) bool {
	if len(left) == 0 {
		e := w.d.newEdits()
		e.applyNames(s.names)
		ok := w.yield(w.d.build(e, s, ""))
		return ok && w.seq == w.d.seq && w.d.layer != nil
	}
	k := len(s.files)
	variants := w.d.fileVariants(w.l.rules, left[0], s.bounds.commit)
	for i := range variants {
		ok := variants[i].each(w.d, func(f fileSelection) bool {
			f.nth = i
			s.files = append(s.files[:k], f)
			return w.files(s, left[1:])
		})
		if !ok {
			return false
		}
	}
	s.files = s.files[:k]
	return true
}

// each goes through what a variant allows, and calls f with it until f returns
// false. What differs in no byte comes once.
func (l *fileVariant) each(d *Disk, f func(fileSelection) bool) bool {
	for _, size := range l.lawfulSizes() {
		w := &fileWalker{d: d, l: l, size: size, f: f}
		w.sel = fileSelection{n: l.n, variant: l, size: size.size, unit: l.unit}
		if !w.page(0) {
			return false
		}
	}
	return true
}

type fileWalker struct {
	d    *Disk
	l    *fileVariant
	size variantSize
	sel  fileSelection
	f    func(fileSelection) bool
}

func (w *fileWalker) page(i int) bool {
	if i == len(w.l.pages) {
		if !w.l.inOrder(&w.sel) {
			return true
		}
		s := w.sel
		s.pages = slices.Clone(s.pages)
		for k := range s.pages {
			s.pages[k].units = slices.Clone(s.pages[k].units)
		}
		return w.f(s)
	}
	p := &w.l.pages[i]
	next := func(s pageSelection) bool {
		w.sel.pages = append(w.sel.pages[:i], s)
		return w.page(i + 1)
	}
	units := w.l.units(p.index, w.size.size)
	if units == 0 {
		return next(pageSelection{index: p.index})
	}
	least := w.size.leastFor(p.index)
	if p.hole && least == 0 && !next(pageSelection{index: p.index}) {
		return false
	}
	// Of the pages that were written since, one at a time may show.
	lists := [][]foreignPage{nil}
	if p.reused > 0 {
		for _, f := range w.d.foreignPages(p.reused) {
			lists = append(lists, []foreignPage{f})
		}
	}
	for _, reused := range lists {
		s := pageSelection{index: p.index, units: make([]unitVersion, units), reused: reused}
		if !w.units(w.distinct(p, &s, least), &s, 0, next) {
			return false
		}
	}
	return true
}

func (w *fileWalker) units(options [][]unitVersion, s *pageSelection, u int, next func(pageSelection) bool) bool {
	if u == len(s.units) {
		return next(*s)
	}
	for _, v := range options[u] {
		s.units[u] = v
		if !w.units(options, s, u+1, next) {
			return false
		}
	}
	return true
}

// distinct lists for each unit of a page the versions that differ.
func (w *fileWalker) distinct(p *variantPage, s *pageSelection, least int64) [][]unitVersion {
	versions := p.versionsAt(least, s.reused)
	contents := make([][pageBytes]byte, len(versions))
	for i, v := range versions {
		one := pageSelection{index: p.index, units: make([]unitVersion, len(s.units)), reused: s.reused}
		for u := range one.units {
			one.units[u] = v
		}
		w.l.n.fill(&one, int(w.l.unit), &contents[i], w.size.size)
	}
	out := make([][]unitVersion, len(s.units))
	for u := range out {
		from, to := u*int(w.l.unit), min((u+1)*int(w.l.unit), pageBytes)
		seen := make([]string, 0, len(versions))
		for _, v := range p.ofUnit(u, versions) {
			content := string(contents[slices.Index(versions, v)][from:to])
			if !slices.Contains(seen, content) {
				seen, out[u] = append(seen, content), append(out[u], v)
			}
		}
	}
	return out
}
