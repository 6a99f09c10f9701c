package vfs

import (
	"cmp"
	"slices"
)

// barrier is a replacement of a file's content that ext4 protects: a rename
// over an existing file, or the close that follows a truncation to nothing.
type barrier struct {
	seq   int64
	trunc int64 // the Seq of that truncation, 0 for a rename
}

// protect applies ext4's protection of replacements: the variants that are left of
// f, which has none. The data of a replacement is written before its commit, so that
// the file shows the new content then, or, where the commit overtook the data, zeros
// in any of its pages.
func (r *rules) protect(f fileVariant, commit int64) []fileVariant {
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
	g := fileVariant{n: n, unit: f.unit, sizes: r.sizes(replaced.size, n.effects[later:], commit)}
	for _, p := range f.pages {
		if p.hole {
			p = replaced.page(n, p)
		}
		g.pages = append(g.pages, p)
	}
	out := []fileVariant{g}
	// A truncation may be committed before anything that was written after it, unless
	// a write was durable at once.
	if b.trunc > 0 && !slices.ContainsFunc(n.effects, func(e dataEffect) bool { return e.synced && e.seq > b.trunc }) {
		f.sizes = []variantSize{{}}
		out = append(out, f)
	}
	return out
}

// lastBarrier is the last barrier that the commit reaches: the rename itself, or
// the truncation that began a replacement.
func (n *node) lastBarrier(commit int64) (last barrier, ok bool) {
	for _, b := range n.barriers {
		if begin := cmp.Or(b.trunc, b.seq); begin <= commit {
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
