package vfs

import (
	"cmp"
	"slices"
)

// fileLaw is one coherent set of what a file may show after a power cut: a
// size, and for each page one of its versions. A file may have several laws;
// then one of them holds.
type fileLaw struct {
	n     *node
	unit  int64 // bytes that persist together
	sizes []sizeLaw
	pages []pageLaw // the dirty ones, in order; all others are on the medium as they show
	// order, if not empty, are effects that persist in program order.
	order []int
}

// sizeLaw is a size, and the Seq that the file's last page must show then at
// least.
type sizeLaw struct{ size, least int64 }

// pageLaw is what a page may show: nothing at all, or for each unit one of the
// versions.
type pageLaw struct {
	index    uint64
	hole     bool // zeros, as a block that isn't there reads
	zero     bool // each unit may be missing by itself
	versions []pageVersion
	// reused is, if not 0, the Seq of the operation that freed the page's
	// block: what was written to any file since may show instead.
	reused int64
	// units is what writes that were durable at once ask of each unit. Nil if
	// there were none.
	units []unitLaw
	// renewed is a page whose block was freed by a truncation that is still
	// pending, but committed: all that was written to it since lies in another
	// block, and what became of the old one, a failed fsync included, is past.
	renewed bool
}

// unitLaw is what one unit of a page must show.
type unitLaw struct {
	least int64 // Seq
	there bool  // it can't be missing
}

// pageVersion is a page after an effect, or on the medium: base.
type pageVersion struct {
	effect int
	seq    int64
}

// fileLaws lists the laws for a file under a commit point.
func (d *Disk) fileLaws(r *rules, n *node, commit int64) []fileLaw {
	if r.copyOnWrite {
		commit = max(commit, n.synced) // an fsynced inode jumps ahead
	}
	f := fileLaw{n: n, unit: int64(d.options.SectorBytes), sizes: r.sizes(n.baseSize(), n.effects, commit)}
	if r.copyOnWrite || r.wholePages {
		f.unit = pageBytes
	}
	for _, index := range n.dirtyPages() {
		p := r.page(n, index, commit, f.unit)
		if r.noHoles && len(p.versions) > 0 {
			p.hole, p.zero = false, false
		}
		f.pages = append(f.pages, p)
	}
	if r.copyOnWrite {
		f.order = n.overwrites()
	}
	laws := []fileLaw{f}
	if r.protects {
		laws = r.protect(f, commit)
	}
	if r.reuses {
		for i := range laws {
			d.markReused(&laws[i], commit)
		}
	}
	return laws
}

func roundUp(n int64) int64 { return (n + pageBytes - 1) / pageBytes * pageBytes }

// sizes lists the lawful sizes of a file that had the size start before the
// effects.
func (r *rules) sizes(start int64, effects []dataEffect, commit int64) []sizeLaw {
	for i := range effects {
		if e := &effects[i]; e.synced {
			// No size changed between what the journal had to commit with it and it.
			commit = max(commit, e.seq)
		}
	}
	start, effects = r.afterTruncation(start, effects, commit)
	out := []sizeLaw{{size: start}}
	lo, hi, cur, floor := start, start, start, int64(0)
	for i := range effects {
		e := &effects[i]
		if e.seq > commit {
			break
		}
		if size := e.after; size != cur && !(e.lost && r.sizeAfterData) {
			// What a lost write grew to is not committed on btrfs by itself: only with
			// the inode, if something else changes that.
			if r.inOrder && (size < cur || e.committed && !(e.lost && r.copyOnWrite)) {
				out = out[:0] // the filesystem's own, and committed
			}
			least := int64(0)
			if r.sizeAfterData && e.n > 0 && size > cur {
				least = e.seq
			}
			out = append(out, sizeLaw{size, least})
			if r.inOrder && !r.copyOnWrite && !r.noPageSizes && size > cur {
				out = r.sizesWithin(out, e, cur, least)
			}
			cur, lo, hi = size, min(lo, size), max(hi, size)
		}
		if e.floor > 0 {
			out = slices.DeleteFunc(out, func(s sizeLaw) bool { return s.size < e.floor })
		}
		floor = max(e.floor, min(floor, e.after))
	}
	if !r.inOrder && !r.noPageSizes {
		for m := (lo/pageBytes + 1) * pageBytes; m < hi; m += pageBytes {
			if m >= floor {
				out = append(out, sizeLaw{size: m})
			}
		}
	}
	// The mildest condition for each size.
	slices.SortFunc(out, func(a, b sizeLaw) int { return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.least, b.least)) })
	return slices.CompactFunc(out, func(a, b sizeLaw) bool { return a.size == b.size })
}

// afterTruncation leaves out what a write made meaningless that was durable at
// once with the file's inode: the sizes before the last truncation or reservation
// of space. A journal commits those with any such write.
func (r *rules) afterTruncation(start int64, effects []dataEffect, commit int64) (int64, []dataEffect) {
	after, at := start, -1
	last, lastAt := start, -1
	for i := range effects {
		e := &effects[i]
		if e.seq > commit {
			break
		}
		if e.before != e.after && (e.cut || e.n == 0 && !e.lost) {
			last, lastAt = e.after, i
		}
		if e.synced && (e.inode || r.inOrder) {
			after, at = last, lastAt
		}
	}
	return after, effects[at+1:]
}

// sizesWithin adds the page multiples that one growth passes: a page is
// written back when the size is beyond it already.
func (r *rules) sizesWithin(out []sizeLaw, e *dataEffect, cur, least int64) []sizeLaw {
	off := e.after
	if e.n > 0 {
		off = e.off
	}
	if m := roundUp(cur); m > cur && m < e.after && m <= off {
		out = append(out, sizeLaw{size: m}) // the old last page
	}
	for m := (max(cur, off)/pageBytes + 1) * pageBytes; m < e.after; m += pageBytes {
		out = append(out, sizeLaw{m, least})
	}
	return out
}

// page lists what a page may show.
func (r *rules) page(n *node, index uint64, commit, unit int64) pageLaw {
	p := pageLaw{index: index}
	at, size := int64(index)*pageBytes, n.baseSize()
	stale, isStale := n.staleAt(index)
	if p.hole = at >= size || isStale && stale.data == nil; !p.hole {
		p.versions = []pageVersion{{effect: base}}
	}
	p.zero = p.hole && !r.blocks
	switch {
	case stale.freed == 0:
	case !r.blocks:
		p.hole, p.zero = true, true
	case stale.freed > commit:
		return p // later writes went to other blocks
	default:
		p = pageLaw{index: index, hole: true}
	}
	for i := range n.effects {
		e := &n.effects[i]
		if r.copyOnWrite && e.seq > commit {
			break
		}
		freed := e.cut && at >= e.after && at < size
		cut := e.cut && at < e.after && at+pageBytes > e.after
		size = e.after
		if freed {
			switch {
			case !r.blocks:
				p.hole, p.zero = true, true
				for u := range p.units {
					p.units[u].there = false
				}
			case e.seq > commit:
				return p // later writes went to other blocks
			default:
				p = pageLaw{index: index, hole: true, renewed: true}
			}
		}
		if cut || !e.cut && e.touches(at, at+pageBytes) {
			// An operation that was torn already is several effects; together
			// they are one version.
			if k := len(p.versions); k > 0 && p.versions[k-1].effect >= 0 && p.versions[k-1].seq == e.seq {
				p.versions = p.versions[:k-1]
			}
			p.versions = append(p.versions, pageVersion{effect: i, seq: e.seq})
			if e.synced {
				p.sync(e, at, unit)
			}
		}
	}
	return p
}

// sync notes that a write to the page was durable at once.
func (p *pageLaw) sync(e *dataEffect, at, unit int64) {
	p.hole = false
	if p.units == nil {
		p.units = make([]unitLaw, pageBytes/unit)
	}
	for u := range p.units {
		if off := at + int64(u)*unit; e.touches(off, off+unit) {
			p.units[u] = unitLaw{least: e.seq, there: true}
		}
	}
}

// leastOf is the Seq of what a unit must show at least.
func (p *pageLaw) leastOf(u int) int64 {
	if p.units == nil {
		return 0
	}
	return p.units[u].least
}

// ofUnit is what one unit may show of the versions that its page has.
func (p *pageLaw) ofUnit(u int, versions []unitVersion) []unitVersion {
	if p.units == nil {
		return versions
	}
	var out []unitVersion
	for _, v := range versions {
		switch {
		case v == zeros && p.units[u].there:
		case v >= base && p.seqOf(v) < p.units[u].least:
		default:
			out = append(out, v)
		}
	}
	return out
}

func (p *pageLaw) seqOf(v unitVersion) int64 {
	i := slices.IndexFunc(p.versions, func(have pageVersion) bool { return have.effect == int(v) })
	return p.versions[i].seq
}

// overwrites lists the writes inside the file as it was: the ones that persist
// in program order. Those that were durable at once wait for none.
func (n *node) overwrites() []int {
	var out []int
	size := n.baseSize()
	for i := range n.effects {
		e := &n.effects[i]
		size = max(min(size, e.after), e.floor)
		if e.n > 0 && !e.cut && !e.synced && e.off+e.n <= size {
			out = append(out, i)
		}
	}
	return out
}

// protect applies ext4's protection of replacements.
func (r *rules) protect(f fileLaw, commit int64) []fileLaw {
	n := f.n
	var b barrier
	for _, x := range n.barriers {
		if x.trunc > 0 && x.trunc <= commit || x.trunc == 0 && x.seq <= commit {
			b = x
		}
	}
	if b.seq == 0 {
		return []fileLaw{f}
	}
	at, size := base, n.baseSize() // what the file was at the barrier
	later := len(n.effects)
	for i := range n.effects {
		e := &n.effects[i]
		if e.seq <= b.seq {
			at, size = i, e.after
			continue
		}
		later = min(later, i)
		if e.truncates && e.seq <= commit {
			return []fileLaw{f}
		}
	}
	// The new content, or zeros in any of its pages that the commit ran ahead of.
	g := fileLaw{n: n, unit: f.unit, sizes: r.sizes(size, n.effects[later:], commit)}
	for _, p := range f.pages {
		// What a failed fsync dropped was never written back, so no commit waited
		// for it, unless the page got a new block since.
		if _, dropped := n.staleAt(p.index); p.hole && (!dropped || p.renewed) {
			q := pageLaw{index: p.index, hole: true}
			if int64(p.index)*pageBytes < size {
				q.versions = []pageVersion{{effect: at, seq: b.seq}}
			}
			for _, v := range p.versions {
				if v.seq > b.seq {
					q.versions = append(q.versions, v)
				}
			}
			p = q
		}
		g.pages = append(g.pages, p)
	}
	out := []fileLaw{g}
	if b.trunc > 0 && !slices.ContainsFunc(n.effects, func(e dataEffect) bool { return e.synced && e.seq > b.trunc }) {
		f.sizes = []sizeLaw{{}}
		out = append(out, f)
	}
	return out
}

// markReused notes for each page whether its block was freed by an operation
// beyond the commit point. Pages on the medium, of a file that lost its last
// name, become part of the law.
func (d *Disk) markReused(f *fileLaw, commit int64) {
	n := f.n
	gone := int64(0) // when the file lost a name, if it has none now
	if len(n.links) == 0 {
		for i := range d.names {
			if e := &d.names[i]; e.seq > commit && e.over == n.ino && (gone == 0 || e.seq < gone) {
				gone = e.seq
			}
		}
	}
	if gone > 0 {
		f.addPages(n)
	}
	for i := range f.pages {
		p := &f.pages[i]
		p.reused = gone
		size := n.baseSize()
		for j := range n.effects {
			e := &n.effects[j]
			if e.cut && e.seq > commit && int64(p.index)*pageBytes >= e.after && int64(p.index)*pageBytes < size && (p.reused == 0 || e.seq < p.reused) {
				p.reused = e.seq
			}
			size = e.after
		}
	}
}

// addPages makes every page of the file part of the law.
func (f *fileLaw) addPages(n *node) {
	end := roundUp(f.sizes[len(f.sizes)-1].size) / pageBytes
	for index := range uint64(end) {
		i, ok := slices.BinarySearchFunc(f.pages, index, func(p pageLaw, i uint64) int { return cmp.Compare(p.index, i) })
		if !ok {
			p := pageLaw{index: index, versions: []pageVersion{{effect: base}}}
			if p.hole = int64(index)*pageBytes >= n.baseSize(); p.hole {
				p.versions = nil
			}
			f.pages = slices.Insert(f.pages, i, p)
		}
	}
}
