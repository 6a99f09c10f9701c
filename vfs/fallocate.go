package vfs

// Allocator is what a file implements that can reserve space.
type Allocator interface {
	// Allocate makes the file at least so many bytes long, as fallocate does,
	// and reserves the blocks that they need: writes to them never lack space.
	// What is new reads as zeros. Without room for all it returns ENOSPC and
	// changes nothing.
	Allocate(size int64) error
}

// RangeAllocator is what a file implements that can reserve the blocks of a range,
// and give them back.
type RangeAllocator interface {
	// Fallocate does to the bytes [off, off+length) what the mode says, as Linux's
	// system call of that name. To hooks and injectors it is an OpTruncate.
	Fallocate(mode FallocateMode, off, length int64) error
}

// FallocateMode is what Fallocate does, in Linux's numbers. Zero reserves the blocks
// of the range, and makes the file as long as the range reaches.
type FallocateMode uint32

// The modes. A hole is punched only together with FallocateKeepSize.
const (
	// FallocateKeepSize leaves the size as it is: blocks behind the end are reserved
	// all the same.
	FallocateKeepSize FallocateMode = 0x01
	// FallocatePunchHole makes the range read as zeros, and gives its blocks back.
	FallocatePunchHole FallocateMode = 0x02
	// FallocateZeroRange makes the range read as zeros, and reserves its blocks.
	FallocateZeroRange FallocateMode = 0x10
)

// knownModes are those that Linux has, of which not every filesystem takes all.
const knownModes FallocateMode = 0xff

var (
	_ Allocator      = (*handle)(nil)
	_ RangeAllocator = (*handle)(nil)
)

// Allocate implements Allocator.
func (f *handle) Allocate(size int64) error { return f.Fallocate(0, 0, size) }

// Fallocate implements RangeAllocator.
func (f *handle) Fallocate(mode FallocateMode, off, length int64) error {
	op := Op{Kind: OpTruncate, Offset: off + length}
	if mode&FallocateKeepSize != 0 {
		op.Offset, op.Len = off, length
	}
	var out Outcome
	err := f.begin(&op, &out)
	err = f.d.change(&out, err, func() error { return f.fallocate(mode, off, length) })
	err = f.fail("fallocate", err)
	f.end(&op, &out, 0, err)
	return err
}

func (f *handle) fallocate(mode FallocateMode, off, length int64) error {
	punches, zeroes := mode&FallocatePunchHole != 0, mode&FallocateZeroRange != 0
	switch {
	case off < 0 || length <= 0:
		return errInvalid
	case mode&^knownModes != 0, punches && (zeroes || mode&FallocateKeepSize == 0):
		return errNotSupported
	case !f.canWrite(): // the kernel looks at that before it asks the filesystem
		return errBadHandle
	case mode&^(FallocateKeepSize|FallocatePunchHole|FallocateZeroRange) != 0:
		return errNotSupported
	case f.d.of(&f.n.inode).failed != nil:
		return f.d.of(&f.n.inode).failed
	case off > maxFileBytes-length:
		return errFileTooBig
	}
	d, n, end := f.d, f.n, off+length
	if !punches {
		if err := d.reserve(n, off/pageBytes, blocksOf(end)); err != nil {
			return err
		}
	}
	if punches || zeroes {
		n.zero(d, off, end, zeroes)
	}
	if punches {
		d.giveBack(n, blocksOf(off), end/pageBytes)
	}
	if mode&FallocateKeepSize == 0 && end > n.size {
		n.resize(d, end, false)
	}
	n.modNanos = d.now()
	d.touch(n)
	return nil
}

// zero makes a range read as zeros. Pages that lie in it as a whole become holes; of
// what is there of other pages the bytes are overwritten. What is a hole already is
// left alone, so that the cost follows what was written. Blocks that are converted stay
// the file's.
func (n *node) zero(d *Disk, off, end int64, converts bool) {
	var runs []blockRun
	n.pages.each(uint64(off/pageBytes), func(i uint64, _ *page) bool {
		at := int64(i)
		if at*pageBytes >= end {
			return false
		}
		if k := len(runs) - 1; k >= 0 && runs[k].end == at {
			runs[k].end++
		} else {
			runs = append(runs, blockRun{at, at + 1})
		}
		return true
	})
	for _, run := range runs {
		n.zeroRun(d, max(off, run.first*pageBytes), min(end, run.end*pageBytes), converts)
	}
	if off >= n.size {
		return
	}
	if len(runs) == 0 { // the size may go with it all the same
		n.effect(d).zeroes = true
		n.resized(d.seq)
	}
	n.effects[len(n.effects)-1].zeroedTo = min(end, n.size)
}

// zeroRun is zero for a range of which every page is there.
func (n *node) zeroRun(d *Disk, off, end int64, converts bool) {
	e := n.effect(d)
	e.off, e.n, e.savedAt, e.zeroes, e.converts, e.reserved = off, end-off, len(n.saved), true, converts, n.reserved
	if over := min(end, n.size) - off; over > 0 {
		n.save(off, over)
	}
	first, last := blocksOf(off), end/pageBytes // the pages that become holes
	if first < last {
		n.resized(e.seq) // blocks are the filesystem's own, like sizes
		d.zeroed = true
		n.solid = min(n.solid, first*pageBytes)
	}
	for at := off; at < end; at = (at/pageBytes + 1) * pageBytes {
		i := at / pageBytes
		if i < first || i >= last {
			p := n.pageFor(d, uint64(i))
			clear(p.data[at%pageBytes : min(end-i*pageBytes, pageBytes)])
		}
	}
	for i := first; i < last; i++ {
		if !n.reserved.has(i) {
			d.of(&n.inode).usedBlocks--
		}
		*n.pages.slot(d.layer, uint64(i)) = nil
	}
	n.changed.note(off, end)
	d.layer.remember(logEntry{seq: e.seq, ino: n.ino, off: off, n: end - off})
}
