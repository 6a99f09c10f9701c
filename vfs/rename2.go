package vfs

// RenameFlags are those of Linux's renameat2.
type RenameFlags uint32

// The flags, of which one may be given.
const (
	RenameNoReplace RenameFlags = 1 // the new name must be free
	RenameExchange  RenameFlags = 2 // both names must be there, and change places
)

// RenameWith renames as the system call does: unlike Rename it lets a directory take
// the place of an empty one.
func (d *Disk) RenameWith(oldName, newName string, flags RenameFlags) error {
	return d.renameAs(oldName, newName, func() error { return d.renameWith(oldName, newName, flags) })
}

func (d *Disk) renameWith(oldName, newName string, flags RenameFlags) error {
	if flags > RenameExchange || isUnspeakable(oldName) || isUnspeakable(newName) {
		return errInvalid
	}
	// The directories of both come first, as the kernel has it.
	from, err := d.locate(oldName, keepLink)
	if err != nil {
		return err
	}
	to, err := d.locate(newName, keepLink)
	if err != nil {
		return err
	}
	if err := d.mayMove(from, to, flags); err != nil {
		return err
	}
	switch {
	case to.node == from.node: // two names of one file: nothing happens, says POSIX
	case flags == RenameExchange:
		d.exchange(from, to)
	case to.node == nil && d.mayName(to.dir, to.name) != nil:
		return errNoSpace
	default:
		d.move(from, to)
	}
	return nil
}

// mayMove says why a rename is refused. Where several reasons apply it gives the
// one that Linux does.
func (d *Disk) mayMove(from, to place, flags RenameFlags) error {
	switch {
	case from.dev() != to.dev():
		return errCrossDevice
	case from.last != lastName:
		return errBusy
	case to.last != lastName && flags == RenameNoReplace:
		return errExist
	case to.last != lastName:
		return errBusy
	case d.of(&from.dir.inode).failed != nil:
		return d.of(&from.dir.inode).failed
	case from.long:
		return errNameTooLong
	case from.node == nil:
		return errNotExist
	case to.long:
		return errNameTooLong
	case to.node != nil && flags == RenameNoReplace:
		return errExist
	case to.node == nil && flags == RenameExchange:
		return errNotExist
	case d.isMountPoint(from.node), d.isMountPoint(to.node):
		return errBusy
	}
	if err := d.mustBeDirs(from, to, flags); err != nil {
		return err
	}
	return d.mayTakePlace(from, to, flags)
}

// mustBeDirs says why a slash behind a name forbids a rename.
func (d *Disk) mustBeDirs(from, to place, flags RenameFlags) error {
	dir := from.node.isDir()
	switch {
	case !dir && from.slash:
		return errNotDir
	case flags == RenameExchange && to.slash && !to.node.isDir():
		return errNotDir
	case flags != RenameExchange && !dir && to.slash:
		return errNotDir
	}
	return nil
}

// mayTakePlace says why what is at the new name forbids a rename.
func (d *Disk) mayTakePlace(from, to place, flags RenameFlags) error {
	dir, over := from.node.isDir(), to.node
	switch {
	case dir && d.within(to.dir, from.node) && over != from.node:
		return errInvalid
	case over != nil && over.isDir() && d.within(from.dir, over) && over != from.node:
		if flags == RenameExchange {
			return errInvalid
		}
		return errNotEmpty
	case over == nil || over == from.node || flags == RenameExchange:
		return nil
	case dir && !over.isDir():
		return errNotDir
	case !dir && over.isDir():
		return errIsDir
	case dir && over.entries != nil:
		return errNotEmpty
	}
	return nil
}
