package vfs

import (
	"cmp"
	"slices"
)

// variantSize is a size, and the Seq that the file's last page must show then at
// least.
type variantSize struct{ size, least int64 }

// leastFor is the Seq that the page must show at least, for a size.
func (s variantSize) leastFor(index uint64) int64 {
	if s.size > 0 && index == uint64((s.size-1)/pageBytes) {
		return s.least
	}
	return 0
}

// sizes lists the lawful sizes of a file that had the size start before the
// effects.
func (r *rules) sizes(start int64, effects []dataEffect, commit int64) []variantSize {
	for i := range effects {
		if e := &effects[i]; e.synced {
			// No size changed between what the journal had to commit with it and it.
			commit = max(commit, e.seq)
		}
	}
	start, effects = r.afterTruncation(start, effects, commit)
	out := []variantSize{{size: start}}
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
			out = append(out, variantSize{size, least})
			if r.inOrder && !r.copyOnWrite && !r.noPageSizes && size > cur {
				out = r.sizesWithin(out, e, cur, least)
			}
			cur, lo, hi = size, min(lo, size), max(hi, size)
		}
		if e.floor > 0 {
			out = slices.DeleteFunc(out, func(s variantSize) bool { return s.size < e.floor })
		}
		floor = max(e.floor, min(floor, e.after))
	}
	if !r.inOrder && !r.noPageSizes {
		for m := (lo/pageBytes + 1) * pageBytes; m < hi; m += pageBytes {
			if m >= floor {
				out = append(out, variantSize{size: m})
			}
		}
	}
	// The mildest condition for each size.
	slices.SortFunc(out, func(a, b variantSize) int { return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.least, b.least)) })
	return slices.CompactFunc(out, func(a, b variantSize) bool { return a.size == b.size })
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
func (r *rules) sizesWithin(out []variantSize, e *dataEffect, cur, least int64) []variantSize {
	off := e.after
	if e.n > 0 {
		off = e.off
	}
	if m := roundUp(cur); m > cur && m < e.after && m <= off {
		out = append(out, variantSize{size: m}) // the old last page
	}
	for m := (max(cur, off)/pageBytes + 1) * pageBytes; m < e.after; m += pageBytes {
		out = append(out, variantSize{m, least})
	}
	return out
}

// lawfulSizes are the sizes that the pages allow.
func (f *fileVariant) lawfulSizes() []variantSize {
	return slices.DeleteFunc(slices.Clone(f.sizes), func(s variantSize) bool { return !f.allowsSize(s) })
}

// allowsSize says whether the pages allow a size: one may ask for data that a
// later truncation took away.
func (f *fileVariant) allowsSize(s variantSize) bool {
	if s.least == 0 {
		return true
	}
	for i := range f.pages {
		p := &f.pages[i]
		if s.leastFor(p.index) > 0 {
			return len(p.versionsAt(s.least, nil)) > 0
		}
	}
	return false
}

// onlySize leaves a variant one of its sizes. It returns false if it hasn't that.
func (f *fileVariant) onlySize(size int64) bool {
	for _, l := range f.lawfulSizes() {
		if l.size == size {
			f.sizes = []variantSize{l}
			return true
		}
	}
	return false
}
