package vfs

import (
	"io/fs"
	"os"
	"path"
)

// forbids says why modes keep an operation from a user who owns all files and is not
// root: EACCES, if the file or a directory on the way to it lacks the owner's bit. A
// handle was let through when it was opened.
func (d *Disk) forbids(op *Op) error {
	switch op.Kind {
	case OpOpen, OpCreate:
		return d.forbidsOpen(op)
	case OpRename, OpLink:
		if d.lacks(path.Dir(op.NewPath), 0o300) || op.Kind == OpRename && d.lacks(path.Dir(op.Path), 0o300) {
			return errAccess
		}
	case OpRemove, OpMkdir:
		if d.lacks(path.Dir(op.Path), 0o300) {
			return errAccess
		}
	}
	return nil
}

// forbidsOpen judges an open by what it is for.
func (d *Disk) forbidsOpen(op *Op) error {
	p, err := d.walk(op.Path, lastOfOpen(op.Flag))
	if err != nil {
		return nil // whatever is wrong with the path is told in a moment
	}
	need := fs.FileMode(0)
	if op.Flag&accessMask != os.O_WRONLY {
		need |= 0o400
	}
	if mayChange(op.Flag) {
		need |= 0o200
	}
	switch {
	case p.node == nil && op.Flag&os.O_CREATE == 0:
	case p.node == nil && d.lacks(path.Dir(op.Path), 0o300):
		return errAccess
	case p.node != nil && (p.node.mode&need != need || d.lacks(path.Dir(op.Path), 0o100)):
		return errAccess
	}
	return nil
}

// lacks says whether a directory lacks some of the bits, or one on the way to it that
// of passing through.
func (d *Disk) lacks(dir string, bits fs.FileMode) bool {
	for {
		if p, err := d.walk(dir, followLink); err == nil && p.node != nil && p.node.isDir() && p.node.mode&bits != bits {
			return true
		}
		if dir == "/" {
			return false
		}
		dir, bits = path.Dir(dir), 0o100
	}
}
