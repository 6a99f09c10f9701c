package vfs

import (
	"bytes"
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
		// The lock is given back while the caller has an image: it may look at the disk.
		d.eachDraft(p, func(t *draft) bool {
			if _, again := seen[t.digest]; again {
				t.drop()
				return true
			}
			seen[t.digest] = struct{}{}
			im := t.image()
			d.mu.Unlock()
			defer d.mu.Lock()
			return yield(im)
		})
	}
}

// eachDraft decides every image, some of them more than once, until yield returns false or
// the disk is used for anything else.
func (d *Disk) eachDraft(p Profile, yield func(*draft) bool) {
	w := &walker{d: d, p: p, l: d.nameRules(p), seq: d.seq, yield: yield}
	for _, commit := range commitPoints(w.l.commits()) {
		bounds := w.l.bounds(commit)
		if !w.names(bounds, newNameSet(len(w.d.names)), 0) {
			return
		}
	}
}

// walker goes through all selections, depth first: a commit point, then whether
// each half of a change of names persists, then what each file shows: a variant, a
// size, and for each page a hole or a version of each unit.
type walker struct {
	d     *Disk
	p     Profile
	l     *nameRules
	seq   int64 // of the disk when the listing began
	yield func(*draft) bool
}

// names goes through the sets that the bounds allow, and what the files may show
// with each. Halves below h are decided already. It returns false when it is to
// stop.
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

// files goes through what the files left may show, and makes an image where none
// is left. A disk that was used meanwhile has other selections, so that ends it.
func (w *walker) files(s *selection, left []*node) bool {
	if len(left) == 0 {
		e := w.d.newEdits()
		e.applyNames(s.names)
		ok := w.yield(w.d.draft(e, s, ""))
		return ok && w.seq == w.d.seq && w.d.layer != nil
	}
	k := len(s.files)
	variants := w.d.fileVariants(w.l.rules, left[0], s.bounds.commit.of(left[0].dev))
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

// each goes through what a variant allows, and calls yield with it until that
// returns false. What differs in no byte comes once.
func (f *fileVariant) each(d *Disk, yield func(fileSelection) bool) bool {
	for _, size := range f.lawfulSizes() {
		w := &fileWalker{d: d, f: f, size: size, yield: yield}
		w.sel = fileSelection{n: f.n, variant: f, size: size.size, unit: f.unit}
		goOn := w.page(0)
		if w.close(); !goOn {
			return false
		}
	}
	return true
}

// fileWalker goes through what the pages of a file may show with one size.
type fileWalker struct {
	d     *Disk
	f     *fileVariant
	size  variantSize
	sel   fileSelection // with the pages that are decided
	shown []*page       // of distinct: what a page shows in each version
	yield func(fileSelection) bool
}

// page goes through what page i and those behind it may show.
func (w *fileWalker) page(i int) bool {
	if i == len(w.f.pages) {
		if !w.f.inOrder(&w.sel) {
			return true
		}
		s := w.sel // a copy of its own: the walk goes on changing the slices
		s.pages = slices.Clone(s.pages)
		for k := range s.pages {
			s.pages[k].units = slices.Clone(s.pages[k].units)
		}
		return w.yield(s)
	}
	p := &w.f.pages[i]
	next := func(s pageSelection) bool {
		w.sel.pages = append(w.sel.pages[:i], s)
		return w.page(i + 1)
	}
	units := w.f.units(p.index, w.size.size)
	if units == 0 { // the page lies beyond the size
		return next(pageSelection{index: p.index})
	}
	least := w.size.leastFor(p.index)
	if p.hole && least == 0 && !next(pageSelection{index: p.index}) {
		return false
	}
	// A freed block may show a foreign page: of each, at most one.
	lists := [][]foreignPage{nil}
	if p.reused > 0 {
		for _, f := range w.d.foreignPages(w.f.n.dev, p.reused) {
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

// units goes through what unit u and those behind it in a page may show. options
// has the versions of each.
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

// distinct lists for each unit of a page the versions that differ: a write that
// wrote what was there already would else make every image twice.
func (w *fileWalker) distinct(p *variantPage, s *pageSelection, least int64) [][]unitVersion {
	versions := p.versionsAt(least, s.reused)
	for len(w.shown) < len(versions) {
		w.shown = append(w.shown, pagePool.Get().(*page))
	}
	one := pageSelection{index: p.index, units: make([]unitVersion, len(s.units)), reused: s.reused}
	for i, v := range versions {
		for u := range one.units {
			one.units[u] = v
		}
		w.f.n.fill(&one, int(w.f.unit), &w.shown[i].data, w.size.size)
	}
	out := make([][]unitVersion, len(s.units))
	for u := range out {
		from, to := u*int(w.f.unit), min((u+1)*int(w.f.unit), pageBytes)
		var seen []int // which of the versions
		for _, v := range p.ofUnit(u, versions) {
			i := slices.Index(versions, v)
			same := func(k int) bool { return bytes.Equal(w.shown[k].data[from:to], w.shown[i].data[from:to]) }
			if !slices.ContainsFunc(seen, same) {
				seen, out[u] = append(seen, i), append(out[u], v)
			}
		}
	}
	return out
}

// close gives the memory back that distinct used.
func (w *fileWalker) close() {
	for _, p := range w.shown {
		pagePool.Put(p)
	}
}
