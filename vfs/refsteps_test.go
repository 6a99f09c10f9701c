package vfs_test

import (
	"slices"
	"strconv"
	"strings"
)

// refStep is a step of the language, in words.
type refStep []string

func (w refStep) num(k int) int {
	n, err := strconv.Atoi(w[k])
	if err != nil {
		panic("reference: " + strings.Join(w, " "))
	}
	return n
}

// do runs one step of the language, and returns what the program is told: the name
// of an error, or nothing.
func (d *refDisk) do(step string) (answer string) {
	d.seq++
	d.fault = refFault{}
	w := refStep(strings.Fields(step))
	if w[0] == "fault" {
		d.fault, w = parseRefFault(w[1]), w[2:]
	}
	return refSteps[w[0]](d, w)
}

// refSteps runs each kind of step.
var refSteps map[string]func(d *refDisk, w refStep) string

func init() {
	quiet := func(do func(d *refDisk, w refStep)) func(d *refDisk, w refStep) string {
		return func(d *refDisk, w refStep) string { do(d, w); return "" }
	}
	refSteps = map[string]func(d *refDisk, w refStep) string{
		"create":       (*refDisk).open,
		"open":         (*refDisk).open,
		"opentruncate": (*refDisk).open,
		"opensync":     (*refDisk).open,
		"opendsync":    (*refDisk).open,
		"append": func(d *refDisk, w refStep) string {
			return d.write(w[1], len(d.opened(w[1]).content), w[2][0], w.num(3))
		},
		"pwrite":      func(d *refDisk, w refStep) string { return d.write(w[1], w.num(2), w[3][0], w.num(4)) },
		"ftruncate":   quiet(func(d *refDisk, w refStep) { d.truncate(w[1], w.num(2)) }),
		"fallocate":   func(d *refDisk, w refStep) string { return d.allocate(w[1], w.num(2)) },
		"fsync":       func(d *refDisk, w refStep) string { return d.syncHandle(w[1], refScope{}) },
		"fdatasync":   func(d *refDisk, w refStep) string { return d.syncHandle(w[1], refScope{dataOnly: true}) },
		"close":       quiet(func(d *refDisk, w refStep) { d.closeHandle(w[1]) }),
		"rename":      func(d *refDisk, w refStep) string { return d.rename(w[1], w[2]) },
		"link":        quiet(func(d *refDisk, w refStep) { d.link(w[1], w[2]) }),
		"unlink":      func(d *refDisk, w refStep) string { return d.unlink(w[1]) },
		"rmdir":       func(d *refDisk, w refStep) string { return d.unlink(w[1]) },
		"mkdir":       quiet(func(d *refDisk, w refStep) { d.mkdir(w[1]) }),
		"fsyncdir":    quiet(func(d *refDisk, w refStep) { _, n := d.follow(w[1]); d.fsyncDir(n) }),
		"exchange":    quiet(func(d *refDisk, w refStep) { d.exchange(w[1], w[2]) }),
		"symlink":     quiet(func(d *refDisk, w refStep) { d.symlink(w[1], w[2]) }),
		"tmpfile":     quiet(func(d *refDisk, w refStep) { d.temporary(w[1]) }),
		"linkto":      quiet(func(d *refDisk, w refStep) { d.linkTo(w[1], w[2]) }),
		"setxattr":    quiet(func(d *refDisk, w refStep) { d.setAttr(w[1], w[2], w[3], true) }),
		"removexattr": quiet(func(d *refDisk, w refStep) { d.setAttr(w[1], w[2], "", false) }),
		"evict":       quiet(func(d *refDisk, _ refStep) { d.evict() }),
	}
}

// opened is what a handle is open on.
func (d *refDisk) opened(handle string) *refInode { return d.inodes[d.handles[handle]] }

func (d *refDisk) open(w refStep) string {
	s, n := d.follow(w[2])
	switch {
	case n < 0 && (d.filesystem == "xfs" || d.filesystem == "posix") && d.full():
		return "ENOSPC"
	case n < 0:
		n = d.newInode(false)
		d.name(refOp{adds: true, to: s, inode: n})
	case w[0] == "create", w[0] == "opentruncate":
		d.inodes[n].change(refEvent{seq: d.seq, kind: 't'}, 0)
	}
	d.handles[w[1]] = n
	d.since[w[1]] = d.seq
	if delete(d.syncHandles, w[1]); strings.HasSuffix(w[0], "sync") {
		d.syncHandles[w[1]] = w[0]
	}
	d.seen[w[1]] = d.inodes[n].toldAtOpen()
	return ""
}

// temporary makes a file without a name, and linkTo gives it one.
func (d *refDisk) temporary(handle string) {
	n := d.newInode(false)
	d.inodes[n].temporary = true
	d.handles[handle], d.seen[handle] = n, 0
	delete(d.syncHandles, handle)
	d.since[handle] = d.seq
}

func (d *refDisk) linkTo(handle, path string) {
	n := d.handles[handle]
	if i := d.inodes[n]; i.temporary {
		i.temporary, i.created = false, d.seq
	}
	to, _ := d.lookup(path)
	d.name(refOp{adds: true, to: to, inode: n})
}

func (d *refDisk) symlink(target, path string) {
	to, _ := d.lookup(path)
	n := d.newInode(false)
	d.inodes[n].target = target
	d.name(refOp{adds: true, to: to, inode: n})
}

// exchange gives each of two names what the other had.
func (d *refDisk) exchange(a, b string) {
	from, x := d.lookup(a)
	to, y := d.lookup(b)
	if x == y {
		return
	}
	d.name(refOp{adds: true, exchange: true, to: to, inode: x})
	d.name(refOp{adds: true, exchange: true, to: from, inode: y})
}

// write writes as much as there is room for.
func (d *refDisk) write(handle string, off int, fill byte, n int) (answer string) {
	i := d.opened(handle)
	if room := d.room(i, off, n); room < n {
		n, answer = room, "ENOSPC"
	}
	if n > 0 {
		i.change(refEvent{seq: d.seq, kind: 'w', off: off, n: n}, fill)
	}
	d.flush(d.handles[handle])
	how := d.syncHandles[handle]
	if how == "" || d.torn || n == 0 {
		return answer
	}
	if err := d.syncHandle(handle, refScope{dataOnly: how == "opendsync", written: true, off: off, end: off + n}); err != "" {
		return err
	}
	return answer
}

func (d *refDisk) truncate(handle string, size int) {
	d.opened(handle).change(refEvent{seq: d.seq, kind: 't', n: size}, 0)
	d.flush(d.handles[handle])
}

func (d *refDisk) allocate(handle string, size int) string {
	i := d.opened(handle)
	if !d.reserve(i, size) {
		return "ENOSPC"
	}
	if size > len(i.content) {
		i.change(refEvent{seq: d.seq, kind: 'f', n: size}, 0)
	}
	return ""
}

// waitsForBlocks: something that is to be written has no block that was reserved, or there
// is nothing.
func (i *refInode) waitsForBlocks() bool {
	pages := i.dirtyPages(refScope{})
	return len(pages) == 0 || slices.ContainsFunc(pages, func(at int) bool { return at/refPage >= i.reserved })
}

func (d *refDisk) closeHandle(handle string) {
	d.flush(d.handles[handle])
	if i := d.opened(handle); i.truncated > 0 {
		if i.waitsForBlocks() {
			i.barriers = append(i.barriers, refBarrier{d.seq, i.truncated})
		}
		i.truncated = 0
	}
	delete(d.handles, handle)
}

func (d *refDisk) rename(path, newPath string) string {
	from, n := d.lookup(path)
	to, over := d.lookup(newPath)
	switch {
	case n < 0:
		return "ENOENT"
	case over == n: // two names of one file: nothing happens
		return ""
	case over < 0 && d.filesystem == "posix" && d.full():
		return "ENOSPC" // of the others, directories of few names have room for one more
	}
	if over > 0 && !d.inodes[n].dir && d.inodes[n].waitsForBlocks() {
		d.inodes[n].barriers = append(d.inodes[n].barriers, refBarrier{seq: d.seq})
	}
	d.name(refOp{adds: true, rems: true, from: from, to: to, inode: n, over: max(over, 0)})
	d.flush(n)
	return ""
}

func (d *refDisk) link(path, newPath string) {
	_, n := d.lookup(path)
	to, _ := d.lookup(newPath)
	d.name(refOp{adds: true, to: to, inode: n})
}

func (d *refDisk) unlink(path string) string {
	from, n := d.lookup(path)
	if n < 0 {
		return "ENOENT"
	}
	d.name(refOp{rems: true, from: from, inode: n})
	return ""
}

func (d *refDisk) mkdir(path string) {
	to, _ := d.lookup(path)
	d.name(refOp{adds: true, to: to, inode: d.newInode(true)})
}

func (d *refDisk) evict() {
	for _, i := range d.inodes {
		i.evict()
	}
}
