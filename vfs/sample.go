package vfs

import (
	"cmp"
	"slices"
)

// dirtyFiles lists the files that an image has to decide about, by inode
// number: those with pending content that a path leads to.
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

func (d *Disk) sample(p Profile, src Source) *Image {
	return d.choose(p, &sampler{src}, "")
}

func (s *sampler) intn(n int) int {
	if n <= 1 {
		return 0
	}
	return int(s.src.Uint64n(uint64(n)))
}

// names draws a commit point, and which of the free halves persist: each by
// itself; or mostly those before some point, as if the disk had been at work in
// program order and not quite kept to it.
func (s *sampler) names(l *nameRules, commits []int64) (nameSet, *nameBounds) {
	p := l.bounds(commits[s.intn(len(commits))])
	set := newNameSet(len(l.d.names))
	free := 0
	for _, f := range p.free {
		if f {
			free++
		}
	}
	pivot := -1
	if free > 1 && s.intn(2) == 0 {
		pivot = s.intn(free + 1)
	}
	at := 0
	for h := range set.ids() {
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
	return set, p
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

// file draws a variant, a size, and the versions.
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
	sizes := f.lawfulSizes()
	size := sizes[s.intn(len(sizes))]
	if s.intn(3) == 0 { // the one that the program set last is what most often shows a torn write
		size = sizes[slices.IndexFunc(sizes, func(l variantSize) bool { return l.size >= min(f.n.size, sizes[len(sizes)-1].size) })]
	}
	way := s.intn(drawWays)
	if len(f.order) > 1 {
		way = drawPrefix
	}
	limit := len(f.n.effects)
	if way == drawPrefix {
		limit = s.intn(len(f.n.effects) + 1)
	}
	sel := fileSelection{n: f.n, variant: f, size: size.size, unit: f.unit}
	fast := bulk{state: 0}
	seeded := false
	for i := range f.pages {
		p := &f.pages[i]
		var reused []foreignPage
		if p.reused > 0 {
			reused = d.foreignPages(p.reused)
			if len(reused) > 0 { // a page shows one of them, if any
				k := s.intn(len(reused) + 1)
				reused = reused[k:min(k+1, len(reused))]
			}
		}
		versions := p.versionsAt(size.leastFor(p.index), reused)
		ps := pageSelection{index: p.index, reused: reused}
		units := f.units(p.index, size.size)
		if units > 0 && len(versions) > 0 && !s.hole(p, size, way, limit, versions) {
			ps.units = make([]unitVersion, units)
			if (way == drawUnits || way == drawPages) && !seeded {
				fast, seeded = bulk{s.src.Uint64n(1 << 63)}, true
			}
			whole := versions[0]
			if way == drawPages {
				whole = versions[fast.intn(len(versions))]
			}
			for u := range ps.units {
				own := p.ofUnit(u, versions)
				switch {
				case way == drawUnits:
					ps.units[u] = own[fast.intn(len(own))]
				case way == drawPages && slices.Contains(own, whole):
					ps.units[u] = whole
				default:
					ps.units[u] = newestBelow(own, limit, way == drawBase)
				}
			}
		}
		sel.pages = append(sel.pages, ps)
	}
	return sel
}

// hole decides whether a page that may be missing is.
func (s *sampler) hole(p *variantPage, size variantSize, way, limit int, versions []unitVersion) bool {
	if !p.hole || size.leastFor(p.index) > 0 {
		return false
	}
	switch way {
	case drawNewest:
		return false
	case drawBase:
		return true
	case drawPrefix:
		return int(versions[0]) >= limit
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

// bulk spreads one draw over the many units of a file.
type bulk struct{ state uint64 }

func (b *bulk) intn(n int) int {
	b.state += 0x9e3779b97f4a7c15
	return int(fold(b.state^mixA, mixB) % uint64(n))
}
