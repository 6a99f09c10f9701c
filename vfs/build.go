package vfs

import "slices"

// edits are the inodes in which an image differs from what programs see, copied
// when they are first changed. All others the image shares with the disk.
type edits struct {
	d *Disk
	changeSet
}

// inode returns a copy that may be changed.
func (e *edits) inode(ino uint64) *inode { return e.change(ino).after }

// change is the change of an inode that is to be changed. It holds until the next one.
func (e *edits) change(ino uint64) *change {
	if c := e.find(ino); c != nil {
		return c
	}
	before := e.table.get(ino)
	after := *before
	return e.add(change{before: before, after: &after})
}

// peek is inode for a reader.
func (e *edits) peek(ino uint64) *inode { return e.get(ino) }

// applyNames makes the names as a set leaves them. Only entries that pending
// changes concern can differ from what programs see.
func (e *edits) applyNames(set nameSet) {
	for _, s := range e.d.slots(set) {
		if s.is == s.now {
			continue
		}
		if s.now != 0 {
			e.inode(s.now).dropLink(s.dir, s.name)
		}
		if s.is != 0 {
			e.inode(s.is).addLink(s.dir, s.name)
		}
		dir := e.inode(s.dir)
		dir.entries = dir.entries.with(s.name, s.is)
	}
}

// reachable says whether a path leads to an inode: a name in a directory that did
// not persist leads nowhere. Crashes can make a circle of directories, which counts
// as unreachable.
func (e *edits) reachable(ino uint64) bool {
	n := e.peek(ino)
	if n.isDir() {
		for steps := 0; n.ino != rootIno; steps++ {
			if len(n.links) == 0 || steps > maxPathBytes {
				return false
			}
			n = e.peek(n.links[0].dir)
		}
		return true
	}
	for _, k := range n.links {
		if e.reachable(k.dir) {
			return true
		}
	}
	return false
}

// newEdits brings the frozen table up to date, for an image to start from.
func (d *Disk) newEdits() *edits {
	d.refresh()
	return &edits{d, changeSet{table: &d.frozen}}
}

// fill makes a page's content. Contents of before an effect are not kept; they come
// from undoing effects, the last first. So it walks back over the effects once, and
// takes each unit when the page is as the unit's version has it.
func (n *node) fill(p *pageSelection, unit int, data *[pageBytes]byte, size int64) {
	oldest := unitVersion(len(n.effects))
	for _, v := range p.units {
		if v > base {
			oldest = min(oldest, v)
		}
	}
	// The medium's version is the one before all effects, unless the page is stale:
	// then the medium has something that was never seen since.
	hasBase := slices.Contains(p.units, base)
	_, stale := n.staleAt(p.index)
	if hasBase && !stale {
		oldest = base
	}
	var work, other [pageBytes]byte
	n.versionOf(p.index, len(n.effects)-1, &work)
	clear(data[:])
	take := func(v unitVersion, from *[pageBytes]byte) {
		for u, w := range p.units {
			if w == v {
				copy(data[u*unit:min((u+1)*unit, pageBytes)], from[u*unit:])
			}
		}
	}
	for v := unitVersion(len(n.effects) - 1); v >= oldest; v-- {
		if v >= 0 {
			take(v, &work)
			n.undo(&n.effects[v], work[:], int64(p.index)*pageBytes)
		} else {
			take(base, &work)
		}
	}
	if hasBase && stale {
		n.content(p.index, base, &other)
		take(base, &other)
	}
	for i := range p.reused {
		if v := firstForeign - unitVersion(i); slices.Contains(p.units, v) {
			take(v, p.reused[i].data)
		}
	}
	if end := size - int64(p.index)*pageBytes; end < pageBytes {
		clear(data[end:])
	}
}
