package vfs

// Persist makes a file's data and size durable, or a directory's entries, as an
// fsync of it would at this point. The kernel's write-back does so at times of its
// own; and to find out which fsync a program lacks, one can be put in by this.
// It is no operation: it has no Seq, no hook sees it and no fault strikes it.
// On a filesystem that has failed it does nothing.
func (d *Disk) Persist(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cut {
		return pathError("persist", name, ErrPowerCut)
	}
	p, err := d.find(name, followLink)
	switch {
	case err != nil:
		return pathError("persist", name, err)
	case d.of(&p.node.inode).failed != nil, d.of(&p.node.inode).offline:
	case p.node.isDir():
		d.syncDir(p.node)
	default:
		d.syncFile(p.node, syncScope{opened: never})
	}
	return nil
}
