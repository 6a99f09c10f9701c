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

// SlotsAgree holds the two ways in which a half is remembered for each directory entry,
// a list for few and a map for many, against each other: each entry is a name, and
// whether it is hidden. It returns where they differ, -1 if nowhere.
func SlotsAgree(names []string, hidden []bool) int {
	few, many := newSlotIndex(1), newSlotIndex(1<<10)
	for i, name := range names {
		h := &half{dir: rootIno, name: name, hidden: hidden[i]}
		if few.swap(h, halfID(i)) != many.swap(h, halfID(i)) {
			return i
		}
	}
	return -1
}

// DigestAnew is what the digest of an image must be, from all that the image shows and
// from nothing that is kept.
func DigestAnew(im *Image) Digest {
	s := hashAnew(&im.table, rootIno)
	if im.carried != nil {
		s = s.add(im.carried.sum)
	}
	return digestOf(s)
}

func hashAnew(t *table[inode], ino uint64) sum {
	n := *t.get(ino)
	n.total = sum{}
	if n.isDir() {
		n.entries.each(func(name string, child uint64) bool {
			c := *t.get(child)
			c.hash = hashAnew(t, child)
			n.total = n.total.add(c.linkSum(name))
			return true
		})
		return n.ownHash(sum{})
	}
	var fresh table[page] // its nodes know no sum
	l := newLayer(nil)
	n.pages.each(0, func(i uint64, p *page) bool {
		q := l.newPage()
		q.data = p.data
		*fresh.slot(l, i) = q
		return true
	})
	n.pages = fresh
	return n.ownHash(tableSum(&n.pages))
}
