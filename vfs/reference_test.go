package vfs_test

import (
	"maps"
	"strconv"
	"strings"
)

// The reference is a second, deliberately naive statement of the crash
// profiles: no sharing, no pruning, every snapshot kept whole, every name
// choice tried. It exists so that two independent statements can be held
// against each other and both against what real kernels left. It runs the
// language of testdata/kernel/README.md.

const (
	refPage   = 4096
	refSector = 512
)

// refSlot is a place for a name: a directory's inode and the name in it.
type refSlot struct {
	dir  int
	name string
}

// refEvent is something that happened to a file's content since its last sync.
type refEvent struct {
	seq    int
	kind   byte        // w write, t truncate, f fallocate
	off, n int         // bytes; for t and f, n is the new size
	snap   []byte      // the whole content afterwards
	own    map[int]int // refInode.own as it was
	// synced is a write that was durable when it returned; inode says that the
	// file's inode was too.
	synced, inode bool
}

// refBarrier is a replacement that ext4 protects: a rename over an existing
// file, or the close that follows a truncation to nothing.
type refBarrier struct {
	seq, trunc int // trunc is the truncation's seq, 0 for a rename
}

type refInode struct {
	dir                bool
	created, synced    int // seq
	lastMeta, lastData int // what an fsync, an fdatasync forces a journal to
	base, content      []byte
	own                map[int]int // page's offset -> seq of the fsync that gave it a block
	events, history    []refEvent  // since the last sync; before it
	barriers           []refBarrier
	truncated          int          // seq of a truncation to nothing not yet followed by a close
	stale              map[int]bool // pages that count as clean although base has something else
}

// refOp is one operation on names: it adds to, removes from, or both.
type refOp struct {
	seq         int
	adds, rems  bool
	from, to    refSlot
	inode, over int // over is the inode that a rename replaced, 0 for none
	dir         bool
	together    bool // btrfs logs it whole
}

// refHalf is one half of a refOp.
type refHalf struct {
	op  int
	rem bool
}

type refDisk struct {
	seq         int
	inodes      []*refInode // 0 is the root
	now, base   map[refSlot]int
	ops         []refOp
	handles     map[string]int
	syncHandles map[string]string // the step that opened a handle whose writes are durable at once
	torn        bool              // the power goes before such a write has returned
	forcedPosix map[refHalf]bool  // by fsync of directories
	logged      map[refHalf]bool  // by btrfs's log of fsynced inodes
	maybeLogged map[refHalf]bool  // what that log may carry besides
	inLog       map[int]int       // inodes that btrfs logged, and when first
	forcedUpTo  int               // the least commit point of a prefix journal
	unit        int               // bytes that the device writes atomically
	failed      bool              // an fsync failed
}

func newRefDisk() *refDisk {
	d := &refDisk{now: map[refSlot]int{}, handles: map[string]int{}, syncHandles: map[string]string{}, unit: refSector}
	d.inodes = []*refInode{{dir: true}}
	d.settle()
	return d
}

// settle makes everything durable.
func (d *refDisk) settle() {
	d.base = map[refSlot]int{}
	for s, n := range d.now {
		d.base[s] = n
	}
	d.ops = nil
	d.forcedPosix, d.logged, d.maybeLogged = map[refHalf]bool{}, map[refHalf]bool{}, map[refHalf]bool{}
	d.inLog = map[int]int{}
	d.forcedUpTo = d.seq
	for _, i := range d.inodes {
		i.sync(d.seq)
		i.history = nil
	}
}

func (i *refInode) sync(seq int) {
	i.base = i.written(i.stale)
	for at := range i.stale {
		if i.touched(at) || at >= len(i.content) {
			delete(i.stale, at)
		}
	}
	i.synced, i.barriers, i.truncated = seq, nil, 0
	own := maps.Clone(i.own)
	if own == nil {
		own = map[int]int{}
	}
	for at := 0; at < len(i.base); at += refPage {
		if _, ok := own[at]; !ok {
			own[at] = seq
		}
	}
	i.own = own
	i.history = append(i.history, i.events...)
	i.events = nil
}

// touched says whether an event since the last sync changed a page.
func (i *refInode) touched(at int) bool {
	size := len(i.base)
	for _, e := range i.events {
		from, to := e.off, e.off+e.n
		if e.kind != 'w' {
			from, to = len(e.snap), size
		}
		if from < at+refPage && to > at && from < to {
			return true
		}
		size = len(e.snap)
	}
	return false
}

// written is what is on the medium when all that is pending is written, but for
// pages that failed before and that nothing touched since.
func (i *refInode) written(failed map[int]bool) []byte {
	b := append([]byte(nil), i.content...)
	for at := range failed {
		if at < len(b) && !i.touched(at) {
			copy(b[at:min(at+refPage, len(b))], refPad(i.base, at))
		}
	}
	return b
}

// fail is an fsync that fails: on the nth page that it writes, or on all.
func (i *refInode) fail(seq, nth int) {
	var pages []int
	for at := 0; at < len(i.content); at += refPage {
		if i.touched(at) {
			pages = append(pages, at)
		}
	}
	if i.stale == nil {
		i.stale = map[int]bool{}
	}
	if nth < 0 || len(pages) < 2 {
		for _, at := range pages {
			i.stale[at] = true
		}
		i.events = nil // the medium has what it had, the cache what it has
		return
	}
	bad := pages[nth%len(pages)]
	old := refPad(i.base, bad)
	for _, at := range pages {
		delete(i.stale, at)
	}
	synced, barriers, truncated := i.synced, i.barriers, i.truncated
	i.sync(seq)
	i.synced, i.barriers, i.truncated = synced, barriers, truncated
	i.base = append([]byte(nil), i.base...)
	copy(i.base[bad:min(bad+refPage, len(i.base))], old)
	i.stale[bad] = true
}

// evict drops the clean pages from the cache.
func (i *refInode) evict() {
	c := append([]byte(nil), i.content...)
	for at := range i.stale {
		if i.touched(at) {
			continue
		}
		if at < len(c) {
			copy(c[at:min(at+refPage, len(c))], refPad(i.base, at))
		}
		delete(i.stale, at)
	}
	i.content = c
}

// lookup finds a path's slot and inode, -1 if there is none.
func (d *refDisk) lookup(path string) (refSlot, int) {
	if path == "." {
		return refSlot{}, 0
	}
	s := refSlot{}
	parts := strings.Split(path, "/")
	for _, p := range parts[:len(parts)-1] {
		s.dir = d.now[refSlot{s.dir, p}]
	}
	s.name = parts[len(parts)-1]
	if n, ok := d.now[s]; ok {
		return s, n
	}
	return s, -1
}

func (d *refDisk) newInode(dir bool) int {
	d.inodes = append(d.inodes, &refInode{dir: dir, created: d.seq, synced: d.seq, lastMeta: d.seq, lastData: d.seq})
	return len(d.inodes) - 1
}

// name records an operation on names and does it.
func (d *refDisk) name(op refOp) {
	op.seq = d.seq
	op.dir = d.inodes[op.inode].dir
	lost := op.inode
	if op.adds {
		lost = op.over
	}
	d.ops = append(d.ops, op)
	d.logChange(op)
	if op.rems {
		delete(d.now, op.from)
		d.inodes[op.from.dir].changed(d.seq)
	}
	if op.adds {
		d.now[op.to] = op.inode
		d.inodes[op.to.dir].changed(d.seq)
		d.inodes[op.inode].lastMeta = d.seq
	}
	if lost > 0 && d.nameless(lost) {
		d.inodes[lost].lastMeta = d.seq
	}
}

// nameless says whether nothing in any directory is inode n.
func (d *refDisk) nameless(n int) bool {
	for _, i := range d.now {
		if i == n {
			return false
		}
	}
	return n > 0
}

func (i *refInode) changed(seq int) { i.lastMeta, i.lastData = seq, seq }

// change does something to a file's content.
func (i *refInode) change(e refEvent, fill byte) {
	c := append([]byte(nil), i.content...)
	size := max(len(c), e.n)
	switch e.kind {
	case 'w':
		size = max(len(c), e.off+e.n)
	case 't':
		size = e.n
		if size < len(c) {
			c = c[:size]
		}
		if size == 0 && len(i.content) > 0 {
			i.truncated = e.seq
		}
	}
	c = append(c, make([]byte, size-len(c))...)
	e.own = maps.Clone(i.own)
	maps.DeleteFunc(i.own, func(at, _ int) bool { return at >= len(c) })
	if e.kind == 'w' {
		for k := e.off; k < e.off+e.n; k++ {
			c[k] = fill
		}
	}
	if len(c) != len(i.content) {
		i.changed(e.seq)
	}
	i.content, e.snap = c, c
	i.events = append(i.events, e)
}

// writeSync is what ends a write through a handle, if it is one of those that
// make durable what they write.
func (d *refDisk) writeSync(handle string) {
	n, how := d.handles[handle], d.syncHandles[handle]
	if how == "" || d.torn {
		return
	}
	i := d.inodes[n]
	last := i.lastMeta
	if how == "opendsync" {
		last = i.lastData
	}
	d.forcedUpTo = max(d.forcedUpTo, last)
	if d.nameless(n) {
		return
	}
	e := &i.events[len(i.events)-1]
	e.synced, e.inode = true, how == "opensync"
	if i.own == nil {
		i.own = map[int]int{}
	}
	for at := e.off / refPage * refPage; at < e.off+e.n; at += refPage {
		if _, ok := i.own[at]; !ok {
			i.own[at] = d.seq
		}
	}
	i.synced = d.seq
	d.logNames(n)
}

// do runs one step of the language.
func (d *refDisk) do(step string) {
	d.seq++
	w := strings.Fields(step)
	num := func(k int) int {
		n, err := strconv.Atoi(w[k])
		if err != nil {
			panic("reference: " + step)
		}
		return n
	}
	file := func() *refInode { return d.inodes[d.handles[w[1]]] }
	switch w[0] {
	case "create", "open", "opentruncate", "opensync", "opendsync":
		s, n := d.lookup(w[2])
		switch {
		case n < 0:
			n = d.newInode(false)
			d.name(refOp{adds: true, to: s, inode: n})
		case w[0] == "create", w[0] == "opentruncate":
			d.inodes[n].change(refEvent{seq: d.seq, kind: 't'}, 0)
		}
		d.handles[w[1]] = n
		if delete(d.syncHandles, w[1]); strings.HasSuffix(w[0], "sync") {
			d.syncHandles[w[1]] = w[0]
		}
	case "append":
		file().change(refEvent{seq: d.seq, kind: 'w', off: len(file().content), n: num(3)}, w[2][0])
		d.writeSync(w[1])
	case "pwrite":
		file().change(refEvent{seq: d.seq, kind: 'w', off: num(2), n: num(4)}, w[3][0])
		d.writeSync(w[1])
	case "ftruncate":
		file().change(refEvent{seq: d.seq, kind: 't', n: num(2)}, 0)
	case "fallocate":
		file().change(refEvent{seq: d.seq, kind: 'f', n: num(2)}, 0)
	case "fsync", "fdatasync":
		d.fsync(d.handles[w[1]], w[0] == "fdatasync")
	case "close":
		if i := file(); i.truncated > 0 {
			i.barriers = append(i.barriers, refBarrier{d.seq, i.truncated})
			i.truncated = 0
		}
	case "rename":
		from, n := d.lookup(w[1])
		to, over := d.lookup(w[2])
		if over > 0 && !d.inodes[n].dir {
			d.inodes[n].barriers = append(d.inodes[n].barriers, refBarrier{seq: d.seq})
		}
		d.name(refOp{adds: true, rems: true, from: from, to: to, inode: n, over: max(over, 0)})
	case "link":
		_, n := d.lookup(w[1])
		to, _ := d.lookup(w[2])
		d.name(refOp{adds: true, to: to, inode: n})
	case "unlink", "rmdir":
		from, n := d.lookup(w[1])
		d.name(refOp{rems: true, from: from, inode: n})
	case "mkdir":
		to, _ := d.lookup(w[1])
		d.name(refOp{adds: true, to: to, inode: d.newInode(true)})
	case "fsyncdir":
		_, n := d.lookup(w[1])
		d.fsyncDir(n)
	case "failfsync":
		d.failed = true
		file().fail(d.seq, -1)
	case "failpage":
		d.failed = true
		file().fail(d.seq, num(2))
	case "evict":
		for _, i := range d.inodes {
			i.evict()
		}
	default:
		panic("reference: unknown step " + step)
	}
}
