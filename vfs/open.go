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
	if flag&(os.O_CREATE|os.O_TRUNC) == 0 {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.layer == nil {
		return false
	}
	p, err := d.walk(clean)
	if err != nil || p.node == nil {
		return err == nil && flag&os.O_CREATE != 0
	}
	return flag&os.O_TRUNC != 0 && flag&(os.O_CREATE|os.O_EXCL) != os.O_CREATE|os.O_EXCL && !p.node.isDir()
}

func (d *Disk) open(name string, flag int, perm fs.FileMode) (*handle, error) {
	create := flag&os.O_CREATE != 0
	if create && flag&oDirectory != 0 {
		return nil, errInvalid
	}
	p, err := d.locate(name)
	if err != nil {
		return nil, err
	}
	n := p.node
	switch {
	case create && p.last == lastName && p.slash:
		return nil, errIsDir
	case p.long:
		return nil, errNameTooLong
	case n == nil && !create:
		return nil, errNotExist
	case n == nil:
		if n, err = d.createFile(p, perm); err != nil {
			return nil, err
		}
	case create && flag&os.O_EXCL != 0:
		return nil, errExist
	case n.isDir() && (create || flag&accessMask != os.O_RDONLY || flag&os.O_TRUNC != 0):
		return nil, errIsDir
	case !n.isDir() && (p.slash || flag&oDirectory != 0):
		return nil, errNotDir
	case flag&accessMask != os.O_RDONLY && d.failed != nil:
		return nil, d.failed
	case flag&os.O_TRUNC != 0:
		if d.failed != nil {
			return nil, d.failed
		}
		n.resize(d, 0, true)
		n.modNanos = d.now()
	}
	f := &handle{d: d, n: n, name: name, path: cleanPath(name), moves: d.moves, flag: flag}
	n.handles++
	f.seenErrors = n.fsyncErrors.atOpen()
	return f, nil
}

func (d *Disk) createFile(p place, perm fs.FileMode) (*node, error) {
	switch {
	case d.failed != nil:
		return nil, d.failed
	case d.full() && d.options.Filesystem == XFS:
		return nil, errNoSpace
	}
	n := d.newNode(perm & permMask)
	d.link(OpCreate, p, n)
	return n, nil
}
