package vfs

import (
	"cmp"
	"slices"
)

// stalePage is what the medium holds of a page since a write-back that failed in
// part or as a whole. Nil data is a hole. Nothing that was done to the page until
// then is pending, but for truncations that free it; what is done later is.
type stalePage struct {
	index uint64
	data  *[pageBytes]byte
	since int64 // Seq of the write-back
	// synced is the last write in data that was durable at once: what truncations
	// before it freed was another block. 0 if there is none.
	synced int64
	// own is ownSince at the write-back: never, if the block was not the file's own for certain.
	own int64
}

// touchedSince says whether a pending effect touched the page after the write-back.
func (p *stalePage) touchedSince(n *node) bool {
	at := int64(p.index) * pageBytes
	return slices.ContainsFunc(n.effects, func(e dataEffect) bool { return e.seq > p.since && e.touches(at, at+pageBytes) })
}

// whenCommitted is what the medium has of the page once the pending truncations are
// durable.
func (p *stalePage) whenCommitted(n *node) *[pageBytes]byte {
	if n.frees(p.index, p.synced) {
		return nil
	}
	return p.data
}

// frees says whether a pending truncation after a Seq frees a page as a whole, or a
// hole was made of it.
func (n *node) frees(index uint64, since int64) bool {
	at := int64(index) * pageBytes
	return slices.ContainsFunc(n.effects, func(e dataEffect) bool {
		return e.seq > since && (e.cut && at >= e.after && e.touches(at, at+pageBytes) || e.makesHole(at))
	})
}

// staleAt returns the stale page of that index.
func (n *node) staleAt(index uint64) (stalePage, bool) {
	i, ok := slices.BinarySearchFunc(n.stale, index, func(p stalePage, i uint64) int { return cmp.Compare(p.index, i) })
	if !ok {
		return stalePage{}, false
	}
	return n.stale[i], true
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

// medium returns what the medium has of a page, if no pending truncation is
// durable.
func (n *node) medium(d *Disk, index uint64) stalePage {
	at, unit := int64(index)*pageBytes, int64(d.options.SectorBytes)
	p, isStale := n.staleAt(index)
	m := stalePage{index: index, synced: p.synced}
	there := isStale && p.data != nil || !isStale && at < n.baseSize()
	var data, written [pageBytes]byte
	if there {
		n.content(index, base, &data)
	}
	for i := range n.effects {
		e := &n.effects[i]
		if !e.synced || !e.touches(at, at+pageBytes) {
			continue
		}
		there, m.synced = true, e.seq
		from, to := max(e.off-at, 0)/unit*unit, min((e.off+e.n-at+unit-1)/unit*unit, pageBytes)
		n.versionOf(index, i, &written)
		copy(data[from:to], written[from:to])
	}
	if there {
		m.data = &data
	}
	return m
}

// dropStale forgets the stale pages that a write-back of all that is pending
// overwrites, and those beyond the size. Of the others the medium has then what the
// truncations left. From certain on, in the middle of a page, too, the size of the file is
// not certain, and with it that there is anything but a hole.
func (n *node) dropStale(certain int64) {
	kept := n.stale[:0]
	for _, p := range n.stale {
		if int64(p.index)*pageBytes >= n.size || p.touchedSince(n) {
			continue
		}
		p.data, p.synced = p.whenCommitted(n), 0
		if !n.shows(p) || certain < n.size && int64(p.index+1)*pageBytes > certain {
			kept = append(kept, p)
		}
	}
	n.stale = kept
}

// shows says whether the cache has of a page what the medium has, beyond the end of
// the file too: a later growth would show that.
func (n *node) shows(p stalePage) bool {
	var have, want [pageBytes]byte
	if cached := n.pages.get(p.index); cached != nil {
		have = cached.data
	}
	if p.data != nil {
		want = *p.data
	}
	return have == want
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

// evict drops a file's clean pages from the cache. What the medium has of them is
// still to be known, if a truncation is pending that frees them, and beyond the end
// of the file.
func (d *Disk) evict(n *node) {
	n.stale = slices.DeleteFunc(n.stale, func(p stalePage) bool {
		if p.touchedSince(n) {
			return false
		}
		off := int64(p.index) * pageBytes
		data := p.whenCommitted(n)
		hole := n.pages.get(p.index) == nil && (data == nil || allZero(data[:])) // and stays one
		if left := n.size - off; left > 0 && !hole {
			page := n.pageFor(d, p.index)
			clear(page.data[:])
			if data != nil {
				copy(page.data[:min(left, pageBytes)], data[:])
			}
		}
		d.touch(n)
		return len(n.effects) == 0 && n.shows(p)
	})
	if len(n.stale) == 0 && len(n.effects) == 0 {
		d.clean(n)
	}
}
