package vfs

import "slices"

// dropDone takes changes of names off the list that are durable in every profile,
// both halves.
func (d *Disk) dropDone() {
	kept := d.names[:0]
	var gone []uint64
	for i := range d.names {
		e := d.names[i]
		pending := false
		for _, h := range e.halves() {
			pending = pending || h.exists() && !h.done
		}
		if pending {
			kept = append(kept, e)
			continue
		}
		hideBefore(kept, &e.add, 0)
		hideBefore(kept, &e.del, e.ino)
		d.rememberDone(&e)
		gone = append(gone, e.over)
	}
	clear(d.names[len(kept):])
	d.names = kept
	d.reapAll(gone)
}

// hideBefore hides the earlier halves of an entry that a durable half changed, which
// may still be pending themselves: whether they persisted doesn't show. A removal
// takes away only what it removed, removed not being 0: so where the addition of that
// may be lost, what was there before it still shows.
func hideBefore(names []nameEffect, h *half, removed uint64) {
	if !h.exists() {
		return
	}
	for i := len(names) - 1; i >= 0; i-- {
		e := &names[i]
		for _, earlier := range [2]*half{&e.del, &e.add} {
			if !earlier.is(h.dir, h.name) {
				continue
			}
			earlier.hidden = true
			if earlier == &e.add && e.ino == removed && !earlier.done {
				return
			}
		}
	}
}

// rememberDone notes of a change that is durable what btrfs's log goes by when it
// decides which directories an fsync takes with it: see logFile and logBelow.
func (d *Disk) rememberDone(e *nameEffect) {
	n := d.node(e.ino)
	if n == nil {
		return
	}
	for _, h := range e.halves() {
		p := pastDir{dir: h.dir, added: h == &e.add, again: e.seq > n.created}
		if h.exists() && !slices.Contains(n.past, p) {
			n.past = append(n.past, p)
		}
	}
	if dir := d.node(e.add.dir); e.placesDir() && dir != nil {
		dir.made = append(dir.made, e.ino)
	}
}

// reapAll reaps those of some inodes that can be.
func (d *Disk) reapAll(inos []uint64) {
	for _, ino := range inos {
		if n := d.node(ino); n != nil {
			d.reap(n)
		}
	}
}

// reap forgets a file or directory for good: no name, no handle, and no crash
// that could bring it back. What is pending in such a directory is forgotten
// too, since no path will ever lead there.
func (d *Disk) reap(n *node) {
	if n.dead || len(n.links) > 0 || n.handles > 0 || n.ino == rootIno || d.mayReturn(n) {
		return
	}
	n.stale = nil
	d.keepHistory(n, 0, len(n.effects)) // what it wrote may be in a block that another file had
	n.settle(d)
	n.changes = nil
	d.clean(n)
	n.dead = true
	d.touch(n)
	if n.isDir() {
		d.reapAll(d.dropNamesIn(n.ino))
	}
}

// mayReturn says whether a crash could give a file or directory that has no
// name one again.
func (d *Disk) mayReturn(n *node) bool {
	return slices.ContainsFunc(d.names, func(e nameEffect) bool {
		return e.ino == n.ino || e.over == n.ino || e.add.was == n.ino
	})
}

// dropNamesIn forgets the pending halves in a directory that is gone, and
// returns what may be gone with them.
func (d *Disk) dropNamesIn(dir uint64) []uint64 {
	var gone []uint64
	kept := d.names[:0]
	for _, e := range d.names {
		for _, h := range e.halves() {
			if h.dir == dir {
				gone = append(gone, e.ino, e.over, h.was)
				*h = half{}
			}
		}
		if e.add.exists() || e.del.exists() {
			kept = append(kept, e)
		}
	}
	clear(d.names[len(kept):])
	d.names = kept
	return gone
}
