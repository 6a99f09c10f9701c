package vfs

import (
	"io/fs"
	"time"
)

// Unlink takes a file's name away, as the system call does, and never that of a
// directory. Remove is what package os makes of the two.
func (d *Disk) Unlink(name string) error {
	return d.removeAs("unlink", name, func(p *place) error {
		switch {
		case p.last != lastName:
			return errIsDir
		case p.node != nil && p.node.isDir():
			return errIsDir
		}
		return p.mustExist()
	})
}

// Rmdir takes the name of an empty directory away, as the system call does.
func (d *Disk) Rmdir(name string) error {
	return d.removeAs("rmdir", name, func(p *place) error {
		switch p.last {
		case lastDot:
			return errInvalid
		case lastDotDot:
			return errNotEmpty
		case lastRoot:
			return errBusy
		}
		switch err := p.mustExist(); {
		case err != nil:
			return err
		case !p.node.isDir():
			return errNotDir
		case d.isMountPoint(p.node):
			return errBusy
		case p.node.entries != nil:
			return errNotEmpty
		}
		return nil
	})
}

// removeAs is an OpRemove of what may be removed.
func (d *Disk) removeAs(what, name string, may func(*place) error) error {
	op := Op{Kind: OpRemove, Path: cleanPath(name)}
	var out Outcome
	err := d.begin(&op, &out)
	err = d.change(&out, err, func() error {
		p, err := d.locate(name, keepLink)
		if err == nil {
			err = may(&p)
		}
		if err == nil {
			err = d.of(&p.dir.inode).failed
		}
		if err == nil {
			d.unlink(p)
		}
		return err
	})
	if err != nil {
		err = pathError(what, name, err)
	}
	d.end(&op, &out, 0, err)
	return err
}

// Attributes is what a file or directory implements whose attributes can be changed
// while it is open, as fchmod and its like do. Each is an OpChmod.
type Attributes interface {
	Chmod(mode fs.FileMode) error
	Chown() error // owners are not kept, see Disk.Chown
	Chtimes(modTime time.Time) error
}

var _ Attributes = (*handle)(nil)

// Chmod implements Attributes.
func (f *handle) Chmod(mode fs.FileMode) error {
	return f.setAttr("chmod", mode, func(n *node) { f.d.setMode(n, mode) })
}

// Chown implements Attributes.
func (f *handle) Chown() error { return f.setAttr("chown", 0, f.d.changeHands) }

// Chtimes implements Attributes. The zero time leaves the time as it is.
func (f *handle) Chtimes(modTime time.Time) error {
	return f.setAttr("chtimes", 0, func(n *node) { n.setTime(modTime) })
}

func (f *handle) setAttr(what string, mode fs.FileMode, set func(*node)) error {
	op := Op{Kind: OpChmod, Perm: mode}
	var out Outcome
	err := f.begin(&op, &out)
	err = f.d.change(&out, err, func() error {
		if err := f.d.of(&f.n.inode).failed; err != nil {
			return err
		}
		set(f.n)
		f.d.touch(f.n)
		return nil
	})
	err = f.fail(what, err)
	f.end(&op, &out, 0, err)
	return err
}
