package vfs

import "slices"

// DataSyncer is what a file implements that tells fdatasync from fsync.
type DataSyncer interface {
	// Datasync makes the data durable, and the size if it changed. In profiles
	// where an fsync reaches the file's names, Datasync may not.
	Datasync() error
}

var _ DataSyncer = (*handle)(nil)

// Sync implements afero.File: it makes a file's data and size durable, or the
// entries of a directory.
func (f *handle) Sync() error { return f.syncAs("sync", false) }

// Datasync implements DataSyncer. To hooks and injectors it is a Sync.
func (f *handle) Datasync() error { return f.syncAs("fdatasync", true) }

func (f *handle) syncAs(what string, dataOnly bool) error {
	op := Op{Kind: OpSync, Flag: f.flag}
	var out Outcome
	err := f.begin(&op, &out)
	if err == nil {
		err = f.sync(&out, syncScope{dataOnly: dataOnly})
	}
	err = f.fail(what, err)
	f.end(&op, &out, 0, err)
	return err
}

// sync is the fsync itself: as the outcome has it, it fails, lies, or makes
// durable what is asked of it.
func (f *handle) sync(out *Outcome, scope syncScope) error {
	d, n, device := f.d, f.n, f.d.of(&f.n.inode)
	scope.opened = f.since
	switch out.Sync {
	case SyncOK, SyncFlusherFails: // the latter strikes other operations
	default:
		return f.failSync(out, scope)
	}
	if n.nextFail != nil {
		d.dropPending(n)
		d.addError(n, n.nextFail)
		n.nextFail = nil
	}
	// Told of an older failure, a caller can't count on what this call did:
	// then it does nothing.
	if err := n.fsyncErrors.report(&f.seenErrors); err != nil {
		return err
	}
	if out.effect() == EffectNone {
		return out.Err
	}
	switch {
	case device.readOnly, device.failed != nil && n.isDir() && d.options.Filesystem == Btrfs:
		return device.failed
	case device.failed != nil: // nil is returned, and nothing is durable
	case n.isDir():
		d.syncDir(n)
	case scope.ranged && scope.seq == 0:
		d.syncRange(n, scope)
	case scope.ranged:
		d.syncWrite(n, scope)
	default:
		d.syncFile(n, scope)
	}
	return out.Err
}

// failSync is an fsync that fails in one of the ways of SyncFailure, and returns
// what its caller is told.
func (f *handle) failSync(out *Outcome, scope syncScope) error {
	d, n := f.d, f.n
	failure := out.Err
	if failure == nil {
		failure = &injectedError{errIO}
	}
	switch out.Sync {
	case SyncLies:
		return nil
	case SyncNextFails:
		n.nextFail = failure
		d.noteError(n)
		return nil
	case SyncJournalFails:
		d.failJournal(n)
		return failure
	case SyncDeviceAway:
		return f.syncAway(scope, failure)
	}
	switch {
	case out.Sync == SyncKeepDirty:
	case scope.ranged:
		d.dropWritten(n, scope, out)
	case out.Sync == SyncDropPage:
		d.dropPage(n, n.pagesToWrite(), out.Page)
	default:
		d.dropPending(n)
	}
	if out.Sync == SyncRevert {
		d.evict(n)
	}
	d.addError(n, failure)
	return n.fsyncErrors.report(&f.seenErrors)
}

// failJournal is a journal that can't be written. What follows from the fault is the
// fault's doing too.
func (d *Disk) failJournal(n *node) {
	device := d.of(&n.inode)
	device.failed = &injectedError{errReadOnly}
	device.shutdown = d.options.Filesystem == XFS
}

// syncAway is an fsync while the device can't be reached, see SyncDeviceAway.
func (f *handle) syncAway(scope syncScope, failure error) error {
	d, n := f.d, f.n
	switch {
	case d.of(&n.inode).failed != nil:
		return failure
	case d.needsJournal(n, scope.dataOnly):
		d.failJournal(n)
		return failure
	case n.isDir():
		return nil
	case len(n.pagesToWrite()) > 0:
		if scope.ranged {
			d.dropWritten(n, scope, &Outcome{})
		} else {
			d.dropPending(n)
		}
		d.addError(n, failure)
		return n.fsyncErrors.report(&f.seenErrors)
	case d.options.Filesystem == Btrfs:
		return nil
	}
	return failure
}

// needsJournal says whether the fsync of a file or directory has something to write that
// is no data: a time that a write changed counts for all but fdatasync.
func (d *Disk) needsJournal(n *node, dataOnly bool) bool {
	last, known := n.lastMeta, n.synced
	if dataOnly {
		last = n.lastData
	}
	if d.options.Filesystem != POSIX && d.options.Filesystem != Btrfs {
		known = max(known, d.of(&n.inode).forced)
	}
	return last > known || !dataOnly && (len(n.changes) > 0 || !n.isDir() && len(n.pagesToWrite()) > 0)
}

// syncFile makes data and size durable. What else it reaches differs from
// profile to profile.
func (d *Disk) syncFile(n *node, scope syncScope) {
	if n.isNameless() {
		d.syncNameless(n, scope)
		return
	}
	d.keepHistory(n, 0, len(n.effects))
	rest, lost := n.stillLost()
	certain := n.size
	if lost {
		certain = rest.before
	}
	n.dropStale(certain)
	n.takeBlocks(d.seq, len(n.effects))
	n.settle(d)
	if lost {
		n.effects = append(n.effects, rest)
	} else if len(n.stale) == 0 {
		d.clean(n)
	}
	d.syncInode(n, scope)
}

// syncInode is what the fsync of a file does beyond its content.
func (d *Disk) syncInode(n *node, scope syncScope) {
	n.synced = d.seq
	if !scope.dataOnly {
		d.settleAttributes(n)
	}
	d.force(n, n.commits(scope))
	if len(d.names) > 0 {
		d.logFile(n, scope)
	} else if n.inLog == 0 {
		n.inLog = d.seq
	}
}

// commits is the Seq up to which the fsync of a file has a journal committed. What is
// written where no block was, or one that was only reserved, changes the inode when it is
// written back, and fdatasync waits for that too (ext4_convert_unwritten_extents,
// xfs_iomap_write_unwritten). Of a range alone that is so of what was written there.
func (n *node) commits(scope syncScope) int64 {
	last := n.lastMeta
	if scope.dataOnly {
		last = n.lastData
	}
	if scope.ranged && scope.seq != n.filled {
		return last
	}
	return max(last, n.filled)
}

// syncNameless is the fsync of what lost its last name while it was open. A
// journal in program order commits that loss with the inode, so that the content
// doesn't matter any more. btrfs writes nothing of the file: if the loss is lost, the
// file is back as it was. But its log may get the directories that the file lost its
// names in by a removal (btrfs_log_all_parents).
func (d *Disk) syncNameless(n *node, scope syncScope) {
	d.force(n, n.commits(scope))
	for i := range d.names {
		if e := &d.names[i]; e.kind == OpRemove && e.ino == n.ino {
			d.mayLogParent(e.del.dir)
			d.logBelow(e.del.dir)
		}
	}
}

// stillLost returns the growth that a write-back of what is pending leaves lost:
// beyond the last page that it writes and beyond all sizes of which the data is
// on the medium.
func (n *node) stillLost() (rest dataEffect, lost bool) {
	reach := n.baseSize()
	for i := range n.effects {
		e := &n.effects[i]
		switch {
		case e.lost:
			lost, rest.seq = true, e.seq
		case e.after < e.before:
			reach = min(reach, e.after)
		case e.after > e.before:
			reach = max(reach, e.after)
		}
		reach = max(reach, e.reach)
		if e.synced && e.n > 0 {
			reach = max(reach, min(e.after, roundUp(e.off+e.n)))
		}
	}
	if pages := n.pagesToWrite(); len(pages) > 0 {
		reach = max(reach, (int64(pages[len(pages)-1])+1)*pageBytes)
	}
	rest.before, rest.after, rest.sizeOnly, rest.lost, rest.committed = reach, n.size, true, true, true
	return rest, lost && reach < n.size
}

// clean takes a node off the list of dirty ones.
func (d *Disk) clean(n *node) {
	if !n.dirty || len(n.changes) > 0 {
		return
	}
	n.dirty = false
	for i, m := range d.dirty {
		if m == n {
			d.dirty = append(d.dirty[:i], d.dirty[i+1:]...)
			return
		}
	}
}

// force has a filesystem that commits in program order commit up to a Seq.
func (d *Disk) force(n *node, seq int64) {
	device := d.of(&n.inode)
	device.forced, device.synced = max(device.forced, seq), d.seq
}

// SyncAll makes everything durable, as a clean unmount does. It is no
// operation: it has no Seq, and no fault strikes it.
func (d *Disk) SyncAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.syncAll()
}

func (d *Disk) syncAll() {
	for dev := range d.devices {
		d.syncDevice(uint8(dev))
	}
}

// syncDevice makes everything durable that is on one device.
func (d *Disk) syncDevice(dev uint8) {
	device := &d.devices[dev]
	if d.layer == nil || device.failed != nil || device.offline {
		return
	}
	left := d.dirty[:0]
	for _, n := range d.dirty {
		if n.dev == dev {
			n.dropStale(n.size)
			n.settle(d)
			n.changes = nil
			n.dirty = len(n.stale) > 0 // nothing writes what counts as clean
		}
		if n.dirty {
			left = append(left, n)
		}
	}
	d.dirty = left
	d.names = slices.DeleteFunc(d.names, func(e nameEffect) bool { return e.dev == dev })
	d.history = slices.DeleteFunc(d.history, func(f foreignPage) bool { return f.dev == dev })
	device.forced = d.seq
	d.nodes.each(0, func(_ uint64, n *node) bool {
		if n.dev == dev {
			n.inLog, n.synced, n.past, n.made = 0, d.seq, nil, nil
			n.owned = n.owned[:0]
			n.ownAll(d.seq)
		}
		return true
	})
}
