package vfs

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"syscall"
)

// Mkdir implements afero.Fs.
func (d *Disk) Mkdir(name string, perm fs.FileMode) error {
	op := Op{Kind: OpMkdir, Path: cleanPath(name), Perm: perm}
	var out Outcome
	err := d.begin(&op, &out)
	err = d.change(&out, err, func() error { return d.mkdir(name, perm) })
	if err != nil {
		err = pathError("mkdir", name, err)
	}
	d.end(&op, &out, 0, err)
	return err
}

// change runs the body of an operation that has no parts, as far as the
// outcome lets it, and returns what its caller is told.
func (d *Disk) change(out *Outcome, err error, body func() error) error {
	if err != nil {
		return err
	}
	if out.effect() != EffectNone {
		if d.failed != nil {
			return d.failed
		}
		if err := body(); err != nil {
			return err
		}
	}
	return out.Err
}

func (d *Disk) mkdir(name string, perm fs.FileMode) error {
	p, err := d.locate(name)
	switch {
	case err != nil:
		return err
	case p.node != nil:
		return errExist
	case d.full() && d.options.Filesystem != Btrfs:
		return errNoSpace
	}
	d.link(OpMkdir, p, d.newNode(fs.ModeDir|perm&(fs.ModePerm|fs.ModeSticky)))
	return nil
}

// MkdirAll implements afero.Fs. It is one operation for each directory that it
// makes, after one that looks whether there is anything to do.
func (d *Disk) MkdirAll(name string, perm fs.FileMode) error {
	info, err := d.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return pathError("mkdir", name, errNotDir)
	case errors.Is(err, ErrPowerCut):
		return pathError("mkdir", name, ErrPowerCut)
	}
	// The parent as it is spelled, as os.MkdirAll has it: "d/.." makes d.
	parent := strings.TrimRight(name, "/")
	parent = strings.TrimRight(parent[:strings.LastIndexByte(parent, '/')+1], "/")
	if parent != "" {
		if err := d.MkdirAll(parent, perm); err != nil {
			return err
		}
	}
	if err := d.Mkdir(name, perm); err != nil {
		if errors.Is(err, errExist) {
			if info, statErr := d.Stat(name); statErr == nil && info.IsDir() {
				return nil
			}
		}
		return err
	}
	return nil
}

// Remove implements afero.Fs: a file, or an empty directory.
func (d *Disk) Remove(name string) error {
	op := Op{Kind: OpRemove, Path: cleanPath(name)}
	var out Outcome
	err := d.begin(&op, &out)
	err = d.change(&out, err, func() error { return d.remove(name) })
	if err != nil {
		err = pathError("remove", name, err)
	}
	d.end(&op, &out, 0, err)
	return err
}

func (d *Disk) remove(name string) error {
	p, err := d.find(name)
	switch {
	case err != nil:
		return err
	case p.name == "":
		return errBusy
	case p.node.isDir() && p.node.entries != nil:
		return errNotEmpty
	}
	d.unlink(p)
	return nil
}

// RemoveAll implements afero.Fs. It is an operation for each name that it
// removes, and for each directory that it reads.
func (d *Disk) RemoveAll(name string) error {
	if name == "" {
		return nil
	}
	if path.Base(name) == "." {
		return pathError("RemoveAll", name, errInvalid)
	}
	if trimmed := strings.TrimRight(name, "/"); trimmed != "" {
		name = trimmed
	}
	err := d.Remove(name)
	if err == nil || errors.Is(err, errNotExist) {
		return nil
	}
	if !errors.Is(err, errNotEmpty) {
		return err
	}
	f, err := d.Open(name)
	if err != nil {
		return err
	}
	names, err := f.Readdirnames(-1)
	_ = f.Close() // it was only read
	if err != nil {
		return err
	}
	for _, child := range names {
		if err := d.RemoveAll(path.Join(name, child)); err != nil {
			return err
		}
	}
	return d.Remove(name)
}

// Rename implements afero.Fs. Like os.Rename it refuses a target that is a
// directory.
func (d *Disk) Rename(oldName, newName string) error {
	op := Op{Kind: OpRename, Path: cleanPath(oldName), NewPath: cleanPath(newName)}
	var out Outcome
	err := d.begin(&op, &out)
	err = d.change(&out, err, func() error { return d.rename(oldName, newName) })
	if err != nil {
		err = linkError("rename", oldName, newName, err)
	}
	d.end(&op, &out, 0, err)
	return err
}

func (d *Disk) rename(oldName, newName string) error {
	// The directories of both come first, as the kernel has it.
	if _, err := d.parent(oldName); err != nil {
		return err
	}
	if _, err := d.parent(newName); err != nil {
		return err
	}
	from, err := d.find(oldName)
	if err != nil {
		return err
	}
	to, err := d.locate(newName)
	switch {
	case err != nil:
		return err
	case to.node != nil && to.node.isDir() && (to.node != from.node || oldName == newName):
		return errExist
	case from.name == "":
		return errBusy
	case newName[len(newName)-1] == '/' && !from.node.isDir():
		return errNotDir
	case to.node == from.node:
		return nil // two names of one file: nothing happens, says POSIX
	case from.node.isDir() && d.within(to.dir, from.node):
		return errInvalid
	case to.node != nil && from.node.isDir():
		return errNotDir
	}
	d.move(from, to)
	return nil
}

// Link gives a file another name, as os.Link does.
func (d *Disk) Link(oldName, newName string) error {
	op := Op{Kind: OpLink, Path: cleanPath(oldName), NewPath: cleanPath(newName)}
	var out Outcome
	err := d.begin(&op, &out)
	err = d.change(&out, err, func() error { return d.hardLink(oldName, newName) })
	if err != nil {
		err = linkError("link", oldName, newName, err)
	}
	d.end(&op, &out, 0, err)
	return err
}

// maxLinks is ext4's bound.
const maxLinks = 65000

func (d *Disk) hardLink(oldName, newName string) error {
	from, err := d.find(oldName)
	if err != nil {
		return err
	}
	to, err := d.locate(newName)
	switch {
	case err != nil:
		return err
	case to.node != nil:
		return errExist
	case from.node.isDir():
		return errPermission
	case newName[len(newName)-1] == '/':
		return errNotExist
	case len(from.node.links) >= maxLinks:
		return syscall.EMLINK
	}
	d.link(OpLink, to, from.node)
	return nil
}
