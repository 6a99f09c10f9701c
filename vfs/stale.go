package vfs

import (
	"cmp"
	"slices"
)

// stalePage is what the medium holds where the cache shows something else and
// nothing is pending. Nil data is a hole.
type stalePage struct {
	index uint64
	data  *[pageBytes]byte
	// freed is, if not 0, the Seq of a truncation that cut the page off and is
	// still pending: with it there is a hole, without it there is data.
	freed int64
}

// shows is what a program reads once the page is evicted, nil for zeros.
func (p *stalePage) shows() *[pageBytes]byte {
	if p.freed > 0 {
		return nil
	}
	return p.data
}

// staleAt returns the stale page of that index.
func (n *node) staleAt(index uint64) (stalePage, bool) {
	i, ok := slices.BinarySearchFunc(n.stale, index, func(p stalePage, i uint64) int { return cmp.Compare(p.index, i) })
	if !ok {
		return stalePage{}, false
	}
	return n.stale[i], true
}

// dropPending is what a failed write-back does: the pages count as clean, the
// cache shows the new data, and the medium keeps the old. A change of size is
// the filesystem's own and stays pending: for ever, if only data had made it,
// since xfs never sets a size without the data. A filesystem that does commits
// it as usual.
//
// The names of a directory stay pending: they are in the filesystem's own
// journal, which writes them again or fails altogether, see SyncJournalFails.
func (d *Disk) dropPending(n *node) {
	if n.isDir() {
		return
	}
	touched := n.touchedPages()
	bases := make([]stalePage, 0, len(touched))
	for _, index := range touched {
		bases = append(bases, stalePage{index: index, data: n.medium(d, index), freed: n.freedAt(index)})
	}
	for _, b := range bases {
		n.setStale(b)
	}
	if len(n.effects) > 0 {
		d.dropFromLog(n, n.effects[0].seq, 0, maxFileBytes)
	}
	sizes := n.effects[:0]
	for _, e := range n.effects {
		if e.before != e.after || e.synced {
			sizes = append(sizes, dataEffect{seq: e.seq, before: e.before, after: e.after, reserved: e.reserved, lost: e.lost || e.n > 0 && !e.cut && !e.synced, synced: e.synced, inode: e.inode, floor: e.floor})
		}
	}
	n.dropOld(d)
	n.effects, n.saved = sizes, n.saved[:0]
}

// freedAt is the Seq of the pending truncation that cut off a page of the medium,
// 0 if none did.
func (n *node) freedAt(index uint64) int64 {
	at, size, freed := int64(index)*pageBytes, n.baseSize(), int64(0)
	for i := range n.effects {
		e := &n.effects[i]
		if e.frees(at, size) {
			freed = e.seq
		}
		size = min(size, e.after)
	}
	return freed
}

// commitCuts makes the pending truncations below stale pages durable.
func (n *node) commitCuts() {
	for i := range n.stale {
		if p := &n.stale[i]; p.freed > 0 {
			p.data, p.freed = nil, 0
		}
	}
}

// setStale notes what the medium has of a page.
func (n *node) setStale(p stalePage) {
	i, ok := slices.BinarySearchFunc(n.stale, p.index, func(q stalePage, i uint64) int { return cmp.Compare(q.index, i) })
	if ok {
		n.stale[i] = p
	} else {
		n.stale = slices.Insert(n.stale, i, p)
	}
}

// dropFromLog notes that the bytes in [from, to) of a file that were written at
// since or later never got to the medium. Images hold the log as it was.
func (d *Disk) dropFromLog(n *node, since, from, to int64) {
	log := make([]logEntry, 0, len(d.layer.log)+2)
	for _, e := range d.layer.log {
		first, last := max(e.off, from), min(e.off+e.n, to)
		if e.ino != n.ino || e.seq < since || first >= last {
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

// dropPage is a write-back of which one page fails: the nth of those that it
// writes, counted on from the first behind the last. The others become durable,
// but for those in new blocks beside it: ext4 and xfs take a run of new blocks
// into a file when all of it was written, or not at all. Btrfs drops every page. A size that only the failed page reached is lost with it,
// as in dropPending, and so are the names' changes still pending: the fsync ends
// before the filesystem's journal is written. Only after a truncation that is
// still pending it counts as written, since new data lies in new blocks: that is
// one of the moments at which a filesystem may do so.
func (d *Disk) dropPage(n *node, nth int64) {
	if n.isDir() {
		return
	}
	pages := n.pagesToWrite()
	if len(pages) < 2 || d.options.Filesystem == Btrfs {
		d.dropPending(n)
		return
	}
	cut := false
	size := n.baseSize()
	for i := range n.effects {
		e := &n.effects[i]
		cut = cut || e.cut
		size = min(size, e.after)
	}
	first, last := n.failsWith(d, pages, int(max(nth, 0)%int64(len(pages))), size)
	if last-first+1 == len(pages) && !cut {
		d.dropPending(n)
		return
	}
	var bad []stalePage
	for _, index := range pages[first : last+1] {
		b := stalePage{index: index, data: n.medium(d, index)}
		at := int64(index) * pageBytes
		d.dropFromLog(n, n.effects[0].seq, at, at+pageBytes)
		if cut && at >= size {
			b.data = nil // its old block is free
		}
		bad = append(bad, b)
	}
	// What is behind the failed pages carries the size; they themselves do not.
	reach := n.size
	if last == len(pages)-1 {
		reach = int64(pages[first]) * pageBytes
	}
	if cut {
		d.syncFile(n, false)
		if d.options.Filesystem == XFS && reach < n.size {
			e := n.effect(d)
			e.before, e.lost = reach, true
		}
	} else {
		n.dropStale()
		d.keepHistory(n, 0, len(n.effects))
		n.takeBlocks(d.seq, len(n.effects))
		n.effects, n.saved = n.sizesUpTo(reach, d.options.Filesystem == XFS), n.saved[:0]
	}
	for _, b := range bad {
		n.setStale(b)
	}
	d.makeDirty(n)
}

// failsWith says which of the pages that are written fail with one of them, from
// the first to the last. size is the least that the file had since it was durable.
func (n *node) failsWith(d *Disk, pages []uint64, which int, size int64) (first, last int) {
	first, last = which, which
	// Zeros are a hole or preallocated: the disk doesn't tell those from zeros
	// that were written.
	inNewBlock := func(i int) bool {
		data := n.medium(d, pages[i])
		return int64(pages[i])*pageBytes >= size || data == nil || allZero(data[:])
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

// pagesToWrite lists the pages that a write-back writes, in order.
func (n *node) pagesToWrite() []uint64 {
	pages := n.touchedPages()
	for len(pages) > 0 && int64(pages[len(pages)-1])*pageBytes >= n.size {
		pages = pages[:len(pages)-1] // cut off
	}
	return pages
}

// sizesUpTo is what is left of the effects when their data is written back, but
// for the data beyond a size. Where sizes follow the data, a growth that passes
// that size is two.
func (n *node) sizesUpTo(reach int64, follows bool) []dataEffect {
	var sizes []dataEffect
	for _, e := range n.effects {
		if e.before == e.after && !e.synced {
			continue
		}
		s := dataEffect{seq: e.seq, before: e.before, after: e.after, reserved: e.reserved, lost: e.lost, synced: e.synced, inode: e.inode, floor: e.floor}
		if e.n > 0 && e.after > reach && !e.synced {
			if follows && e.before < reach {
				sizes = append(sizes, dataEffect{seq: e.seq, before: e.before, after: reach, lost: e.lost})
				s.before = reach
			}
			s.lost = true
		}
		sizes = append(sizes, s)
	}
	return sizes
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

// medium returns what the medium has of a page, nil for a hole.
func (n *node) medium(d *Disk, index uint64) *[pageBytes]byte {
	at, unit := int64(index)*pageBytes, int64(d.options.SectorBytes)
	p, isStale := n.staleAt(index)
	there := isStale && p.shows() != nil || !isStale && at < n.baseSize()
	var data, written [pageBytes]byte
	if there {
		n.content(index, base, &data)
	}
	for i := range n.effects {
		e := &n.effects[i]
		if !e.synced || !e.touches(at, at+pageBytes) {
			continue
		}
		there = true
		from, to := max(e.off-at, 0)/unit*unit, min((e.off+e.n-at+unit-1)/unit*unit, pageBytes)
		n.versionOf(index, i, &written)
		copy(data[from:to], written[from:to])
	}
	if !there {
		return nil
	}
	return &data
}

// dropStale forgets the stale pages that a write-back overwrites: those that a
// pending effect touched, and those beyond the size.
func (n *node) dropStale() {
	if len(n.stale) == 0 {
		return
	}
	touched := n.touchedPages()
	n.stale = slices.DeleteFunc(n.stale, func(p stalePage) bool {
		_, rewritten := slices.BinarySearch(touched, p.index)
		return rewritten || int64(p.index)*pageBytes >= n.size
	})
}

// dropStaleOf is dropStale for a write-back of the effects [from, to) alone.
func (n *node) dropStaleOf(from, to int) {
	n.stale = slices.DeleteFunc(n.stale, func(p stalePage) bool {
		at := int64(p.index) * pageBytes
		return slices.ContainsFunc(n.effects[from:to], func(e dataEffect) bool { return e.touches(at, at+pageBytes) })
	})
}

// Evict drops every clean page from the cache. Where an fsync failed and its
// data was dropped, the old content shows from then on.
func (d *Disk) Evict() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.evictAll()
}

func (d *Disk) evictAll() {
	if d.layer == nil {
		return
	}
	for _, n := range slices.Clone(d.dirty) {
		d.evict(n)
	}
}

// evict drops a file's clean pages from the cache.
func (d *Disk) evict(n *node) {
	touched := n.touchedPages()
	n.stale = slices.DeleteFunc(n.stale, func(p stalePage) bool {
		if _, dirty := slices.BinarySearch(touched, p.index); dirty {
			return false
		}
		off := int64(p.index) * pageBytes
		data := p.shows()
		hole := n.pages.get(p.index) == nil && (data == nil || allZero(data[:])) // and stays one
		if left := n.size - off; left > 0 && !hole {
			page := n.pageFor(d, p.index)
			clear(page.data[:])
			if data != nil {
				copy(page.data[:min(left, pageBytes)], data[:])
			}
		}
		d.touch(n)
		return true
	})
	if len(n.stale) == 0 && len(n.effects) == 0 {
		d.clean(n)
	}
}
