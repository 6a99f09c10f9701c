package vfs

// bind binds an entry to a child, nil for none, as programs see it, and returns that
// as a half of what is pending from now on.
func (d *Disk) bind(dir *node, name string, child *node) half {
	h := half{dir: dir.ino, name: name, was: dir.entries.get(name)}
	if old := d.node(h.was); old != nil {
		if old.dropLink(dir.ino, name); len(old.links) == 0 {
			old.lastMeta = d.seq
		}
		d.touch(old)
		d.forget(old)
	}
	if child != nil {
		h.now = child.ino
		child.addLink(dir.ino, name)
		d.touch(child)
	}
	dir.entries = dir.entries.with(name, h.now)
	dir.modNanos = d.now()
	dir.resized(d.seq)
	d.touch(dir)
	return h
}

// forget gives back the space of a file without names and handles. Its pending
// effects stay: the name may come back after a crash.
func (d *Disk) forget(n *node) {
	if len(n.links) == 0 && n.handles == 0 && !n.isDir() && d.of(&n.inode).capacityBlocks > 0 {
		d.of(&n.inode).usedBlocks -= n.blocks()
	}
}

// link gives a node a name that was free.
func (d *Disk) link(kind OpKind, p place, n *node) {
	add := d.bind(p.dir, p.name, n)
	n.lastMeta = d.seq
	d.addName(nameEffect{seq: d.seq, kind: kind, ino: n.ino, isDir: n.isDir(), add: add})
}

// unlink takes a name away.
func (d *Disk) unlink(p place) {
	e := nameEffect{seq: d.seq, kind: OpRemove, ino: p.node.ino, isDir: p.node.isDir(), del: d.bind(p.dir, p.name, nil)}
	e.over = p.node.ino
	d.addName(e)
	d.moves++
}

// move renames, over what the target names. The entry of the new name changes first,
// so that the file never lacks a name in between: forget would give its space back.
func (d *Disk) move(from, to place) {
	n := from.node
	e := nameEffect{seq: d.seq, kind: OpRename, ino: n.ino, isDir: n.isDir()}
	if to.node != nil && n.waitsForBlocks() {
		n.barriers = append(n.barriers, barrier{seq: d.seq})
	}
	e.add = d.bind(to.dir, to.name, n)
	e.del = d.bind(from.dir, from.name, nil)
	if to.node != nil {
		e.over = to.node.ino
	}
	n.lastMeta = d.seq
	d.addName(e)
	d.moves++
}

// within says whether dir is n or lies below it.
func (d *Disk) within(dir, n *node) bool {
	for dir != nil {
		if dir == n {
			return true
		}
		if len(dir.links) == 0 {
			return false
		}
		dir = d.node(dir.links[0].dir)
	}
	return false
}
