package vfs

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"strings"
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

// change runs the body of an operation that takes place whole or not at all, unless
// the outcome keeps it from that, and returns what its caller is told. err is what
// begin returned.
func (d *Disk) change(out *Outcome, err error, body func() error) error {
	if err != nil {
		return err
	}
	if out.effect() != EffectNone {
		if err := body(); err != nil {
			return err
		}
	}
	return out.Err
}

// mkdir makes a directory.
func (d *Disk) mkdir(name string, perm fs.FileMode) error {
	p, err := d.locate(name, keepLink)
	if err == nil {
		err = p.mustBeFree(true)
	}
	if err == nil {
		err = d.mayMake(p, fs.ModeDir)
	}
	if err != nil {
		return err
	}
	// What is made in a directory that hands its group down does so too.
	mode := fs.ModeDir | perm&(fs.ModePerm|fs.ModeSticky) | p.dir.mode&fs.ModeSetgid
	d.link(OpMkdir, p, d.newNode(mode, p.dir.dev))
	return nil
}

// MkdirAll implements afero.Fs. It is one operation for each directory that it
// makes, after one that looks whether there is anything to do.
func (d *Disk) MkdirAll(name string, perm fs.FileMode) error {
	info, err := d.Stat(name) // an operation, and a fault may strike it
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return pathError("mkdir", name, errNotDir)
	case errors.Is(err, ErrPowerCut):
		return pathError("mkdir", name, ErrPowerCut)
	}
	// The parent as it is spelled, as os.MkdirAll has it: "d/.." makes d, and
	// of "d//a" the parent is "d/".
	last := strings.TrimRight(name, "/")
	if parent := name[:max(0, strings.LastIndexByte(last, '/'))]; parent != "" {
		if err := d.MkdirAll(parent, perm); err != nil {
			return err
		}
	}
	if err := d.Mkdir(name, perm); err != nil {
		if errors.Is(err, errExist) { // somebody was faster
			if info, _, statErr := d.LstatIfPossible(name); statErr == nil && info.IsDir() {
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

// remove is unlink and, if that can't be, rmdir, as os.Remove has it.
func (d *Disk) remove(name string) error {
	p, err := d.locate(name, keepLink)
	switch {
	case err != nil:
		return err
	case p.last == lastDot:
		return errInvalid
	case p.last == lastDotDot:
		return errNotEmpty
	case p.last == lastRoot:
		return errBusy
	case d.isMountPoint(p.node):
		return errBusy
	case d.of(&p.dir.inode).failed != nil:
		return d.of(&p.dir.inode).failed
	}
	if err := p.mustExist(); err != nil {
		return err
	}
	if p.node.isDir() && p.node.entries != nil { // no entries are nil
		return errNotEmpty
	}
	d.unlink(p)
	return nil
}

// RemoveAll implements afero.Fs. It is an operation for each name that it
// removes, and for each directory that it reads. Like os.RemoveAll it removes
// all that it can, and returns the first error.
func (d *Disk) RemoveAll(name string) error {
	if name == "" {
		return nil
	}
	if path.Base(name) == "." && name[len(name)-1] == '.' {
		return pathError("RemoveAll", name, errInvalid)
	}
	if trimmed := strings.TrimRight(name, "/"); trimmed != "" {
		name = trimmed
	}
	why := d.Remove(name)
	if why == nil || errors.Is(why, errNotExist) {
		return nil
	}
	if !mayBeEmptied(why) {
		return why
	}
	names, err := d.readNames(name)
	if err != nil {
		return err
	}
	first := d.removeEach(name, names)
	if errors.Is(first, ErrPowerCut) {
		return first
	}
	err = d.Remove(name)
	if base := path.Base(name); (base == "." || base == "..") && errors.Is(err, errNotExist) {
		err = why // "d/.." stays, although "d" is gone
	}
	if err == nil || errors.Is(err, errNotExist) {
		return nil
	}
	return cmp.Or(first, err)
}

// mayBeEmptied says whether what Remove refused to remove may be a directory with
// something in it: one that can't be removed itself may be emptied all the same.
func mayBeEmptied(why error) bool {
	return !errors.Is(why, ErrInjected) &&
		(errors.Is(why, errNotEmpty) || errors.Is(why, errInvalid) || errors.Is(why, errBusy))
}

// readNames lists a directory.
func (d *Disk) readNames(dir string) ([]string, error) {
	f, err := d.Open(dir)
	if err != nil {
		return nil, err
	}
	names, err := f.Readdirnames(-1)
	_ = f.Close() // it was only read
	return names, err
}

// removeEach removes what it can of a directory's entries, and returns the first
// error, or ErrPowerCut as soon as it comes.
func (d *Disk) removeEach(dir string, names []string) error {
	var first error
	for _, name := range names {
		err := d.RemoveAll(path.Join(dir, name))
		if errors.Is(err, ErrPowerCut) {
			return err
		}
		first = cmp.Or(first, err)
	}
	return first
}

// Rename implements afero.Fs. Like os.Rename it refuses a target that is a
// directory.
func (d *Disk) Rename(oldName, newName string) error {
	return d.renameAs(oldName, newName, func() error {
		if err := d.mayReplace(oldName, newName); err != nil {
			return err
		}
		return d.renameWith(oldName, newName, 0)
	})
}

// renameAs is the operation that a rename is.
func (d *Disk) renameAs(oldName, newName string, rename func() error) error {
	op := Op{Kind: OpRename, Path: cleanPath(oldName), NewPath: cleanPath(newName)}
	var out Outcome
	err := d.begin(&op, &out)
	err = d.change(&out, err, func() error {
		err := rename()
		if p, e := d.find(newName, keepLink); err == nil && e == nil {
			d.afterwards(p.node, &out)
		}
		return err
	})
	if err != nil {
		err = linkError("rename", oldName, newName, err)
	}
	d.end(&op, &out, 0, err)
	return err
}

// mayReplace is what os.Rename asks before any system call: whether the target is
// a directory, other than the source under another spelling.
func (d *Disk) mayReplace(oldName, newName string) error {
	to, err := d.find(newName, lookLink)
	if err != nil || !to.node.isDir() {
		return nil
	}
	from, err := d.find(oldName, lookLink)
	if err != nil {
		return err
	}
	if oldName == newName || from.node != to.node {
		return errExist
	}
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

// hardLink adds a name to a file, never to a directory.
func (d *Disk) hardLink(oldName, newName string) error {
	if isUnspeakable(oldName) || isUnspeakable(newName) {
		return errInvalid
	}
	from, err := d.find(oldName, lookLink)
	if err != nil {
		return err
	}
	to, err := d.locate(newName, keepLink)
	if err == nil {
		err = to.mustBeFree(false)
	}
	switch {
	case err != nil:
		return err
	case from.node.dev != to.dir.dev:
		return errCrossDevice
	case d.of(&to.dir.inode).failed != nil:
		return d.of(&to.dir.inode).failed
	case from.node.isDir():
		return errPermission
	case len(from.node.links) >= maxLinks:
		return errTooManyLink
	}
	if err := d.mayName(to.dir, to.name); err != nil {
		return err
	}
	d.link(OpLink, to, from.node)
	return nil
}
