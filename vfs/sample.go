package vfs

import (
	"cmp"
	"slices"
)

// dirtyFiles lists the files whose content an image has to decide, by inode number:
// those with something pending that a path leads to.
func (d *Disk) dirtyFiles(e *edits, r *rules) []*node {
	var out []*node
	for _, n := range d.dirty {
		if e.reachable(n.ino) {
			out = append(out, n)
		}
	}
	if r.reuses { // what lost its last name may show what was written since
		for i := range d.names {
			n := d.node(d.names[i].over)
			if n != nil && !n.dirty && !n.isDir() && len(n.links) == 0 && !slices.Contains(out, n) && e.reachable(n.ino) {
				out = append(out, n)
			}
		}
	}
	slices.SortFunc(out, func(a, b *node) int { return cmp.Compare(a.ino, b.ino) })
	return out
}

// sampler draws from a source.
type sampler struct{ src Source }

func (s *sampler) intn(n int) int {
	if n <= 1 {
		return 0
	}
	return int(s.src.Uint64n(uint64(n)))
}

// names draws for each device a commit point, and which of the free halves persist:
// each by itself; or mostly those before some point, as if the device had been at work
// in program order and not quite kept to it.
func (s *sampler) names(l *nameRules, commits [][]int64) (nameSet, *nameBounds) {
	p := l.bounds(commitPointOf(commits, func(_ uint8, of []int64) int64 { return of[s.intn(len(of))] }))
	set := newNameSet(len(l.d.names))
	for dev := range l.d.devices {
		s.namesOn(uint8(dev), l, p, set)
	}
	return set, p
}

// namesOn draws for one device: nothing binds it to what is drawn for the others.
func (s *sampler) namesOn(dev uint8, l *nameRules, p *nameBounds, set nameSet) {
	free := 0
	for h, f := range p.free {
		if f && l.d.names[halfID(h).effect()].dev == dev {
			free++
		}
	}
	pivot := -1
	if free > 1 && s.intn(2) == 0 {
		pivot = s.intn(free + 1)
	}
	at := 0
	for h := range set.ids() {
		if l.d.names[h.effect()].dev != dev {
			continue
		}
		may, mayNot := l.may(p, set, h), l.mayNot(p, set, h)
		switch {
		case !p.free[h] || may != mayNot:
			set[h] = may
		case pivot < 0:
			set[h] = s.intn(2) == 0
		default:
			set[h] = (at < pivot) != (s.intn(8) == 0)
		}
		if p.free[h] {
			at++
		}
	}
}

// The ways in which a file's pages are drawn.
const (
	drawNewest = iota // all data, as new as the variant allows
	drawBase          // none of it
	drawPrefix        // up to some effect: as if written back in order
	drawUnits         // each unit for itself
	drawPages         // each page for itself
	drawWays
)

// file draws a variant, a size, and the versions, again and again until they keep
// the order that the filesystem does.
func (s *sampler) file(d *Disk, variants []fileVariant) fileSelection {
	for {
		i := s.intn(len(variants))
		sel := s.drawFile(d, &variants[i])
		sel.nth = i
		if variants[i].inOrder(&sel) {
			return sel
		}
	}
}

func (s *sampler) drawFile(d *Disk, f *fileVariant) fileSelection {
	draw := &fileSampler{sampler: s, d: d, f: f}
	draw.size = s.size(f)
	draw.way = s.intn(drawWays)
	if len(f.order) > 1 {
		draw.way = drawPrefix // any other would mostly be out of order
	}
	draw.upTo = len(f.n.effects)
	if draw.way == drawPrefix {
		draw.upTo = s.intn(len(f.n.effects) + 1)
	}
	sel := fileSelection{n: f.n, variant: f, size: draw.size.size, unit: f.unit}
	for i := range f.pages {
		sel.pages = append(sel.pages, draw.page(&f.pages[i]))
	}
	return sel
}

// size draws one of the lawful sizes. The one that the program set last shows a
// torn write most often, and so comes up more than others.
func (s *sampler) size(f *fileVariant) variantSize {
	sizes := f.lawfulSizes()
	size := sizes[s.intn(len(sizes))]
	if s.intn(3) == 0 {
		size = sizes[slices.IndexFunc(sizes, func(l variantSize) bool { return l.size >= min(f.n.size, sizes[len(sizes)-1].size) })]
	}
	return size
}

// fileSampler draws the pages of one file.
type fileSampler struct {
	*sampler
	d     *Disk
	f     *fileVariant
	size  variantSize
	way   int
	limit int // of drawPrefix: the effects before it show, on the page that is drawn
	// upTo is the limit of the file: all pages have it that an overwrite touched which
	// keeps an order. Where there are such, others have one of their own now and then.
	upTo int
	// fast makes the draws for units, of which there may be very many, from one
	// draw of the source: the first time that they are needed.
	fast   bulk
	seeded bool
}

func (s *fileSampler) page(p *variantPage) pageSelection {
	if s.limit = s.upTo; len(s.f.order) > 1 && !s.f.isOrdered(p) && s.intn(2) == 0 {
		s.limit = s.intn(len(s.f.n.effects) + 1)
	}
	sel := pageSelection{index: p.index, reused: s.reused(p)}
	versions := p.versionsAt(s.size.leastFor(p.index), sel.reused)
	units := s.f.units(p.index, s.size.size)
	if units == 0 || len(versions) == 0 || s.hole(p, versions) {
		return sel
	}
	sel.units = make([]unitVersion, units)
	if (s.way == drawUnits || s.way == drawPages) && !s.seeded {
		s.fast, s.seeded = bulk{s.src.Uint64n(1 << 63)}, true
	}
	whole := versions[0]
	if s.way == drawPages {
		whole = versions[s.fast.intn(len(versions))]
	}
	for u := range sel.units {
		sel.units[u] = s.version(p.ofUnit(u, versions), whole)
	}
	return sel
}

// reused draws the foreign page that a page may show units of, or none.
func (s *fileSampler) reused(p *variantPage) []foreignPage {
	if p.reused == 0 {
		return nil
	}
	all := s.d.foreignPages(s.f.n.dev, p.reused)
	if len(all) == 0 {
		return all
	}
	k := s.intn(len(all) + 1)
	return all[k:min(k+1, len(all))]
}

// version draws what a unit shows. whole is what was drawn for its page.
func (s *fileSampler) version(versions []unitVersion, whole unitVersion) unitVersion {
	switch {
	case s.way == drawUnits:
		return versions[s.fast.intn(len(versions))]
	case s.way == drawPages && slices.Contains(versions, whole):
		return whole
	}
	return newestBelow(versions, s.limit, s.way == drawBase)
}

// hole decides whether a page that may be missing is.
func (s *fileSampler) hole(p *variantPage, versions []unitVersion) bool {
	if !p.hole || s.size.leastFor(p.index) > 0 {
		return false
	}
	switch s.way {
	case drawNewest:
		return false
	case drawBase:
		return true
	case drawPrefix:
		return int(versions[0]) >= s.limit
	}
	return s.intn(3) == 0
}

// newestBelow picks the newest version below an effect, or the oldest one.
func newestBelow(versions []unitVersion, limit int, oldest bool) unitVersion {
	pick := versions[0]
	if oldest {
		return pick
	}
	for _, v := range versions {
		if v >= base && int(v) < limit {
			pick = v
		}
	}
	return pick
}

// bulk makes many numbers from one draw, by the step of splitmix64 and a multiplication.
type bulk struct{ state uint64 }

func (b *bulk) intn(n int) int {
	b.state += 0x9e3779b97f4a7c15
	return int(fold(b.state^mixA, mixB) % uint64(n))
}
