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
	count := func(pages *table[page]) {
		pages.each(0, func(uint64, *page) bool { d.usedBlocks++; return true })
	}
	for ino := uint64(rootIno); ino < d.nextIno; ino++ {
		if n := d.nodes.get(ino); n != nil {
			if len(n.links) > 0 || n.handles > 0 {
				count(&n.pages)
			}
		} else if f := d.frozen.get(ino); f != nil && len(f.links) > 0 {
			count(&f.pages)
		}
	}
}

func (d *Disk) full() bool { return d.capacityBlocks > 0 && d.usedBlocks >= d.capacityBlocks }

// room returns how many of the bytes in [off, off+length) can be written: all,
// or those up to the first block that there is no space for.
func (d *Disk) room(n *node, off, length int64) int64 {
	if d.capacityBlocks == 0 || length == 0 {
		return length
	}
	free := d.capacityBlocks - d.usedBlocks
	if free <= 0 && d.options.Filesystem == Btrfs {
		return 0 // copy on write: even an overwrite needs a block
	}
	for at := off; at < off+length; at = (at/pageBytes + 1) * pageBytes {
		if n.pages.get(uint64(at/pageBytes)) == nil {
			if free--; free < 0 {
				return at - off
			}
		}
	}
	return length
}
