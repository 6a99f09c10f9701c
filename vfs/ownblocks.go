package vfs

import (
	"cmp"
	"math"
	"slices"
)

// never is later than every Seq.
const never = math.MaxInt64

// ownRun is a run of pages [first, end) of a file that have had blocks of their own,
// for certain, since the operation at since. A hole has none: it gets one when it is
// written to, and that may be one that another file had.
type ownRun struct{ first, end, since int64 }

// own notes since when the pages [first, end) have blocks of their own; what had one
// already has it since then.
func (n *node) own(first, end, since int64) {
	known := n.owned
	for _, o := range known {
		switch {
		case first >= end || o.first >= end:
		case first < o.first:
			n.owned = append(n.owned, ownRun{first, o.first, since})
			first = o.end
		default:
			first = max(first, o.end)
		}
	}
	if first < end {
		n.owned = append(n.owned, ownRun{first, end, since})
	}
	if len(n.owned) > len(known) {
		slices.SortFunc(n.owned, func(a, b ownRun) int { return cmp.Compare(a.first, b.first) })
	}
}

// disown is the reverse of own: the pages [first, end) are freed.
func (n *node) disown(first, end int64) {
	var kept []ownRun
	for _, o := range n.owned {
		if left := (ownRun{o.first, min(o.end, first), o.since}); left.first < left.end {
			kept = append(kept, left)
		}
		if left := (ownRun{max(o.first, end), o.end, o.since}); left.first < left.end {
			kept = append(kept, left)
		}
	}
	n.owned = append(n.owned[:0], kept...)
}

// ownForLong forgets since when the file has its blocks: it is longer than any freeing
// that a crash may still undo.
func (n *node) ownForLong() {
	kept := n.owned[:0]
	for _, o := range n.owned {
		if k := len(kept) - 1; k >= 0 && kept[k].end == o.first {
			kept[k].end = o.end
		} else {
			kept = append(kept, ownRun{first: o.first, end: o.end})
		}
	}
	n.owned = kept
}

// ownAll notes that every page which has a block now has one of its own.
func (n *node) ownAll(since int64) {
	end := blocksOf(n.size)
	solid := min(end, blocksOf(n.solid))
	n.own(0, solid, since)
	run := blockRun{solid, solid}
	n.pages.each(uint64(solid), func(page uint64, _ *page) bool {
		i := int64(page)
		if i >= end {
			return false
		}
		if i > run.end {
			n.own(run.first, run.end, since)
			run.first = i
		}
		run.end = i + 1
		return true
	})
	n.own(run.first, run.end, since)
}

// ownAfter notes what an effect that is durable does to the file's own blocks.
func (n *node) ownAfter(e *dataEffect) {
	switch {
	case e.cut:
		n.disown(blocksOf(e.after), noBlock)
	case e.zeroes:
		n.disown(blocksOf(e.off), (e.off+e.n)/pageBytes)
	case e.synced && e.n > 0:
		n.own(e.off/pageBytes, blocksOf(e.off+e.n), e.seq)
	}
}

// takeBlocks is called when the first k effects are about to be durable: what
// the file has after them is its own from here on, and what it had already, since
// when it had that.
func (n *node) takeBlocks(seq int64, k int) {
	for i := range n.effects[:k] {
		n.ownAfter(&n.effects[i])
	}
	if k == len(n.effects) {
		n.ownAll(seq)
	}
}

// ownSince is the Seq at which the block of a page was the file's own for
// certain, as of effect i: an fsync put it on the medium, or a write that was
// durable at once, and no truncation freed it, of which size is the shortest since,
// nor was a hole made of it.
func (n *node) ownSince(index, size int64, i int) int64 {
	at := index * pageBytes
	if at < size && !slices.ContainsFunc(n.effects[:i], func(e dataEffect) bool { return e.makesHole(at) }) {
		for _, o := range n.owned {
			if o.first <= index && index < o.end {
				return o.since
			}
		}
	}
	stale, known := n.staleAt(uint64(index))
	since := int64(never)
	if known { // what a write-back ended has left no effect
		since = stale.own
	}
	for k := range n.effects[:i] {
		e := &n.effects[k]
		switch {
		case known && e.seq <= stale.since:
		case e.cut && at >= e.after, e.makesHole(at):
			since = never
		case e.synced && since == never && e.touches(at, at+pageBytes):
			since = e.seq
		}
	}
	return since
}
