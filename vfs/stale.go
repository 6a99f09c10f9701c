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
		bases = append(bases, stalePage{index: index, data: n.medium(index)})
	}
	for _, b := range bases {
		i, ok := slices.BinarySearchFunc(n.stale, b.index, func(p stalePage, i uint64) int { return cmp.Compare(p.index, i) })
		if ok {
			n.stale[i] = b
		} else {
			n.stale = slices.Insert(n.stale, i, b)
		}
	}
	for i := range d.layer.log {
		e := &d.layer.log[i]
		if e.ino == n.ino && len(n.effects) > 0 && e.seq >= n.effects[0].seq {
			e.dropped = true
		}
	}
	sizes := n.effects[:0]
	for _, e := range n.effects {
		if e.before != e.after {
			sizes = append(sizes, dataEffect{seq: e.seq, before: e.before, after: e.after, lost: e.lost || e.n > 0 && !e.cut})
		}
	}
	n.dropOld(d)
	n.effects, n.saved = sizes, n.saved[:0]
}

// medium returns what the medium has of a page, nil for a hole.
func (n *node) medium(index uint64) *[pageBytes]byte {
	if p, ok := n.staleAt(index); ok {
		return p.data
	}
	if int64(index)*pageBytes >= n.baseSize() {
		return nil
	}
	var data [pageBytes]byte
	n.versionOf(index, -1, &data)
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

// Evict drops every clean page from the cache. Where an fsync failed and its
// data was dropped, the old content shows from then on.
func (d *Disk) Evict() {
	d.mu.Lock()
	defer d.mu.Unlock()
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
		if left := n.size - off; left > 0 {
			page := n.pageFor(d, p.index)
			clear(page.data[:])
			if p.data != nil {
				copy(page.data[:min(left, pageBytes)], p.data[:])
			}
		}
		d.touch(n)
		return true
	})
	if len(n.stale) == 0 && len(n.effects) == 0 {
		d.clean(n)
	}
}
