package vfs

import "slices"

// barrier is a replacement of a file's content that ext4 protects: a rename
// over an existing file, or the close that follows a truncation to nothing.
type barrier struct {
	seq   int64
	trunc int64 // the Seq of that truncation, 0 for a rename
}

// waitsForBlocks says whether a rename of the file, or a close, is such a barrier: it has the
// file written back if anything of it waits for its block (ext4_alloc_da_blocks). What is
// written where space was reserved has one.
func (n *node) waitsForBlocks() bool {
	pages := n.pagesToWrite()
	return len(pages) == 0 || slices.ContainsFunc(pages, func(index uint64) bool { return !n.reserved.has(int64(index)) })
}

// protect applies ext4's protection of replacements: the variants that are left of
// f, which has none. The data of a replacement is written before its commit, so that
// the file shows the new content then, or, where the commit overtook the data, zeros
// in any of its pages.
//
// begun is the Seq of the last operation that the commit has for certain.
func (r *rules) protect(f fileVariant, commit, begun int64) []fileVariant {
	n := f.n
	b, ok := n.lastBarrier(commit)
	if !ok {
		return []fileVariant{f}
	}
	later := slices.IndexFunc(n.effects, func(e dataEffect) bool { return e.seq > b.seq })
	if later < 0 {
		later = len(n.effects)
	}
	if slices.ContainsFunc(n.effects[later:], func(e dataEffect) bool { return e.truncates && e.seq <= commit }) {
		return []fileVariant{f} // that content was given up again
	}
	replaced := replacement{barrier: b, effect: base, size: n.baseSize()}
	if later > 0 {
		replaced.effect, replaced.size = later-1, n.effects[later-1].after
	}
	g := fileVariant{n: n, unit: f.unit, sizes: r.sizes(replaced.size, n.effects[later:], commit, n.synced)}
	for _, p := range f.pages {
		if p.hole {
			p = replaced.page(n, p)
		}
		g.pages = append(g.pages, p)
	}
	out := []fileVariant{g}
	synced := slices.ContainsFunc(n.effects[later:], func(e dataEffect) bool { return e.synced })
	if b.trunc > 0 && begun <= b.seq && !synced {
		out = append(out, r.beforeClose(f, b.trunc, n.effects[:later]))
	}
	return out
}

// beforeClose is what a file may show that was cut off to nothing, of which a commit
// caught the rewriting half-way: a flusher may write back any of its pages before the
// close that writes back all the others (ext4_alloc_da_blocks). The effects are those
// up to that close.
func (r *rules) beforeClose(f fileVariant, trunc int64, effects []dataEffect) fileVariant {
	first := slices.IndexFunc(effects, func(e dataEffect) bool { return e.seq > trunc })
	if first < 0 {
		first = len(effects)
	}
	f.sizes = r.sizes(0, effects[first:], noCommit, f.n.synced)
	return f
}

// begun is the Seq of the last operation on a device that a commit up to a point has for certain:
// what an fsync forced, and the last of the changes that wait for a commit.
func (d *Disk) begun(dev uint8, commit int64) int64 {
	begun := d.devices[dev].forced
	for seq := range d.committing(dev) {
		if seq <= commit {
			begun = max(begun, seq)
		}
	}
	return begun
}

// lastBarrier is the last barrier that the commit reaches. The close that ends a replacement
// gives out blocks and sets the size in the transaction that runs then: a commit that has the
// truncation before it, and not all that was changed since, has nothing of that close.
func (n *node) lastBarrier(commit int64) (last barrier, ok bool) {
	for _, b := range n.barriers {
		if b.seq <= commit {
			last, ok = b, true
		}
	}
	return last, ok
}

// replacement is the content that a barrier protects: that of the file as it was
// then.
type replacement struct {
	barrier
	effect int   // the last one before the barrier; base if there was none
	size   int64 // bytes
}

// page is what a page in a new block may show: the replacement's content as a
// whole, or a later version, or zeros. What a failed fsync dropped was never
// written back, so no commit waited for it.
func (r *replacement) page(n *node, p variantPage) variantPage {
	q := variantPage{index: p.index, hole: true}
	if stale, known := n.staleAt(p.index); p.offset() < r.size && (!known || n.touchedBetween(p.index, stale.since, r.seq)) {
		q.versions = []pageVersion{{effect: r.effect, seq: r.seq}}
	}
	for _, v := range p.versions {
		if v.seq > r.seq {
			q.versions = append(q.versions, v)
		}
	}
	return q
}

// touchedBetween says whether an effect after a Seq, up to another, touched a page.
func (n *node) touchedBetween(index uint64, since, last int64) bool {
	at := int64(index) * pageBytes
	return slices.ContainsFunc(n.effects, func(e dataEffect) bool {
		return e.seq > since && e.seq <= last && e.touches(at, at+pageBytes)
	})
}
