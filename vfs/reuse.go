package vfs

import (
	"cmp"
	"slices"
)

// Blocks that a truncation or a removal freed may be given to another file before
// the freeing is durable. If the power is cut then, the old file is back with what
// was written to the other one in its pages: a foreign page. Only ext4-writeback
// allows that.

// markReused notes for each page whether its block was freed by an operation
// beyond the commit point. Pages on the medium, of a file that lost its last
// name, become part of the variant.
func (d *Disk) markReused(f *fileVariant, commit int64) {
	gone := d.lostName(f.n, commit)
	if gone > 0 {
		f.addPages(f.n)
	}
	for i := range f.pages {
		p := &f.pages[i]
		p.reused = gone
		size := f.n.baseSize()
		for j := range f.n.effects {
			e := &f.n.effects[j]
			if e.seq > commit && e.frees(p.offset(), size) && !e.converts {
				p.reused = earlier(p.reused, e.seq)
			}
			size = e.after
		}
	}
}

// lostName is the Seq of the first operation beyond the commit point that took a
// name from a file which has none now, 0 if it has one.
func (d *Disk) lostName(n *node, commit int64) int64 {
	first := int64(0)
	if len(n.links) == 0 {
		for i := range d.names {
			if e := &d.names[i]; e.seq > commit && e.over == n.ino {
				first = earlier(first, e.seq)
			}
		}
	}
	return first
}

// earlier is the earlier one of two Seqs, of which the first may be 0 for none.
func earlier(first, seq int64) int64 {
	if first == 0 {
		return seq
	}
	return min(first, seq)
}

// addPages makes every page of the file part of the variant.
func (f *fileVariant) addPages(n *node) {
	end := roundUp(f.sizes[len(f.sizes)-1].size) / pageBytes
	for index := range uint64(end) {
		i, ok := slices.BinarySearchFunc(f.pages, index, func(p variantPage, i uint64) int { return cmp.Compare(p.index, i) })
		if !ok {
			p := variantPage{index: index, versions: []pageVersion{{effect: base}}}
			if p.hole = int64(index)*pageBytes >= n.baseSize(); p.hole {
				p.versions = nil
			}
			f.pages = slices.Insert(f.pages, i, p)
		}
	}
}

// foreignPage is a page of some file as some operation left it, kept because it may
// have been written to a block that another file had.
type foreignPage struct {
	ino   uint64
	dev   uint8
	seq   int64 // of the operation
	index uint64
	own   int64 // the Seq since which its block has been the file's own for certain
	data  *[pageBytes]byte
}

// mayShow says whether the page may be in a block freed at seq: it was written
// later, and not in place, to a block that the file had before.
func (f *foreignPage) mayShow(freed int64) bool { return f.seq > freed && f.own >= freed }

// maxHistory bounds how many foreign pages a disk keeps, the latest ones.
const maxHistory = 4096

// keepHistory is called when the effects [from, to) of a file are about to be
// durable, and so to be forgotten. As long as some block was freed and may not be
// durably free, their pages may show there, and are kept.
func (d *Disk) keepHistory(n *node, from, to int) {
	freed := d.firstFreed()
	if freed == 0 {
		d.history = d.history[:0]
		n.ownForLong() // what is free from now on is free later than this
		return
	}
	d.remember(n.pagesSince(freed, from, to)...)
}

// keepWritten is keepHistory for some pages of a file, of which nothing will be
// pending any more.
func (d *Disk) keepWritten(n *node, pages []uint64) {
	if freed := d.firstFreed(); freed > 0 && len(pages) > 0 {
		for _, f := range n.pagesSince(freed, 0, len(n.effects)) {
			if slices.Contains(pages, f.index) {
				d.remember(f)
			}
		}
	}
}

// remember keeps one more page, and forgets the oldest if there are too many.
func (d *Disk) remember(pages ...foreignPage) {
	d.history = append(d.history, pages...)
	if over := len(d.history) - maxHistory; over > 0 {
		d.history = slices.Delete(d.history, 0, over)
	}
}

// firstFreed is the Seq of the first pending operation that freed blocks, 0 if there is none.
func (d *Disk) firstFreed() int64 {
	first := int64(0)
	for i := range d.names {
		if d.names[i].over != 0 {
			first = earlier(first, d.names[i].seq)
		}
	}
	if d.cuts == 0 && !d.zeroed {
		return first
	}
	for _, n := range d.dirty {
		for i := range n.effects {
			if e := &n.effects[i]; e.cut || e.zeroes && !e.converts {
				first = earlier(first, n.effects[i].seq)
			}
		}
	}
	return first
}

// pagesSince lists the versions of pages that the effects [from, to) made after
// seq, those left out that went to blocks which were the file's own by then: what was
// durable before seq is overwritten in place.
func (n *node) pagesSince(seq int64, from, to int) []foreignPage {
	var out []foreignPage
	// Only truncations free blocks. A size that a failed write-back left uncertain
	// does not: the base may be shorter than what the file has blocks for.
	size := int64(never)
	for i := range n.effects[:to] {
		e := &n.effects[i]
		if e.cut {
			size = min(size, e.after)
		}
		if i < from || e.cut || e.seq <= seq || e.n == 0 {
			continue
		}
		for p := e.off / pageBytes; p*pageBytes < e.off+e.n; p++ {
			f := foreignPage{ino: n.ino, dev: n.dev, seq: e.seq, index: uint64(p), own: n.ownSince(p, size, i)}
			if f.mayShow(seq) && !e.makesHole(p*pageBytes) {
				f.data = new([pageBytes]byte)
				n.versionOf(f.index, i, f.data)
				out = append(out, f)
			}
		}
	}
	return out
}

// foreignPages lists all that may have been written to blocks of a device freed at seq, in an
// order that is the same in every process.
func (d *Disk) foreignPages(dev uint8, seq int64) []foreignPage {
	var out []foreignPage
	for _, f := range d.history {
		if f.dev == dev && f.mayShow(seq) {
			out = append(out, f)
		}
	}
	for _, n := range d.dirty {
		if n.dev == dev {
			out = append(out, n.pagesSince(seq, 0, len(n.effects))...)
		}
	}
	slices.SortStableFunc(out, func(a, b foreignPage) int {
		return cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(a.ino, b.ino), cmp.Compare(a.index, b.index))
	})
	return out
}
