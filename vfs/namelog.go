package vfs

import "slices"

// btrfs does not commit its names when a file is fsynced. It has a log beside its
// transactions, in which an fsync puts the inode, the names that it has, and what
// these need: new directories above it, and the other half of a rename. After a
// crash the log is replayed over the last transaction. So an fsynced file is there
// with its names although changes of names before them are not.
//
// What the log has for certain is in every image: half.logged. Where it depends on
// things that programs can't see, such as what the kernel had in memory, a change is
// in some images: half.mayBeLogged. The rules come from recordings of the real one.

// syncDir makes the pending names of a directory durable, with what they can't
// persist without.
func (d *Disk) syncDir(n *node) {
	if len(n.links) == 0 && n.ino != rootIno {
		d.syncNameless(n, syncScope{})
		return
	}
	n.synced = d.seq
	d.settleAttributes(n)
	d.force(n, n.lastMeta)
	if len(d.names) > 0 {
		l := d.nameRules(POSIX)
		done := l.touching(n.ino, func(h *half) bool { return h.done })
		l.close(nil, done)
		d.mark(done, func(h *half) { h.done = true })
		logged := l.touching(n.ino, func(h *half) bool { return h.logged })
		d.mark(logged, func(h *half) { h.logged = true })
		d.entersAlone(n.ino)
		d.logAncestors(n.ino, n.ino)
		d.logBelow(n.ino)
	}
	d.logAny(n)
	d.dropDone()
}

// touching is the set of the halves in a directory, with all those for which also
// returns true.
func (l *nameRules) touching(dir uint64, also func(*half) bool) nameSet {
	set := newNameSet(len(l.d.names))
	for id, h := range l.d.halves() {
		set[id] = h.dir == dir || also(h)
	}
	return set
}

// mark calls f with the halves of a set.
func (d *Disk) mark(set nameSet, f func(*half)) {
	for id, h := range d.halves() {
		if set[id] {
			f(h)
		}
	}
}

// addName takes a change of names that is pending from now on. What concerns an
// inode that btrfs's log has, and what takes a name out of a directory that it has
// (btrfs_del_dir_entries_in_log), changes the log at once, and goes with the next
// fsync of anything, whoever asks for it.
func (d *Disk) addName(e nameEffect) {
	e.dev = d.node(e.ino).dev
	inLog := func(ino uint64) bool {
		n := d.node(ino)
		return n != nil && n.inLog > 0
	}
	// A new directory above what was fsynced is in the log as well.
	renames := e.kind == OpRename && !e.exchange && (inLog(e.ino) || d.isMadeInLog(e.ino))
	known := renames || inLog(e.ino) || e.del.exists() && inLog(e.del.dir)
	if known {
		e.add.mayBeLogged, e.del.mayBeLogged = e.add.exists(), e.del.exists()
		e.together = e.kind == OpRename
	}
	d.names = append(d.names, e)
	switch {
	case renames:
		d.lapseBehind(len(d.names) - 1)
	case e.kind == OpRename && !known && e.over != 0 && inLog(e.over):
		d.unlog(e.over, &e.add, false)
	case e.kind == OpRemove && inLog(e.ino):
		d.unlog(e.ino, &e.del, true)
	}
}

// unlog takes the name of a file that another is renamed over out of the log,
// which the rename itself is not in: the name may be lost without it. So may the name
// of a file that is removed; and with it goes what stood in the log for the loss of the
// name by whatever had it before, unless that was fsynced itself.
func (d *Disk) unlog(ino uint64, at *half, removed bool) {
	found := false
	for i := range d.names {
		e := &d.names[i]
		if e.ino != ino || !e.add.is(at.dir, at.name) || !e.add.logged || e.add.done || e.del.done {
			continue
		}
		e.mayUnlog()
		found = true
		if j := d.nameRules(Btrfs).vacated[i]; removed && j >= 0 {
			if before := &d.names[j]; d.node(before.ino).inLog == 0 && !before.add.done && !before.del.done {
				before.mayUnlog()
			}
		}
	}
	if found {
		d.closeLog() // unless something else in the log needs it
	}
}

// mayUnlog notes that an effect is in the log no more for certain.
func (e *nameEffect) mayUnlog() {
	for _, h := range e.halves() {
		h.logged, h.mayBeLogged = false, h.exists()
	}
}

// closeLog adds to the log what the changes in it can't persist without.
func (d *Disk) closeLog() {
	l := d.nameRules(Btrfs)
	logged := l.touching(0, func(h *half) bool { return h.logged })
	l.close(nil, logged)
	d.mark(logged, func(h *half) { h.logged = true })
}

// logFile is what btrfs's log has of a file after its fsync: the names that it
// has now, with new directories above them, and perhaps more. But which directories those
// are it takes from the name that the file was opened by, if it has one name now
// (log_new_ancestors_fast). Where that was linked later, a new directory that has it is
// missing, and the file with it.
func (d *Disk) logFile(n *node, scope syncScope) {
	elsewhere := d.linkedSince(n, scope.opened)
	for _, p := range n.past {
		if !elsewhere && p.added && slices.ContainsFunc(n.links, func(k link) bool { return k.dir == p.dir }) {
			d.logAncestors(p.dir, n.ino)
		}
	}
	for i := range d.names {
		e := &d.names[i]
		if e.ino == n.ino && e.add.exists() && slices.Contains(n.links, link{e.add.dir, e.add.name}) {
			e.add.logged, e.add.lapses = true, false
			e.del.logged, e.del.lapses = e.del.exists(), false
			if !elsewhere {
				d.logAncestors(e.add.dir, n.ino)
			}
			d.logConflict(i)
		}
	}
	for _, dir := range d.changedDirs(n) {
		d.mayLogParent(dir)
	}
	d.logAny(n)
}

// linkedSince says whether a file has one name, which it got by a link after a Seq.
func (d *Disk) linkedSince(n *node, seq int64) bool {
	if len(n.links) != 1 {
		return false
	}
	at := n.links[0]
	for i := len(d.names) - 1; i >= 0; i-- {
		switch e := &d.names[i]; {
		case e.ino != n.ino || !e.add.is(at.dir, at.name):
		case e.del.exists():
			at = link{e.del.dir, e.del.name}
		default:
			return e.kind == OpLink && e.seq > seq
		}
	}
	return false
}

// logConflict notes that an inode whose name another took may be in the log beside
// that one, with the names that it has now (log_conflicting_inodes).
func (d *Disk) logConflict(taken int) {
	at := &d.names[taken]
	for i := range d.names[:taken] {
		if e := &d.names[i]; e.ino == at.ino || !e.del.is(at.add.dir, at.add.name) {
			continue
		}
		d.mayLogNames(d.names[i].ino)
	}
}

// changedDirs lists the directories in which a file's names changed after it was
// made: those may be logged whole.
func (d *Disk) changedDirs(n *node) []uint64 {
	var dirs []uint64
	for _, p := range n.past {
		if p.again && !slices.Contains(dirs, p.dir) {
			dirs = append(dirs, p.dir)
		}
	}
	for i := range d.names {
		e := &d.names[i]
		if e.ino != n.ino || e.seq <= n.created {
			continue
		}
		for _, h := range e.halves() {
			if h.exists() && !slices.Contains(dirs, h.dir) {
				dirs = append(dirs, h.dir)
			}
		}
	}
	return dirs
}

// mayLog notes that everything pending in a directory may be in the log.
func (d *Disk) mayLog(dir uint64) {
	for _, h := range d.halves() {
		if h.dir == dir {
			h.mayBeLogged = true
		}
	}
}

// mayLogParent notes that a directory that a file had a name in may be in the log: with
// what is in there, and under the name that it has (btrfs_log_all_parents).
func (d *Disk) mayLogParent(dir uint64) {
	d.mayLog(dir)
	d.entersAlone(dir)
	d.mayLogNames(dir)
}

// entersAlone notes that a directory's log has its entries: with that of a file that was
// renamed into it the old name need not go, though the log had the file or that name.
func (d *Disk) entersAlone(dir uint64) {
	for i := range d.names {
		if e := &d.names[i]; e.del.exists() && e.add.exists() && e.add.dir == dir && e.del.dir != dir && !e.add.lapses {
			e.together = false
		}
	}
}

// mayLogNames notes that everything pending of an inode's own names may be in the log.
func (d *Disk) mayLogNames(ino uint64) {
	for i := range d.names {
		if e := &d.names[i]; e.ino == ino {
			e.add.mayBeLogged, e.del.mayBeLogged = e.add.exists(), e.del.exists()
		}
	}
}

// logAny is what the fsync of anything does to the log: it may carry along what
// happened meanwhile to the names of inodes that the log has already.
func (d *Disk) logAny(n *node) {
	for i := range d.names {
		e := &d.names[i]
		if known := d.node(e.ino); known != nil && e.dev == n.dev && known.inLog > 0 && e.seq > known.inLog {
			e.add.mayBeLogged, e.del.mayBeLogged = e.add.exists(), e.del.exists()
		}
	}
	if n.inLog == 0 {
		n.inLog = d.seq
	}
	if slices.ContainsFunc(d.names, func(e nameEffect) bool { return e.add.logged || e.del.logged }) {
		d.closeLog()
	}
}

// logAncestors puts the directories above an inode in the log that are new, since
// its name could not be there without them. One that was renamed since may be
// there under its later name.
func (d *Disk) logAncestors(dir, fsynced uint64) {
	seen := []uint64{}
	for todo := []uint64{dir}; len(todo) > 0; {
		dir, todo = todo[0], todo[1:]
		if slices.Contains(seen, dir) {
			continue
		}
		seen = append(seen, dir)
		for i := range d.names {
			e := &d.names[i]
			if e.ino != dir || !e.add.exists() {
				continue
			}
			switch {
			case e.del.exists() || e.exchange:
				e.add.mayBeLogged, e.del.mayBeLogged = true, e.del.exists()
				e.add.lapses, e.del.lapses = false, false
			case !e.add.logged:
				e.add.logged = true
				if e.kind == OpMkdir {
					d.lapseBefore(i, dir == fsynced)
				}
			}
			todo = append(todo, e.add.dir)
		}
		if n := d.node(dir); n != nil {
			for _, p := range n.past {
				if p.added {
					todo = append(todo, p.dir)
				}
			}
		}
	}
}

// placesDir says whether an effect is a new entry for a directory, of which the log then
// has what is in there: of a new directory, or of one that was exchanged. A rename makes
// the fsync commit.
func (e *nameEffect) placesDir() bool { return e.kind == OpMkdir || e.exchange && e.isDir }

// logBelow notes, after the fsync of a directory, that what is new in directories
// that are new below it may be in the log too.
func (d *Disk) logBelow(dir uint64) {
	for i := range d.names {
		e := &d.names[i]
		if e.placesDir() && e.add.dir == dir {
			d.mayLog(e.ino)
			d.logBelow(e.ino)
		}
	}
	if n := d.node(dir); n != nil {
		for _, made := range n.made {
			d.mayLog(made)
			d.logBelow(made)
		}
	}
}
