package vfs

// SetCapacity bounds what the files of the disk may hold, in bytes, counted in
// blocks of 4 KiB. 0: no bound. Files that hold more already keep it.
func (d *Disk) SetCapacity(bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.setCapacity(bytes)
}

// setCapacity counts what is in use: nobody did while there was no bound.
func (d *Disk) setCapacity(bytes int64) {
	d.capacityBlocks = bytes / pageBytes
	if bytes > 0 && d.capacityBlocks == 0 {
		d.capacityBlocks = 1
	}
	d.usedBlocks = 0
	if d.capacityBlocks == 0 || d.layer == nil {
		return
	}
	for ino := uint64(rootIno); ino < d.nextIno; ino++ {
		if n := d.nodes.get(ino); n != nil {
			if len(n.links) > 0 || n.handles > 0 {
				d.usedBlocks += n.blocks()
			}
		} else if f := d.frozen.get(ino); f != nil && len(f.links) > 0 {
			d.usedBlocks += f.blocks()
		}
	}
}

// blocksOf is how many blocks hold so many bytes.
func blocksOf(bytes int64) int64 { return (bytes + pageBytes - 1) / pageBytes }

// blocks is what a file takes: the blocks that it reserved, and those beyond
// them that it wrote to.
func (n *inode) blocks() int64 { return n.reserved + n.pagesFrom(n.reserved) }

// pagesFrom counts the pages from a number on.
func (n *inode) pagesFrom(from int64) (count int64) {
	n.pages.each(uint64(from), func(uint64, *page) bool { count++; return true })
	return count
}

// reserve makes the first blocks of a file its own. It returns ENOSPC, and
// reserves none, if there aren't so many.
func (d *Disk) reserve(n *node, blocks int64) error {
	if blocks <= n.reserved {
		return nil
	}
	more := blocks - n.reserved - (n.pagesFrom(n.reserved) - n.pagesFrom(blocks))
	if d.capacityBlocks > 0 && more > max(d.capacityBlocks-d.usedBlocks, 0) {
		return errNoSpace
	}
	d.usedBlocks += more
	n.reserved = blocks
	d.touch(n)
	return nil
}

// reservedAt is what a file has reserved after a power cut that left it a size:
// a reservation comes and goes with the size that it reaches. So one that a lost
// truncation had given back is there again.
func (n *node) reservedAt(size int64) int64 {
	reserved := n.reserved
	for i := range n.effects {
		reserved = max(reserved, n.effects[i].reserved)
	}
	return min(reserved, blocksOf(size))
}

// full says whether no block is left.
func (d *Disk) full() bool { return d.capacityBlocks > 0 && d.usedBlocks >= d.capacityBlocks }

// room returns how many of the bytes in [off, off+length) can be written: all,
// or those up to the first block that there is no space for.
func (d *Disk) room(n *node, off, length int64) int64 {
	if d.capacityBlocks == 0 || length == 0 {
		return length
	}
	free := d.capacityBlocks - d.usedBlocks
	for at := off; at < off+length; at = (at/pageBytes + 1) * pageBytes {
		i := at / pageBytes
		switch written := n.pages.get(uint64(i)) != nil; {
		case written && free <= 0 && d.options.Filesystem == Btrfs:
			return at - off // copy on write: even an overwrite needs a block
		case !written && i >= n.reserved:
			if free--; free < 0 {
				return at - off
			}
		}
	}
	return length
}
