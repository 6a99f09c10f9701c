package vfs

// SetCapacity bounds what the files of the main device may hold, in bytes, counted in
// blocks of 4 KiB. 0: no bound. Files that hold more already keep it.
func (d *Disk) SetCapacity(bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.setCapacity(0, bytes)
}

// LiftCapacity takes the bounds of all devices away.
func (d *Disk) LiftCapacity() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for dev := range d.devices {
		d.setCapacity(uint8(dev), 0)
	}
}

// setCapacity counts what is in use: nobody did while there was no bound.
func (d *Disk) setCapacity(dev uint8, bytes int64) {
	device := &d.devices[dev]
	device.capacityBlocks = bytes / pageBytes
	if bytes > 0 && device.capacityBlocks == 0 {
		device.capacityBlocks = 1
	}
	device.usedBlocks = 0
	if device.capacityBlocks == 0 || d.layer == nil {
		return
	}
	for ino := uint64(rootIno); ino < d.nextIno; ino++ {
		if n := d.nodes.get(ino); n != nil {
			if n.dev == dev && (len(n.links) > 0 || n.handles > 0) {
				device.usedBlocks += n.blocks()
			}
		} else if f := d.frozen.get(ino); f != nil && f.dev == dev && len(f.links) > 0 {
			device.usedBlocks += f.blocks()
		}
	}
}

// Space returns how much the files of the main device may hold, and how much of that is
// free, both in bytes. ok is false for a device without a bound.
func (d *Disk) Space() (capacity, free int64, ok bool) { return d.SpaceAt("/") }

// SpaceAt is Space of the device that a path leads to.
func (d *Disk) SpaceAt(name string) (capacity, free int64, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	device := &d.devices[d.deviceAt(name, followLink)]
	return device.capacityBlocks * pageBytes, device.free() * pageBytes, device.capacityBlocks > 0
}

// free is how many blocks are left of a device that has a bound.
func (v *device) free() int64 { return max(v.capacityBlocks-v.usedBlocks, 0) }

// blocksOf is how many blocks hold so many bytes.
func blocksOf(bytes int64) int64 { return (bytes + pageBytes - 1) / pageBytes }

// blocks is what a file takes: the blocks that it reserved, and those beside
// them that it wrote to.
func (n *inode) blocks() int64 { return n.reserved.count() + n.unreserved(0, noBlock) }

// unreserved counts the pages in [first, end) of which the blocks are taken because
// they were written to, and not because they were reserved.
func (n *inode) unreserved(first, end int64) (count int64) {
	n.pages.each(uint64(first), func(i uint64, _ *page) bool {
		if int64(i) < end && !n.reserved.has(int64(i)) {
			count++
		}
		return int64(i) < end
	})
	return count
}

// reserve makes the blocks [first, end) of a file its own. It returns ENOSPC, and
// reserves none, if there aren't so many.
func (d *Disk) reserve(n *node, first, end int64) error {
	more := end - first - n.reserved.within(first, end).count() - n.unreserved(first, end)
	if more <= 0 && n.reserved.within(first, end).count() == end-first {
		return nil
	}
	if free, lacking := d.left(n); lacking != nil && more > max(free, 0) {
		return lacking
	}
	d.of(&n.inode).usedBlocks += more
	n.reserved = n.reserved.with(blockRun{first, end})
	n.fillUp(first*pageBytes, end*pageBytes)
	d.touch(n)
	return nil
}

// giveBack frees the blocks [first, end) of a file, in the count of what is used and
// in the reservation. The caller drops the pages.
func (d *Disk) giveBack(n *node, first, end int64) {
	if device := d.of(&n.inode); device.capacityBlocks > 0 {
		device.usedBlocks -= n.reserved.within(first, end).count() + n.unreserved(first, end)
	}
	n.reserved = n.reserved.without(first, end)
}

// reservedAt is what a file has reserved after a power cut that left it a size:
// a reservation comes and goes with the size that it reaches. So one that a lost
// truncation had given back is there again. What lies beyond the size that programs
// see has nothing to do with sizes, and stays.
func (n *node) reservedAt(size int64) reservation {
	all := n.reserved
	for i := range n.effects {
		all = all.with(n.effects[i].reserved...)
	}
	return all.within(0, blocksOf(size)).with(n.reserved.within(max(blocksOf(size), blocksOf(n.size)), noBlock)...)
}

// full says whether no block is left.
func (v *device) full() bool { return v.capacityBlocks > 0 && v.usedBlocks >= v.capacityBlocks }

// left is how many blocks more a file may take, and what is told of those beyond; nil if
// nothing bounds them. The count is below zero where it took too many already.
func (d *Disk) left(n *node) (free int64, lacking error) {
	if device := d.of(&n.inode); device.capacityBlocks > 0 {
		free, lacking = device.capacityBlocks-device.usedBlocks, errNoSpace
	}
	if d.quota.Bytes > 0 {
		if left := d.quota.Bytes/pageBytes - d.heldIn(d.quota.Dir, n); lacking == nil || left < free {
			free, lacking = left, &injectedError{errQuota}
		}
	}
	return free, lacking
}

// heldIn counts the blocks of the files that have a name in a directory, or below it, and
// of one more, which says on which device.
func (d *Disk) heldIn(dir string, one *node) int64 {
	blocks, counted := one.blocks(), map[uint64]bool{one.ino: true} // looked up in, never ranged over
	var add func(ino uint64)
	add = func(ino uint64) {
		n := d.peek(ino)
		if n == nil || counted[ino] || n.dev != one.dev {
			return
		}
		counted[ino] = true
		if !n.isDir() {
			blocks += n.blocks()
			return
		}
		n.entries.each(func(_ string, ino uint64) bool { add(ino); return true })
	}
	if p, err := d.walk(dir, followLink); err == nil && p.node != nil {
		add(p.node.ino)
	}
	return blocks
}

// room returns how many of the bytes in [off, off+length) can be written: all,
// or those up to the first block that there is no space for, and what is told of the rest.
func (d *Disk) room(n *node, off, length int64) (int64, error) {
	if length == 0 {
		return length, nil
	}
	free, lacking := d.left(n)
	if lacking == nil {
		return length, nil
	}
	for at := off; at < off+length; at = (at/pageBytes + 1) * pageBytes {
		i := at / pageBytes
		switch written := n.pages.get(uint64(i)) != nil; {
		case written && free <= 0 && d.options.Filesystem == Btrfs:
			return at - off, lacking // copy on write: even an overwrite needs a block
		case !written && !n.reserved.has(i):
			if free--; free < 0 {
				return at - off, lacking
			}
		}
	}
	return length, nil
}
