package vfs

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// The names of the special images. The last two end in the Seq of an
// operation.
const (
	SpecialNothing    = "nothing"     // nothing that was pending is kept
	SpecialEverything = "everything"  // all of it is
	SpecialNames      = "names-only"  // directories as programs saw them, no data
	SpecialData       = "data-only"   // and the other way round
	SpecialTorn       = "last-torn"   // everything, but the last write is torn in the middle
	specialWithout    = "without-"    // everything but one operation
	specialOnly       = "only-"       // nothing but one operation, and what it can't persist without
	specialSpare      = "nothing-on-" // one device keeps nothing, the others everything; it ends in the device's name
)

// special chooses one of the images that find most defects for their number. It
// comes as near to that as the profile allows: where, for one, an operation can't be
// lost alone, something else is lost with it.
type special struct {
	kind string
	seq  int64 // of the operation that is missing or alone
	dev  uint8 // that keeps nothing
}

// Specials lists the special images that the profile allows, by name. The
// caller releases them. The disk goes on unchanged.
func (d *Disk) Specials(p Profile) iter.Seq[*Image] {
	return func(yield func(*Image) bool) {
		d.mu.Lock()
		if d.layer == nil {
			d.mu.Unlock()
			return
		}
		list := append(d.generalSpecials(), d.singleSpecials()...)
		d.mu.Unlock()
		for _, s := range list {
			d.mu.Lock()
			im := d.special(p, s)
			d.mu.Unlock()
			if !yield(im) {
				return
			}
		}
	}
}

// Special draws one of the special images, nil if nothing is pending. It is what
// Specials lists, for a caller that takes one image alone.
func (d *Disk) Special(p Profile, src Source) *Image {
	im, _ := d.SpecialUnless(p, src, unknown)
	return im
}

// SpecialUnless is Special for a caller who may know the image by its digest: then it is
// drawn, but not made, and nil is returned. Any says whether anything is pending.
func (d *Disk) SpecialUnless(p Profile, src Source, known func(Digest) bool) (im *Image, any bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.names) == 0 && len(d.dirty) == 0 {
		return nil, false
	}
	s := d.drawSpecial(src)
	return d.chooseUnless(p, s, s.kind, known), true
}

// drawSpecial draws one of what special images are made of.
func (d *Disk) drawSpecial(src Source) special {
	general, single := d.generalSpecials(), d.singleSpecials()
	// One operation alone or missing are many; the others are few and count
	// for as much.
	if n := len(single); n > 0 && src.Uint64n(2) == 0 {
		return single[src.Uint64n(uint64(n))]
	}
	return general[src.Uint64n(uint64(len(general)))]
}

// generalSpecials are those that say something of all operations.
func (d *Disk) generalSpecials() []special {
	list := []special{{kind: SpecialNothing}, {kind: SpecialEverything}, {kind: SpecialNames}, {kind: SpecialData}, {kind: SpecialTorn}}
	if last := d.lastWrite(); last != 0 {
		list[4].seq = last
	}
	if len(d.devices) > 1 {
		for dev := range d.devices {
			list = append(list, special{kind: specialSpare + d.devices[dev].title(), dev: uint8(dev)})
		}
	}
	return list
}

// singleSpecials are those of one operation alone, or missing.
func (d *Disk) singleSpecials() (list []special) {
	seqs := d.pendingSeqs()
	if len(seqs) < 2 {
		return nil
	}
	for _, seq := range seqs {
		list = append(list, special{kind: fmt.Sprint(specialWithout, d.public(seq)), seq: seq})
		list = append(list, special{kind: fmt.Sprint(specialOnly, d.public(seq)), seq: seq})
	}
	return list
}

// pendingSeqs lists the operations that have anything pending.
func (d *Disk) pendingSeqs() []int64 {
	var out []int64
	for i := range d.names {
		out = append(out, d.names[i].seq)
	}
	for _, n := range d.dirty {
		for i := range n.effects {
			if e := &n.effects[i]; !e.synced {
				out = append(out, e.seq)
			}
		}
		for i := range n.changes {
			out = append(out, n.changes[i].seq)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// lastWrite is the Seq of the last pending operation that wrote data.
func (d *Disk) lastWrite() int64 {
	last := int64(0)
	for _, n := range d.dirty {
		for i := range n.effects {
			if e := &n.effects[i]; e.isWrite() && !e.synced {
				last = max(last, e.seq)
			}
		}
	}
	return last
}

func (d *Disk) special(p Profile, s special) *Image { return d.choose(p, s, s.kind) }

// wants says whether the effects of an operation on a device are kept, if data or names.
func (s special) wants(seq int64, data bool, dev uint8) bool {
	switch {
	case strings.HasPrefix(s.kind, specialSpare):
		return dev != s.dev
	case s.kind == SpecialNothing:
		return false
	case s.kind == SpecialNames:
		return !data
	case s.kind == SpecialData:
		return data
	case s.kind == SpecialEverything, s.kind == SpecialTorn:
		return true
	// The last two names end in a number; here they are told apart by their beginning.
	case len(s.kind) > len(specialWithout) && s.kind[:len(specialWithout)] == specialWithout:
		return seq != s.seq
	}
	return seq == s.seq
}

// names takes the bounds, and in them the set, that differ least from what is
// wanted: of each device by itself.
func (s special) names(l *nameRules, commits [][]int64) (best nameSet, bounds *nameBounds) {
	point := commitPointOf(commits, latest)
	for dev, list := range commits {
		least, at := -1, point.of(uint8(dev))
		for _, commit := range list {
			p := l.bounds(point.with(uint8(dev), commit))
			set := s.within(l, p)
			differs := 0
			for h := range l.d.halves() {
				if e := &l.d.names[h.effect()]; e.dev == uint8(dev) && set[h] != s.wants(e.seq, false, e.dev) {
					differs++
				}
			}
			// Of two commit points as good, the later one has the data and sizes
			// that were wanted.
			if least < 0 || differs < least || differs == least && s.wants(1<<62, true, uint8(dev)) {
				best, bounds, least, at = set, p, differs, commit
			}
		}
		point = point.with(uint8(dev), at)
	}
	return best, bounds
}

// within is the set that differs least from what is wanted within the bounds.
func (s special) within(l *nameRules, p *nameBounds) nameSet {
	set := newNameSet(len(l.d.names))
	for h := range set.ids() {
		e := &l.d.names[h.effect()]
		want := s.wants(e.seq, false, e.dev)
		set[h] = l.may(p, set, h) && (want || !l.mayNot(p, set, h))
	}
	if s.kind == fmt.Sprint(specialOnly, l.d.public(s.seq)) {
		s.require(l, p, set)
	}
	return set
}

// require adds an operation with what it can't persist without, if the bounds
// let it.
func (s special) require(l *nameRules, p *nameBounds, set nameSet) {
	with := slices.Clone(set)
	for h := range l.d.halves() {
		if l.d.names[h.effect()].seq == s.seq {
			with[h] = true
			l.require(p, with, h)
		}
	}
	if l.lawful(p, with) {
		copy(set, with)
	}
}

// file takes the newest version that is wanted of each unit, under the first
// variant.
func (s special) file(d *Disk, variants []fileVariant) fileSelection {
	nth := s.attributes(variants)
	f := &variants[nth]
	sel := s.fileUnder(f)
	sel.nth = nth
	if !f.inOrder(&sel) {
		// Program order doesn't allow it, or its size asks for data. Nothing at all is
		// always in order, and has a size that asks for none.
		g := *f
		g.sizes = slices.DeleteFunc(slices.Clone(f.sizes), func(l variantSize) bool { return l.some })
		sel = special{kind: SpecialNothing}.fileUnder(&g)
		sel.variant, sel.nth = f, nth
	}
	return sel
}

// attributes is which variant of the first content has the attributes that are wanted:
// all changes up to the last that is.
func (s special) attributes(variants []fileVariant) int {
	n := variants[0].n
	for i := range variants {
		k := variants[i].changes
		if k == 0 || k <= len(n.changes) && s.wants(n.changes[k-1].seq, false, n.dev) || i+1 == len(variants) || variants[i+1].changes >= k {
			return i
		}
	}
	return 0
}

func (s special) fileUnder(f *fileVariant) fileSelection {
	size := s.size(f)
	sel := fileSelection{n: f.n, variant: f, size: size.size, unit: f.unit}
	for i := range f.pages {
		p := &f.pages[i]
		ps := pageSelection{index: p.index}
		versions := p.versionsAt(size.leastFor(p.index), nil)
		if units := f.units(p.index, size.size); units > 0 && len(versions) > 0 {
			ps.units = make([]unitVersion, units)
			wanted := false
			for u := range ps.units {
				off := int64(p.index)*pageBytes + int64(u)*f.unit
				ps.units[u] = s.version(f, p.ofUnit(u, versions), off)
				wanted = wanted || ps.units[u] >= 0 && s.wants(f.n.effects[ps.units[u]].seq, true, f.n.dev)
			}
			if p.hole && !wanted && size.leastFor(p.index) == 0 {
				ps.units = nil
			}
		}
		sel.pages = append(sel.pages, ps)
	}
	return sel
}

// size is the last one that the wanted effects set.
func (s special) size(f *fileVariant) variantSize {
	want := f.n.baseSize()
	for i := range f.n.effects {
		e := &f.n.effects[i]
		if s.wants(e.seq, s.kind != SpecialNames || e.n > 0, f.n.dev) && (e.after != e.before || e.truncates) {
			want = e.after
		}
	}
	sizes := f.lawfulSizes()
	best := sizes[0]
	for _, l := range sizes {
		if abs(l.size-want) < abs(best.size-want) {
			best = l
		}
	}
	return best
}

func abs(n int64) int64 { return max(n, -n) }

// version is the newest one wanted; of the write that is torn, every other
// unit has the version before it.
func (s special) version(f *fileVariant, versions []unitVersion, off int64) unitVersion {
	pick := versions[0]
	for _, v := range versions {
		switch {
		case v < 0:
		case s.kind == SpecialTorn && f.n.effects[v].seq == s.seq && f.firstHalf(int(v), off):
		case s.wants(f.n.effects[v].seq, true, f.n.dev):
			pick = v
		}
	}
	return pick
}

// firstHalf says whether a unit is in the first half of what a write touched:
// the half that a torn write loses, so that what comes after it shows.
func (f *fileVariant) firstHalf(effect int, off int64) bool {
	e := &f.n.effects[effect]
	first, last := e.off/f.unit, (e.off+e.n-1)/f.unit
	return off/f.unit < (first+last+1)/2
}
