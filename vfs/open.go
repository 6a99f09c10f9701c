package vfs

import (
	"io/fs"
	"os"

	"github.com/spf13/afero"
)

var _ afero.Fs = (*Disk)(nil)

// Create implements afero.Fs.
func (d *Disk) Create(name string) (afero.File, error) {
	return d.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
}

// Open implements afero.Fs.
func (d *Disk) Open(name string) (afero.File, error) {
	return d.OpenFile(name, os.O_RDONLY, 0)
}

// Of an open's flags, those that say what a handle is for, and of a mode the bits that
// a file keeps.
const (
	accessMask = os.O_RDONLY | os.O_WRONLY | os.O_RDWR
	permMask   = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky
)

// OpenFile implements afero.Fs. Permissions are kept and shown, but not
// enforced, as for root.
func (d *Disk) OpenFile(name string, flag int, perm fs.FileMode) (afero.File, error) {
	op := Op{Kind: OpOpen, Path: cleanPath(name), Flag: flag, Perm: perm}
	if d.creates(op.Path, flag) {
		op.Kind = OpCreate
	}
	var out Outcome
	err := d.begin(&op, &out)
	var f *handle
	if err == nil && out.effect() != EffectNone {
		f, err = d.open(name, flag, perm)
	}
	if err == nil {
		err = out.Err
	}
	if err == nil && f == nil {
		err = errNotExist // the open was lost; there is no handle to return
	}
	if err != nil {
		if f != nil {
			f.close()
		}
		err = pathError("open", name, err)
	}
	d.end(&op, &out, 0, err)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// creates says whether an open will add a name or truncate, as things are now.
func (d *Disk) creates(clean string, flag int) bool {
	switch {
	case isTemporary(flag):
		return true
	case flag&(os.O_CREATE|os.O_TRUNC) == 0:
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.layer == nil {
		return false
	}
	p, err := d.walk(clean, lastOfOpen(flag))
	if err != nil || p.node == nil {
		return err == nil && flag&os.O_CREATE != 0
	}
	return flag&os.O_TRUNC != 0 && flag&(os.O_CREATE|os.O_EXCL) != os.O_CREATE|os.O_EXCL && !p.node.isDir()
}

// open finds or makes the file, and returns a handle for it.
func (d *Disk) open(name string, flag int, perm fs.FileMode) (*handle, error) {
	switch {
	case isTemporary(flag):
		return d.openTemporary(name, flag, perm)
	case flag&os.O_CREATE != 0 && flag&oDirectory != 0:
		return nil, errInvalid
	}
	p, err := d.locate(name, lastOfOpen(flag))
	if err != nil {
		return nil, err
	}
	if err := p.mustOpen(flag); err != nil {
		return nil, err
	}
	n := p.node
	switch {
	case n == nil:
		if n, err = d.createFile(p, perm); err != nil {
			return nil, err
		}
	case d.of(&n.inode).failed != nil && mayChange(flag):
		return nil, d.of(&n.inode).failed
	case flag&os.O_TRUNC != 0:
		n.resize(d, 0, true)
		n.modNanos = d.now()
	}
	at := cleanPath(name)
	if p.links && p.last == lastName {
		at = d.pathOf(link{p.dir.ino, p.name})
	}
	return d.newHandle(n, name, at, flag), nil
}

// newHandle opens a file, which is at a path.
func (d *Disk) newHandle(n *node, name, at string, flag int) *handle {
	n.handles++
	d.handles++
	f := &handle{d: d, n: n, name: name, path: at, moves: d.moves, flag: flag, since: d.seq, seenErrors: n.fsyncErrors.atOpen()}
	if d.options.NotesOpens {
		f.opened = uint64(d.seq - d.mounted)
		d.opens = append(d.opens, f)
	}
	return f
}

// lastOfOpen says whether an open follows a symbolic link at the end of its path: not
// where it is to make a file, and nothing else will do.
func lastOfOpen(flag int) lastLink {
	create := flag&os.O_CREATE != 0
	switch {
	case create && flag&(os.O_EXCL|oNoFollow) != 0:
		return keepLink
	case create:
		return createLink
	case flag&oNoFollow != 0:
		return lookLink
	}
	return followLink
}

// mayChange says whether an open changes the file, or lets its handle do so.
func mayChange(flag int) bool { return flag&accessMask != os.O_RDONLY || flag&os.O_TRUNC != 0 }

// mustOpen says why an open is refused for what the place and the flags are. Where
// several reasons apply it gives the one that Linux does.
func (p *place) mustOpen(flag int) error {
	create := flag&os.O_CREATE != 0
	switch {
	case create && p.last == lastName && p.slash:
		return errIsDir
	case p.long:
		return errNameTooLong
	case p.node == nil && create:
		return nil
	case p.node == nil:
		return errNotExist
	case create && flag&os.O_EXCL != 0:
		return errExist
	case p.node.isDir() && (create || mayChange(flag)):
		return errIsDir
	case !p.node.isDir() && (p.slash || flag&oDirectory != 0):
		return errNotDir
	case p.node.isLink():
		return errLoop
	}
	return nil
}

// createFile makes an empty file at a place that is free.
func (d *Disk) createFile(p place, perm fs.FileMode) (*node, error) {
	if err := d.mayMake(p, perm); err != nil {
		return nil, err
	}
	n := d.newNode(perm&permMask, p.dir.dev)
	d.link(OpCreate, p, n)
	return n, nil
}
