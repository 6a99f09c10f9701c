package vfs

import (
	"cmp"
	"slices"
)

// variantSize is a size that a file may have after a power cut, and its conditions.
type variantSize struct {
	size int64
	// least: the file's last page must show the operation with that Seq, or a later one.
	// Where sizes follow the data, a size shows only with the data that reached it. 0 is
	// no condition.
	least int64
	// some: a page must show something that was pending, whichever it is.
	some bool
}

// leastFor is the condition of the size as it concerns one page.
func (s variantSize) leastFor(index uint64) int64 {
	if s.size > 0 && index == uint64((s.size-1)/pageBytes) {
		return s.least
	}
	return 0
}

// sizes lists the lawful sizes of a file that had the size start before the
// effects. What grew it before an fsync at synced is committed with that.
func (r *rules) sizes(start int64, effects []dataEffect, commit, synced int64) []variantSize {
	for i := range effects {
		if e := &effects[i]; e.synced {
			// No size changed between what the journal had to commit with it and it.
			commit = max(commit, e.seq)
		}
	}
	start, effects = r.afterTruncation(start, effects, commit)
	h := sizeHistory{rules: r, synced: synced, lawful: []variantSize{{size: start}}, now: start, low: start, high: start}
	for i := range effects {
		if effects[i].seq > commit {
			break
		}
		h.apply(&effects[i])
	}
	if !r.inOrder && !r.noPageSizes {
		h.addPageMultiples()
	}
	return mildest(h.lawful)
}

// mildest keeps of each size the one with the least condition, in ascending order.
func mildest(sizes []variantSize) []variantSize {
	some := func(s variantSize) int {
		if s.some {
			return 1
		}
		return 0
	}
	slices.SortFunc(sizes, func(a, b variantSize) int {
		return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.least, b.least), cmp.Compare(some(a), some(b)))
	})
	return slices.CompactFunc(sizes, func(a, b variantSize) bool { return a.size == b.size })
}

// sizeHistory goes through the effects of a file in program order, and collects
// the sizes that a power cut may leave.
type sizeHistory struct {
	rules          *rules
	synced         int64
	lawful         []variantSize
	now, low, high int64 // the size after the effects so far, the least and the largest
	floor          int64 // what a durable write asks of the size at least
}

// apply adds the sizes that an effect makes lawful, and drops those that it
// makes unlawful.
func (h *sizeHistory) apply(e *dataEffect) {
	if size := h.carried(e); size != h.now {
		h.change(e, size)
	} else if e.truncates && h.rules.sizeWithData {
		h.lawful = append(h.lawful, variantSize{size: size}) // btrfs_truncate sets it, whatever is written
	}
	if e.zeroes {
		h.zero(e)
	}
	if e.floor > 0 {
		h.lawful = slices.DeleteFunc(h.lawful, func(s variantSize) bool { return s.size < e.floor })
	}
	h.floor = max(e.floor, min(h.floor, e.after))
}

// zero takes from the sizes what they ask of pages that became holes: the data was
// written before its blocks were freed, or need never be. And it may be what sets one.
func (h *sizeHistory) zero(e *dataEffect) {
	if h.rules.sizeWithHole && e.zeroedTo > h.lawful[0].size && e.zeroedTo <= h.now {
		h.lawful = append(h.lawful, variantSize{size: e.zeroedTo})
	}
	for i := range h.lawful {
		s := &h.lawful[i]
		if last := (s.size - 1) / pageBytes * pageBytes; s.least > 0 && e.makesHole(last) {
			s.least = 0
		}
		s.some = s.some && blocksOf(e.off) >= (e.off+e.n)/pageBytes
	}
}

// carried is the size that an effect leaves. Where sizes follow the data, that is no
// more than the data carries: of a file that a lost write grew, the end of the page
// that is written.
func (h *sizeHistory) carried(e *dataEffect) int64 {
	switch {
	case !h.rules.sizeAfterData || e.cut || e.after <= h.now:
	case e.n > 0: // a part of a write was there when the whole of it had grown the file
		return max(h.now, min(max(e.after, e.to), roundUp(e.off+e.n)))
	case e.sizeOnly:
		return max(h.now, min(e.after, e.reach))
	}
	return e.after
}

// change adds a size that an effect leaves.
func (h *sizeHistory) change(e *dataEffect, size int64) {
	r, grows := h.rules, size > h.now
	// What a lost write grew to is not committed on btrfs by itself: only with
	// the inode, if something else changes that.
	if r.inOrder && (!grows || e.committed && !(e.lost && r.copyOnWrite)) {
		h.lawful = h.lawful[:0] // the filesystem's own, and committed
	}
	least := int64(0)
	if r.sizeAfterData && e.n > 0 && !e.cut && grows {
		least = e.seq
	}
	some := r.sizeWithData && e.isWrite() && grows && e.seq > h.synced
	h.lawful = append(h.lawful, variantSize{size, least, some})
	if r.inOrder && !r.copyOnWrite && !r.noPageSizes && grows && !e.committed {
		h.addSizesWithin(e, size, least)
	}
	h.now, h.low, h.high = size, min(h.low, size), max(h.high, size)
}

// addSizesWithin adds the page multiples that one growth passes: a page is
// written back when the size is beyond it already.
func (h *sizeHistory) addSizesWithin(e *dataEffect, size, least int64) {
	off := size
	if e.n > 0 {
		off, _ = e.extent()
	}
	if m := roundUp(h.now); h.now < m && m < size && m <= off {
		h.lawful = append(h.lawful, variantSize{size: m}) // the old last page, which asks for no new data
	}
	for m := (max(h.now, off)/pageBytes + 1) * pageBytes; m < size; m += pageBytes {
		h.lawful = append(h.lawful, variantSize{size: m, least: least})
	}
}

// addPageMultiples adds every page multiple between two sizes that the file had.
func (h *sizeHistory) addPageMultiples() {
	for m := (h.low/pageBytes + 1) * pageBytes; m < h.high; m += pageBytes {
		if m >= h.floor {
			h.lawful = append(h.lawful, variantSize{size: m})
		}
	}
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
		if e.before != e.after && (e.cut || e.n == 0 && !e.sizeOnly) {
			last, lastAt = e.after, i
		}
		if e.synced && (e.inode || r.inOrder) {
			after, at = last, lastAt
		}
	}
	return after, effects[at+1:]
}

// lawfulSizes are the sizes that the pages allow.
func (f *fileVariant) lawfulSizes() []variantSize {
	return slices.DeleteFunc(slices.Clone(f.sizes), func(s variantSize) bool { return !f.allowsSize(s) })
}

// allowsSize says whether the pages allow a size: one may ask for data that a
// later truncation took away.
func (f *fileVariant) allowsSize(s variantSize) bool {
	if s.some {
		return slices.ContainsFunc(f.pages, func(p variantPage) bool { return p.offset() < s.size && slices.ContainsFunc(p.versions, f.isPending) })
	}
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
