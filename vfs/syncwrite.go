package vfs

import "slices"

// Writes through O_SYNC and O_DSYNC handles.
//
// Such a write is two operations: an OpWrite, and an OpSync with the bytes
// written as Offset and Len. Between the two it is pending like any other: a
// crash may tear it. The second makes durable what was written, and strikes as
// an fsync of that range: it may fail in each of the ways of SyncFailure, and
// what it returns the write returns.

// syncScope is what an fsync is asked to make durable.
type syncScope struct {
	dataOnly bool
	ranged   bool // a range of bytes alone:
	off, end int64
	seq      int64 // what that operation wrote there, 0 for all that is there
	opened   int64 // the Seq at which the handle was
}

// syncWritten ends a write through an O_SYNC or O_DSYNC handle: what it wrote
// becomes durable.
func (f *handle) syncWritten(write *Op, n int) error {
	mode := syncModeOf(f.flag)
	if mode == noSync || n <= 0 {
		return nil
	}
	d := f.d
	op := Op{Kind: OpSync, Offset: write.Offset, Len: int64(n), Flag: f.flag}
	var out Outcome
	d.mu.Lock()
	op.Path = f.where()
	err := d.proceed(&op, &out, f.n.dev)
	if err == nil {
		err = f.sync(&out, syncScope{
			dataOnly: mode == dataSync, ranged: true, seq: int64(write.Seq) + d.mounted,
			off: write.Offset, end: write.Offset + int64(n),
		})
	}
	err = f.fail("write", err)
	d.end(&op, &out, 0, err)
	return err
}

// syncWrite makes durable what one write wrote: of its units, wherever they
// landed, no older version shows from now on.
func (d *Disk) syncWrite(n *node, s syncScope) {
	for _, m := range slices.Clone(d.dirty) {
		if m.isNameless() {
			continue // see syncNameless
		}
		wrote := false
		for i := range m.effects {
			if e := &m.effects[i]; e.seq == s.seq && e.n > 0 && !e.cut {
				e.synced, e.inode, e.floor = true, !s.dataOnly, min(e.off+e.n, e.after)
				wrote = true
			}
		}
		if wrote {
			d.settleSynced(m)
			d.syncInode(m, s)
		}
	}
	if n.isNameless() {
		d.syncNameless(n, s)
		return
	}
	d.syncInode(n, s)
}

// settleSynced forgets the effects that are durable: those with nothing pending
// before them, and those that touch what no other does, unless they say of a
// truncation before them that it is durable.
func (d *Disk) settleSynced(n *node) {
	k := 0
	for k < len(n.effects) && n.effects[k].synced && !n.endsInStale(k) && !n.effects[k].leavesHole() {
		k++
	}
	if k > 0 {
		n.dropStaleOf(0, k)
		d.keepHistory(n, 0, k)
		n.takeBlocks(d.seq, k)
		if k == len(n.effects) {
			n.settle(d)
			if len(n.stale) == 0 {
				d.clean(n)
			}
			return
		}
		n.effects = slices.Delete(n.effects, 0, k)
	}
	size := n.baseSize()
	for i := range n.effects {
		size = min(size, n.effects[i].after)
	}
	for i := 0; i < len(n.effects); {
		e := &n.effects[i]
		if e.before != e.after && (e.cut || e.n == 0) {
			break
		}
		if !e.synced || e.before != e.after || e.off+e.n > size || n.overlapped(i) || n.endsInStale(i) {
			i++
			continue
		}
		n.dropStaleOf(i, i+1)
		if d.firstFreed() > 0 {
			d.keepHistory(n, i, i+1)
		}
		n.ownAfter(e)
		n.effects = slices.Delete(n.effects, i, i+1)
	}
}

// leavesHole says whether a write left pages behind the old end that nobody wrote.
func (e *dataEffect) leavesHole() bool { return e.off > roundUp(e.before) }

// endsInStale says whether effect i begins or ends within a page of which the
// medium has something else.
func (n *node) endsInStale(i int) bool {
	e := &n.effects[i]
	for _, at := range [2]int64{e.off, e.off + e.n} {
		if _, stale := n.staleAt(uint64(at / pageBytes)); stale && at%pageBytes != 0 {
			return true
		}
	}
	return false
}

// overlapped says whether another effect touches a page that effect i does.
func (n *node) overlapped(i int) bool {
	e := &n.effects[i]
	from, to := e.off/pageBytes*pageBytes, roundUp(e.off+e.n)
	for j := range n.effects {
		if j != i && n.effects[j].touches(from, to) {
			return true
		}
	}
	return false
}

// dropWritten is a write-back of what one write wrote, of which all pages fail, or
// one, as with dropPage.
func (d *Disk) dropWritten(n *node, s syncScope, out *Outcome) {
	pages := n.pagesIn(s.off, s.end)
	if out.Sync == SyncDropPage {
		d.dropPage(n, pages, out.Page)
	} else {
		d.endWriteBack(n, failedWriteBack{dropped: pages})
	}
}

// pagesIn lists the pages of a range that a write-back of it writes.
func (n *node) pagesIn(off, end int64) []uint64 {
	return slices.DeleteFunc(n.pagesToWrite(), func(index uint64) bool {
		return int64(index+1)*pageBytes <= off || end <= int64(index)*pageBytes
	})
}

// without is what is left of a write when it loses some pages: parts. A growth
// stays with the one that ends where the write did, if there is one.
func (e dataEffect) without(pages []uint64) []dataEffect {
	var parts []dataEffect
	from, to := e.extent()
	part := func(off, end int64) {
		if off < end {
			p := e
			p.savedAt, p.off, p.n, p.from, p.to = e.savedAt+int(off-e.off), off, end-off, from, to
			if end < e.off+e.n {
				p.after, p.floor = e.before, min(p.floor, end, e.before)
			}
			parts = append(parts, p)
		}
	}
	end, at := e.off+e.n, e.off
	for _, index := range pages {
		page := int64(index) * pageBytes
		if page >= end || page+pageBytes <= e.off {
			continue
		}
		part(at, max(page, at))
		at = page + pageBytes
	}
	part(at, end)
	return parts
}
