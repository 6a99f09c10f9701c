package vfs

import "slices"

// barrier is a replacement of a file's content that ext4 protects: a rename
// over an existing file, or the close that follows a truncation to nothing.
type barrier struct {
	seq   int64
	trunc int64 // the Seq of that truncation, 0 for a rename
}

// protect applies ext4's protection of replacements.
func (r *rules) protect(f fileVariant, commit int64) []fileVariant {
	n := f.n
	var b barrier
	for _, x := range n.barriers {
		if x.trunc > 0 && x.trunc <= commit || x.trunc == 0 && x.seq <= commit {
			b = x
		}
	}
	if b.seq == 0 {
		return []fileVariant{f}
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
			return []fileVariant{f}
		}
	}
	// The new content, or zeros in any of its pages that the commit ran ahead of.
	g := fileVariant{n: n, unit: f.unit, sizes: r.sizes(size, n.effects[later:], commit)}
	for _, p := range f.pages {
		// What a failed fsync dropped was never written back, so no commit waited
		// for it, unless the page got a new block since.
		if _, dropped := n.staleAt(p.index); p.hole && (!dropped || p.renewed) {
			q := variantPage{index: p.index, hole: true}
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
	out := []fileVariant{g}
	if b.trunc > 0 && !slices.ContainsFunc(n.effects, func(e dataEffect) bool { return e.synced && e.seq > b.trunc }) {
		f.sizes = []variantSize{{}}
		out = append(out, f)
	}
	return out
}
