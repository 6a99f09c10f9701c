package vfs

// CheckSpace holds what a disk counts as used against a count of its own: the
// blocks that each file with a name or a handle reserved or wrote to. keepsSize says
// that blocks may have been reserved behind the end of a file.
func CheckSpace(t interface {
	Helper()
	Fatalf(string, ...any)
}, d *Disk, keepsSize bool,
) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.devices[0].capacityBlocks == 0 {
		return
	}
	used := int64(0)
	for ino := uint64(rootIno); ino < d.nextIno; ino++ {
		var n *inode
		if live := d.nodes.get(ino); live != nil {
			if len(live.links) == 0 && live.handles == 0 {
				continue
			}
			n = &live.inode
		} else if n = d.frozen.get(ino); n == nil || len(n.links) == 0 {
			continue
		}
		own := map[int64]bool{}
		for k, run := range n.reserved {
			if run.first >= run.end || k > 0 && n.reserved[k-1].end >= run.first {
				t.Fatalf("inode %d has reserved %v: not runs in order with room between them", ino, n.reserved)
			}
			for i := run.first; i < run.end; i++ {
				own[i] = true
			}
		}
		n.pages.each(0, func(i uint64, _ *page) bool { own[int64(i)] = true; return true })
		if end := blocksOf(n.size); !keepsSize && n.reserved.within(end, noBlock) != nil {
			t.Fatalf("inode %d has reserved %v, beyond its end, %d", ino, n.reserved, end)
		}
		used += int64(len(own))
	}
	if used != d.devices[0].usedBlocks {
		t.Fatalf("%d blocks count as used, want %d", d.devices[0].usedBlocks, used)
	}
}
