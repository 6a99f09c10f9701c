package vfs

import (
	"slices"
	"sync"
)

// node is an inode of a disk that is in use: what programs see now, and what
// of it is not yet on the medium.
type node struct {
	inode
	handles int
	changed contentChanges // see Mappable
	touched bool           // since the last image: what the image table holds is old
	dead    bool           // neither a name nor a handle leads to it, nor can a crash bring it back
	dirty   bool           // has pending effects or stale pages, and is in Disk.dirty
	erred   bool           // is in Disk.erred
	// temporary is a file that was opened without a name and never got one; if it is
	// linkable, it still may.
	temporary, linkable bool

	// effects are the pending changes to data and size, in program order. The
	// medium's content is the visible one with all of them undone. saved holds
	// the bytes that they overwrote.
	effects []dataEffect
	changes []attributeEffect // of the attributes, likewise
	saved   []byte
	old     []table[page]
	// stale are pages of which the medium has something else although nothing
	// is pending: an fsync failed, and the page counts as clean.
	stale []stalePage

	owned []ownRun // in order of pages

	// What the profiles need to know beside the effects, all Seqs.
	created   int64
	lastMeta  int64 // last create, rename, link, loss of the last name, change of size or, of a directory, of its entries
	lastData  int64 // the same without what only names change
	filled    int64 // last write to a page that had no block, or one that was only reserved
	inLog     int64 // first fsync: from then on btrfs's log knows the inode
	past      []pastDir
	made      []uint64 // directories made in this one, of which that is durable
	synced    int64    // last fsync
	truncated int64    // last truncation to nothing that no close followed
	barriers  []barrier

	fsyncErrors
}

// pastDir is a directory that a durable change of a file's names was in. btrfs
// goes by it until the transaction ends, of which no fsync is the end.
type pastDir struct {
	dir   uint64
	added bool // a name was added there
	again bool // the file was there before: it was linked, renamed or removed
}

func (n *node) resized(seq int64) { n.lastMeta, n.lastData = seq, seq }

// dataEffect is one pending change of a file's data or size.
type dataEffect struct {
	seq           int64
	off, n        int64       // bytes touched: written, or cut off
	before, after int64       // size of the file
	savedAt       int         // of a write: where in node.saved the overwritten bytes are
	truncates     bool        // a truncation, to whatever size
	cut           bool        // one that made the file smaller
	sizeOnly      bool        // a write of which a failed fsync left only the size pending
	reach         int64       // of a sizeOnly: how far data on the medium carries the size
	lost          bool        // a sizeOnly whose last page was dropped
	committed     bool        // and a later fsync committed that size, where sizes go without data
	zeroes        bool        // a range that was zeroed, or punched out: its whole pages are holes
	zeroedTo      int64       // where such a range ends, as the program had it; of the last effect of a call
	converts      bool        // a range that was zeroed: where the filesystem converts blocks, it keeps those
	reserved      reservation // of what frees blocks: what was reserved before
	fills         []blockRun  // of a write: pages below the size that had no block, or one that was only reserved
	oldAt         int32       // of a cut: where in node.old the pages as they were are
	// synced is a write through an O_SYNC or O_DSYNC handle that is durable,
	// although what is pending before it may not be. The file is floor bytes long
	// from then on, at least; inode says that its changes of size before, but by
	// writing, are durable too.
	synced, inode bool
	floor         int64
	from, to      int64 // of a part of a write: the bytes of it all
}

// extent is the bytes of the write that the effect is, or is a part of.
func (e *dataEffect) extent() (from, to int64) {
	if e.to > 0 {
		return e.from, e.to
	}
	return e.off, e.off + e.n
}

// touches says whether the effect changed any byte in [from, to).
func (e *dataEffect) touches(from, to int64) bool {
	return e.n > 0 && e.off < to && from < e.off+e.n
}

// frees says whether the effect, which a file of that size meets, frees the block of
// a whole page of it, the one at offset at: it cuts the page off, or makes it a hole.
func (e *dataEffect) frees(at, size int64) bool {
	return e.cut && e.after <= at && at < size || e.makesHole(at)
}

// makesHole says whether the effect makes a hole of the page at offset at.
func (e *dataEffect) makesHole(at int64) bool {
	return e.zeroes && e.off <= at && at+pageBytes <= e.off+e.n
}

// changesPage says whether the effect gives the page at offset at new content,
// by a write or by cutting off its end, or zeroing a part of it.
func (e *dataEffect) changesPage(at int64) bool {
	return e.touches(at, at+pageBytes) && (!e.cut || at < e.after) && !e.makesHole(at)
}

// fillsPage says whether the effect gave a page its block, or made what was only
// reserved for it the page's.
func (e *dataEffect) fillsPage(index uint64) bool {
	return slices.ContainsFunc(e.fills, func(r blockRun) bool { return r.first <= int64(index) && int64(index) < r.end })
}

// isWrite says whether the effect is data that somebody wrote.
func (e *dataEffect) isWrite() bool { return e.n > 0 && !e.cut && !e.zeroes }

// undo turns buf, the file's bytes from off on as they were after the effect,
// into what they were before.
func (n *node) undo(e *dataEffect, buf []byte, off int64) {
	from, to := max(off, e.off), min(off+int64(len(buf)), e.off+e.n)
	if from >= to {
		return
	}
	if e.cut {
		readTable(&n.old[e.oldAt], buf[from-off:to-off], from)
		return
	}
	was := min(max(e.before, from), to) // bytes beyond it did not exist
	if was > from {
		at := e.savedAt + int(from-e.off)
		copy(buf[from-off:was-off], n.saved[at:])
	}
	clear(buf[was-off : to-off])
}

// readTable fills buf with the bytes from off on. Holes read as zeros.
func readTable(t *table[page], buf []byte, off int64) {
	for len(buf) > 0 {
		at := int(off % pageBytes)
		n := min(pageBytes-at, len(buf))
		if p := t.get(uint64(off / pageBytes)); p != nil {
			copy(buf[:n], p.data[at:])
		} else {
			clear(buf[:n])
		}
		buf, off = buf[n:], off+int64(n)
	}
}

// readAt reads what programs see.
func (n *node) readAt(buf []byte, off int64) int {
	if off >= n.size {
		return 0
	}
	buf = buf[:min(int64(len(buf)), n.size-off)]
	readTable(&n.pages, buf, off)
	return len(buf)
}

// pageFor returns a page that may be changed.
func (n *node) pageFor(d *Disk, i uint64) *page {
	slot := n.pages.slot(d.layer, i)
	p := *slot
	if p == nil {
		p = d.layer.newPage()
		*slot = p
		if !n.reserved.has(int64(i)) {
			d.of(&n.inode).usedBlocks++
		}
	} else if !d.layer.owns(p.owner, p.gen) {
		p = d.layer.copyPage(p)
		*slot = p
	}
	p.hashed = false
	n.changed.note(int64(i)*pageBytes, int64(i+1)*pageBytes)
	return p
}

// put changes bytes without noting an effect, and without saving anything. The
// caller sees to the size.
func (n *node) put(d *Disk, data []byte, off int64) {
	for len(data) > 0 {
		p := n.pageFor(d, uint64(off/pageBytes))
		c := copy(p.data[off%pageBytes:], data)
		data, off = data[c:], off+int64(c)
	}
}

// write changes the visible content, and notes the effect as pending.
func (n *node) write(d *Disk, data []byte, off int64) {
	length := int64(len(data))
	e := n.effect(d)
	e.off, e.n, e.savedAt = off, length, len(n.saved)
	if over := min(off+length, n.size) - off; over > 0 {
		n.save(off, over)
	}
	if e.fills = n.lacking(off, min(off+length, n.size)); len(e.fills) > 0 || n.lacks(max(off, n.size), off+length) {
		n.filled = e.seq
	}
	n.put(d, data, off)
	n.fillUp(off, off+length)
	if off+length > n.size {
		n.size = off + length
		n.resized(e.seq)
	}
	e.after = n.size
	d.layer.remember(logEntry{seq: e.seq, ino: n.ino, off: off, n: length})
}

// lacks says whether nobody wrote to some page of a range yet.
func (n *node) lacks(off, end int64) bool {
	for i := off / pageBytes; i*pageBytes < end; i++ {
		if n.pages.get(uint64(i)) == nil {
			return true
		}
	}
	return false
}

// lacking lists the pages of a range that nobody wrote to yet.
func (n *node) lacking(off, end int64) (runs []blockRun) {
	for i := off / pageBytes; i*pageBytes < end; i++ {
		if n.pages.get(uint64(i)) != nil {
			continue
		}
		if k := len(runs) - 1; k >= 0 && runs[k].end == i {
			runs[k].end++
		} else {
			runs = append(runs, blockRun{i, i + 1})
		}
	}
	return runs
}

// fillUp notes that a range has blocks now: of pages that were behind a hole, the file
// may have blocks already.
func (n *node) fillUp(off, end int64) {
	if off/pageBytes*pageBytes > roundUp(n.solid) || end <= n.solid {
		return
	}
	for n.solid = roundUp(end); n.pages.get(uint64(n.solid/pageBytes)) != nil || n.reserved.has(n.solid/pageBytes); {
		n.solid += pageBytes
	}
}

// save keeps bytes that are about to be overwritten.
func (n *node) save(off, length int64) {
	at := len(n.saved)
	n.saved = slices.Grow(n.saved, int(length))[:at+int(length)]
	readTable(&n.pages, n.saved[at:], off)
}

// resize truncates or extends the visible content. Not to truncate is to
// reserve space, as fallocate does.
func (n *node) resize(d *Disk, size int64, truncates bool) {
	e := n.effect(d)
	e.truncates = truncates
	if size != n.size {
		n.resized(e.seq)
	}
	if size < n.size {
		// The pages as they were are kept, for undoing; from here on they
		// are copied before they change.
		e.cut, e.off, e.n, e.oldAt, e.reserved = true, size, n.size-size, int32(len(n.old)), n.reserved
		n.old = append(n.old, n.pages)
		d.cuts++
		if size == 0 {
			n.truncated = e.seq
		}
		d.layer.share()
		n.cut(d, size)
		d.layer.remember(logEntry{seq: e.seq, ino: n.ino, off: size, n: e.n, cut: true})
	}
	if truncates && size == n.size {
		d.giveBack(n, blocksOf(size), noBlock) // what was reserved behind the end, as on ext4
	}
	n.changed.note(min(n.size, size), max(n.size, size))
	n.size, e.after = size, size
}

// cut drops what lies beyond a size.
func (n *node) cut(d *Disk, size int64) {
	from := blocksOf(size)
	n.solid = min(n.solid, from*pageBytes)
	d.giveBack(n, from, noBlock)
	n.pages.cut(d.layer, uint64(from))
	if rest := size % pageBytes; rest != 0 && n.pages.get(uint64(size/pageBytes)) != nil {
		clear(n.pageFor(d, uint64(size/pageBytes)).data[rest:])
	}
}

// effect adds a pending effect that leaves the size as it is.
func (n *node) effect(d *Disk) *dataEffect {
	d.makeDirty(n)
	d.touch(n)
	n.effects = append(n.effects, dataEffect{seq: d.seq, before: n.size, after: n.size})
	return &n.effects[len(n.effects)-1]
}

// makeDirty puts a node on the list of those that have something to lose.
func (d *Disk) makeDirty(n *node) {
	if !n.dirty {
		n.dirty = true
		d.dirty = append(d.dirty, n)
	}
}

// settle forgets all pending effects: they are on the medium now.
func (n *node) settle(d *Disk) {
	n.dropOld(d)
	n.effects, n.saved, n.barriers = n.effects[:0], n.saved[:0], nil
	n.truncated = 0
}

// dropOld forgets the pages that were kept for undoing truncations.
func (n *node) dropOld(d *Disk) {
	for i := range n.old {
		n.old[i] = table[page]{}
		d.layer.unshare()
		d.cuts--
	}
	n.old = n.old[:0]
}

var nodePool = sync.Pool{New: func() any { return new(node) }}

// recycle gives the node's memory back.
func (n *node) recycle() {
	*n = node{effects: n.effects[:0], saved: n.saved[:0], owned: n.owned[:0]}
	nodePool.Put(n)
}
