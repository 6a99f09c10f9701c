package vfs_test

import (
	"maps"
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
	kind   byte        // w write, t truncate, f fallocate, s a size that written data carries
	off, n int         // bytes; for t and f, n is the new size
	size   int         // afterwards
	grew   bool        // it changed the size
	snap   []byte      // the whole content afterwards
	own    map[int]int // refInode.own as it was
	fills  []int       // offsets of the pages below the size before that nobody had written to
	// synced is a write that was durable when it returned; inode says that the
	// file's inode was too.
	synced, inode bool
	failedEvent
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
	filled             int // both, if it is later: the last write to a page that was never written
	base, content      []byte
	own                map[int]int // page's offset -> seq of the fsync that gave it a block
	events, history    []refEvent  // since the last sync; before it
	barriers           []refBarrier
	truncated          int    // seq of a truncation to nothing not yet followed by a close
	target             string // of a symbolic link
	temporary          bool   // it has had no name yet
	refFailures
	refSpace
	refAttrs
}

// refOp is one operation on names: it adds to, removes from, or both.
type refOp struct {
	seq         int
	adds, rems  bool
	from, to    refSlot
	inode, over int // over is the inode that a rename replaced, 0 for none
	dir         bool
	together    bool // btrfs logs it whole
	exchange    bool // it persists only with the other operation of its seq
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
	since       map[string]int    // the seq at which a handle was opened
	through     string            // the handle of the sync that is under way
	torn        bool              // the power goes before such a write has returned
	forcedPosix map[refHalf]bool  // by fsync of directories
	logged      map[refHalf]bool  // by btrfs's log of fsynced inodes
	maybeLogged map[refHalf]bool  // what that log may carry besides
	inLog       map[int]int       // inodes that btrfs logged, and when first
	lapses      map[refHalf]refLapse
	lapsing     map[int]int // ops of which a half lapsed once, and for which rename
	lastSync    int         // the last fsync of anything
	forcedUpTo  int         // the least commit point of a prefix journal
	unit        int         // bytes that the device writes atomically
	// How the device fails, and how much it holds.
	filesystem string
	capacity   int            // blocks, 0 for no bound
	fault      refFault       // of the step
	seen       map[string]int // failures that each handle was told of
}

func newRefDisk() *refDisk {
	d := &refDisk{now: map[refSlot]int{}, handles: map[string]int{}, syncHandles: map[string]string{}, since: map[string]int{}, unit: refSector,
		filesystem: "posix", seen: map[string]int{}}
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
	d.lapses, d.lapsing = map[refHalf]refLapse{}, map[int]int{}
	d.forcedUpTo = d.seq
	for _, i := range d.inodes {
		i.sync(d.seq)
		i.settleAttrs()
		i.unmount()
	}
}

// lookup finds a path's slot and inode, -1 if there is none. A symbolic link at its end
// is what it finds.
func (d *refDisk) lookup(path string) (refSlot, int) { return d.walk(0, path, false) }

// follow is lookup, but for what a link at the end leads to.
func (d *refDisk) follow(path string) (refSlot, int) { return d.walk(0, path, true) }

func (d *refDisk) walk(dir int, path string, follows bool) (refSlot, int) {
	if path == "." {
		return refSlot{}, 0
	}
	first, rest, more := strings.Cut(path, "/")
	s := refSlot{dir, first}
	n, ok := d.now[s]
	switch {
	case !ok:
		return s, -1
	case d.inodes[n].target != "" && (more || follows):
		if more {
			rest = "/" + rest
		}
		return d.walk(dir, d.inodes[n].target+rest, follows)
	case more:
		return d.walk(n, rest, follows)
	}
	return s, n
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

// nameless says whether inode n has lost its last name.
func (d *refDisk) nameless(n int) bool {
	if d.inodes[n].temporary {
		return false
	}
	return n > 0 && d.namesOf(n) == 0
}

// namesOf counts the names of inode n.
func (d *refDisk) namesOf(n int) (count int) {
	for _, i := range d.now {
		if i == n {
			count++
		}
	}
	return count
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
	e.fills = i.unwritten(e)
	e.grew, e.end = len(c) != len(i.content), e.off+e.n
	i.content, e.snap, e.size = c, c, len(c)
	i.events = append(i.events, e)
	i.takeSpace(e)
}
