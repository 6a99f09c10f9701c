package vfs

import "slices"

// Write-backs that fail.
//
// A page that the device failed to write counts as clean: the cache shows the new
// data, the medium keeps the old, and no fsync writes the page until somebody
// touches it again. Changes of size and truncations are no data. They are in the
// filesystem's journal, and stay pending.

// dropPending is what a failed write-back does: the pages count as clean, the
// cache shows the new data, and the medium keeps the old. A change of size is
// the filesystem's own and stays pending: for ever, if only data had made it,
// since xfs never sets a size without the data. A filesystem that does commits
// it as usual.
//
// The names of a directory stay pending: they are in the filesystem's own
// journal, which writes them again or fails altogether, see SyncJournalFails.
func (d *Disk) dropPending(n *node) {
	if !n.isDir() {
		d.endWriteBack(n, failedWriteBack{dropped: n.pagesToWrite()})
	}
}

// dropPage is a write-back of some pages of which one fails: the nth, counted on
// from the first behind the last. The others become durable, but for those in new
// blocks beside it: ext4 and xfs take a run of new blocks into a file when all of
// it was written, or not at all. Btrfs drops every page. A size that only failed
// pages reached is lost with them, as in dropPending. The names' changes stay
// pending, and so do truncations: the fsync ends before the filesystem's journal
// is written. So what was written to new blocks behind a truncation can't be relied
// on, and stays pending too; as does all of a file without a name.
func (d *Disk) dropPage(n *node, pages []uint64, nth int64) {
	if n.isDir() {
		return
	}
	if len(pages) < 2 || d.options.Filesystem == Btrfs {
		d.endWriteBack(n, failedWriteBack{dropped: pages})
		return
	}
	first, last := n.failsWith(d, pages, int(max(nth, 0)%int64(len(pages))))
	w := failedWriteBack{dropped: pages[first : last+1], follows: d.options.Filesystem == XFS}
	for i, index := range pages {
		if (i < first || i > last) && !n.isNameless() && !n.frees(index, 0) {
			w.written = append(w.written, index)
		}
	}
	d.endWriteBack(n, w)
}

// failsWith says which of the pages that are written fail with one of them, from
// the first to the last.
func (n *node) failsWith(d *Disk, pages []uint64, which int) (first, last int) {
	first, last = which, which
	// Zeros are a hole or preallocated: the disk doesn't tell those from zeros
	// that were written.
	inNewBlock := func(i int) bool {
		m := n.medium(d, pages[i])
		return m.data == nil || allZero(m.data[:]) || n.frees(pages[i], m.synced)
	}
	if d.options.Filesystem == POSIX || !inNewBlock(which) {
		return first, last
	}
	// Ext4 gives pages that are apart from each other neighbouring blocks.
	together := func(i, j int) bool { return pages[i]+1 == pages[j] || d.options.Filesystem != XFS }
	for first > 0 && together(first-1, first) && inNewBlock(first-1) {
		first--
	}
	for last+1 < len(pages) && together(last, last+1) && inNewBlock(last+1) {
		last++
	}
	return first, last
}

// failedWriteBack is the pages that one dropped, and those that it wrote.
type failedWriteBack struct {
	dropped, written []uint64
	follows          bool // a size follows the data that is written
}

// endWriteBack leaves of the pending effects the changes of size, the
// truncations, and the data in pages that the write-back didn't touch.
func (d *Disk) endWriteBack(n *node, w failedWriteBack) {
	pages := slices.Sorted(slices.Values(slices.Concat(w.dropped, w.written)))
	if len(pages) == 0 {
		return
	}
	if len(w.dropped) > 0 {
		n.filled = 0 // whether that took blocks is not known
	}
	known := d.onMedium(n, w)
	d.keepWritten(n, w.written)
	for _, index := range w.dropped {
		d.dropFromLog(n, index)
	}
	n.stale = slices.DeleteFunc(n.stale, func(p stalePage) bool { return slices.Contains(w.written, p.index) })
	var left []dataEffect
	cuts := false
	for _, e := range n.effects {
		switch {
		case e.cut:
			cuts = true
			left = append(left, e.cutWithout(pages))
		case e.zeroes:
			left = append(left, e.zeroesWithout(pages)...)
		default:
			left = append(left, w.rest(&e, pages)...)
		}
	}
	n.effects = left
	for _, p := range known {
		if len(left) > 0 || !n.shows(p) {
			n.setStale(p)
		}
	}
	if !cuts {
		n.dropOld(d)
	}
	d.makeDirty(n)
}

// onMedium is what the medium has of the pages of a write-back when it ends.
func (d *Disk) onMedium(n *node, w failedWriteBack) []stalePage {
	known := make([]stalePage, 0, len(w.dropped))
	size := int64(never)
	for i := range n.effects {
		if e := &n.effects[i]; e.cut {
			size = min(size, e.after)
		}
	}
	for _, index := range w.dropped {
		p := n.medium(d, index)
		p.since, p.own = d.seq, n.ownSince(int64(index), size, len(n.effects))
		known = append(known, p)
	}
	for _, index := range w.written {
		p := stalePage{index: index, data: new([pageBytes]byte), since: d.seq, own: n.ownSince(int64(index), size, len(n.effects))}
		n.versionOf(index, len(n.effects)-1, p.data)
		known = append(known, p)
	}
	return known
}

// cutWithout is what is left of a truncation when the data of some pages is
// pending no more: the one in the middle of which it ends was written or dropped
// as a whole. Pages behind that it frees, whatever becomes of data.
func (e dataEffect) cutWithout(pages []uint64) dataEffect {
	if at := uint64(e.after / pageBytes); e.after%pageBytes != 0 && slices.Contains(pages, at) {
		end := e.off + e.n
		e.off = min(max(e.off, roundUp(e.after)), end)
		e.n = end - e.off
	}
	return e
}

// zeroesWithout is the same of a range that was zeroed: the pages at its ends, of
// which a part was overwritten, were written or dropped. A size that it commits is no data.
func (e dataEffect) zeroesWithout(pages []uint64) []dataEffect {
	left := e.without(slices.DeleteFunc(slices.Clone(pages), func(index uint64) bool { return e.makesHole(int64(index) * pageBytes) }))
	if len(left) == 0 && e.zeroedTo > 0 {
		e.n = 0
		return []dataEffect{e}
	}
	return left
}

// rest is what is left of a write when the data of some pages is pending no more:
// the parts in other pages, and its change of size. A size is lost beyond the last
// page that can still carry it.
func (w *failedWriteBack) rest(e *dataEffect, pages []uint64) []dataEffect {
	if e.n == 0 {
		return []dataEffect{*e}
	}
	parts, end := e.without(pages), e.off+e.n
	k := len(parts) - 1
	if k >= 0 && parts[k].off+parts[k].n == end {
		return parts // its end is pending still, and the size with it
	}
	if e.before == e.after && !e.synced {
		return parts
	}
	size := dataEffect{seq: e.seq, before: e.before, after: e.after, sizeOnly: true, reach: e.after, reserved: e.reserved, synced: e.synced, inode: e.inode, floor: e.floor}
	if e.synced {
		size.reach = min(e.after, roundUp(end))
		return append(parts, size)
	}
	if k >= 0 && parts[k].off+parts[k].n > size.before {
		size.before = parts[k].off + parts[k].n
		parts[k].after = size.before
	}
	if reach := w.reach(); e.after > reach && slices.Contains(w.dropped, uint64((end-1)/pageBytes)) {
		if size.lost, size.reach = true, 0; w.follows {
			size.reach = reach
		}
	}
	return append(parts, size)
}

// reach is how far the written pages carry a size.
func (w *failedWriteBack) reach() int64 {
	if len(w.written) == 0 {
		return 0
	}
	return (int64(w.written[len(w.written)-1]) + 1) * pageBytes
}

// pagesToWrite lists the pages that a write-back writes, in order: those written
// to since a truncation freed them, if any did, and those that one ends in. What
// was durable at once needs no other.
func (n *node) pagesToWrite() []uint64 {
	return slices.DeleteFunc(n.touchedPages(false), func(index uint64) bool {
		at := int64(index) * pageBytes
		dirty := false
		for i := range n.effects {
			switch e := &n.effects[i]; {
			case !e.touches(at, at+pageBytes):
			case e.cut && at >= e.after, e.makesHole(at):
				dirty = false
			case !e.synced:
				dirty = true
			}
		}
		return !dirty || at >= n.size
	})
}

// flusherFails is a write-back that nobody asked for, and that fails: the data
// is gone from the cache too, and the next fsync tells.
func (d *Disk) flusherFails(n *node) {
	if len(n.pagesToWrite()) == 0 {
		return
	}
	d.dropPending(n)
	d.evict(n)
	d.addError(n, &injectedError{errIO})
}

// dropFromLog notes that what is pending of a page never got to the medium. Images
// hold the log as it was.
func (d *Disk) dropFromLog(n *node, index uint64) {
	from := int64(index) * pageBytes
	was, _ := n.staleAt(index)
	log := make([]logEntry, 0, len(d.layer.log)+2)
	for _, e := range d.layer.log {
		first, last := max(e.off, from), min(e.off+e.n, from+pageBytes)
		if e.ino != n.ino || first >= last || e.seq <= was.since || !n.isPending(e.seq) {
			log = append(log, e)
			continue
		}
		part := func(off, end int64, dropped bool) {
			if off < end {
				q := e
				q.off, q.n, q.dropped = off, end-off, e.dropped || dropped
				log = append(log, q)
			}
		}
		part(e.off, first, false)
		part(first, last, true)
		part(last, e.off+e.n, false)
	}
	d.layer.log = log
}

// isPending says whether an operation on the file is pending.
func (n *node) isPending(seq int64) bool {
	return slices.ContainsFunc(n.effects, func(e dataEffect) bool { return e.seq == seq && !e.synced })
}
