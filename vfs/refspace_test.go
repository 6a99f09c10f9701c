package vfs_test

// refSpace is which blocks a file of the reference takes: those that it reserved,
// from its start, and those that were written to.
type refSpace struct {
	reserved int
	written  map[int]bool
}

func refBlocks(bytes int) int { return (bytes + refPage - 1) / refPage }

func (s *refSpace) takes(block int) bool { return block < s.reserved || s.written[block] }

// takeSpace is what an event does to the blocks of a file.
func (i *refInode) takeSpace(e refEvent) {
	if i.written == nil {
		i.written = map[int]bool{}
	}
	switch e.kind {
	case 'w':
		for b := e.off / refPage; b*refPage < e.off+e.n; b++ {
			if !i.written[b] {
				i.filled = e.seq
			}
			i.written[b] = true
		}
	case 't':
		i.reserved = min(i.reserved, refBlocks(e.n))
		for b := range i.written {
			if b >= refBlocks(e.n) {
				delete(i.written, b)
			}
		}
	}
}

// unwritten lists the pages within a file's size that an event writes to as the first.
func (i *refInode) unwritten(e refEvent) (pages []int) {
	for b := e.off / refPage; e.kind == 'w' && b*refPage < min(e.off+e.n, len(i.content)); b++ {
		if !i.written[b] {
			pages = append(pages, b*refPage)
		}
	}
	return pages
}

// used counts the blocks of all files that have a name or are open.
func (d *refDisk) used() (blocks int) {
	there := map[int]bool{}
	for _, n := range d.now {
		there[n] = true
	}
	for _, n := range d.handles {
		there[n] = true
	}
	for n := range there {
		blocks += d.inodes[n].reserved
		for b := range d.inodes[n].written {
			if b >= d.inodes[n].reserved {
				blocks++
			}
		}
	}
	return blocks
}

// full says whether no block is left.
func (d *refDisk) full() bool { return d.capacity > 0 && d.used() >= d.capacity }

// room is how many bytes of a write there is space for.
func (d *refDisk) room(i *refInode, off, n int) int {
	if d.capacity == 0 {
		return n
	}
	free := d.capacity - d.used()
	for b := off / refPage; b*refPage < off+n; b++ {
		if i.takes(b) && (d.filesystem != "btrfs" || !i.written[b] || free > 0) {
			continue // btrfs overwrites nothing in place
		}
		if free--; free < 0 || i.takes(b) {
			return max(b*refPage-off, 0)
		}
	}
	return n
}

// reserve makes the first blocks of a file its own, if there is space for them.
func (d *refDisk) reserve(i *refInode, size int) bool {
	more := 0
	for b := range refBlocks(size) {
		if !i.takes(b) {
			more++
		}
	}
	if d.capacity > 0 && more > max(d.capacity-d.used(), 0) {
		return false
	}
	i.reserved = max(i.reserved, refBlocks(size))
	return true
}
