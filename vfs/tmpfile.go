package vfs

import (
	"fmt"
	"io/fs"
	"os"
)

// LinkTaker is what a file implements that can be given a name: one that was opened
// with O_TMPFILE has none.
type LinkTaker interface {
	// LinkTo gives the file another name, as linkat does for a descriptor. What lost
	// its last name, and what was opened with O_TMPFILE and O_EXCL, gets none any more.
	LinkTo(newName string) error
}

var _ LinkTaker = (*handle)(nil)

// openTemporary makes a file without a name, in the filesystem that a directory is in.
func (d *Disk) openTemporary(name string, flag int, perm fs.FileMode) (*handle, error) {
	if flag&os.O_CREATE != 0 || flag&(os.O_WRONLY|os.O_RDWR) == 0 {
		return nil, errInvalid
	}
	last := followLink
	if flag&oNoFollow != 0 {
		last = lookLink
	}
	p, err := d.find(name, last)
	switch {
	case err != nil:
		return nil, err
	case !p.node.isDir():
		return nil, errNotDir
	case p.node.isRemoved():
		return nil, errNotExist
	}
	if err := d.mayMakeInode(p.node, perm); err != nil {
		return nil, err
	}
	n := d.newNode(perm&permMask, p.node.dev)
	n.temporary, n.linkable = true, flag&os.O_EXCL == 0
	return d.newHandle(n, name, fmt.Sprintf("%s/#%d", cleanPath(name), n.ino), flag), nil
}

// isTemporary says whether an open is to make a file without a name.
func isTemporary(flag int) bool { return O_TMPFILE != 0 && flag&O_TMPFILE == O_TMPFILE }

// isNameless says whether a file lost its last name, so that what becomes of its
// content doesn't matter. One that never had a name may get one yet.
func (n *node) isNameless() bool { return len(n.links) == 0 && !n.temporary }

// LinkTo implements LinkTaker.
func (f *handle) LinkTo(newName string) error {
	op := Op{Kind: OpLink, NewPath: cleanPath(newName)}
	var out Outcome
	err := f.begin(&op, &out)
	err = f.d.change(&out, err, func() error { return f.linkTo(newName) })
	if err != nil {
		err = linkError("link", f.name, newName, err)
	}
	f.end(&op, &out, 0, err)
	return err
}

func (f *handle) linkTo(newName string) error {
	d, n := f.d, f.n
	if isUnspeakable(newName) {
		return errInvalid
	}
	to, err := d.locate(newName, keepLink)
	if err == nil {
		err = to.mustBeFree(false)
	}
	switch {
	case err != nil:
		return err
	case n.dev != to.dir.dev:
		return errCrossDevice
	case d.of(&n.inode).failed != nil:
		return d.of(&n.inode).failed
	case n.isDir():
		return errPermission
	case len(n.links) == 0 && !n.linkable:
		return errNotExist
	case len(n.links) >= maxLinks:
		return errTooManyLink
	}
	if err := d.mayName(to.dir, to.name); err != nil {
		return err
	}
	if n.temporary {
		n.temporary, n.linkable, n.created = false, false, d.seq
	}
	d.link(OpLink, to, n)
	d.moves++
	return nil
}
