package vfs_test

import "maps"

func (d *refDisk) fsync(n int, dataOnly bool) {
	i := d.inodes[n]
	last := i.lastMeta
	if dataOnly {
		last = i.lastData
	}
	d.forcedUpTo, d.lastSync = max(d.forcedUpTo, last, i.filled), d.seq
	if d.nameless(n) {
		d.syncNameless(n)
		return
	}
	i.sync(d.seq)
	if !dataOnly {
		i.settleAttrs()
	}
	d.logNames(n)
}

// syncNameless is a sync of a file without a name, or of what was written to one.
// Btrfs writes nothing of it, and in a journal the file is gone with this.
func (d *refDisk) syncNameless(n int) {
	for _, op := range d.ops {
		if op.inode == n && op.rems && !op.adds {
			d.touchParent(op.from.dir)
			d.logBelow(op.from.dir)
		}
	}
}

// logNames is what btrfs's log has of a file's names after its fsync.
func (d *refDisk) logNames(n int) {
	i := d.inodes[n]
	elsewhere := d.linkedSince(n, d.since[d.through])
	for k, op := range d.ops {
		if d.now[op.to] == n && op.adds && op.inode == n {
			d.logged[refHalf{k, false}] = true
			if op.rems {
				d.logged[refHalf{k, true}] = true
			}
			d.keepsLogged(k)
			if !elsewhere {
				d.logAncestors(op.to.dir)
			}
			d.logConflict(k)
		}
		if op.inode == n && op.seq > i.created { // its directories are logged whole
			if op.adds {
				d.touchParent(op.to.dir)
			}
			if op.rems {
				d.touchParent(op.from.dir)
			}
		}
	}
	d.logSync(n)
}

// linkedSince: the file has one name, which goes back to a link after an operation. The
// directories above, in btrfs's log, are those of the name that it was opened by.
func (d *refDisk) linkedSince(n, since int) bool {
	if d.namesOf(n) != 1 {
		return false
	}
	at := refSlot{}
	for s, holder := range d.now {
		if holder == n {
			at = s
		}
	}
	for k := len(d.ops) - 1; k >= 0; k-- {
		op := d.ops[k]
		if op.inode != n || !op.adds || op.to != at {
			continue
		}
		if !op.rems {
			return !op.exchange && op.seq > since
		}
		at = op.from
	}
	return false
}

// logConflict: an inode of which the name was taken again may be logged too, as it
// is called now.
func (d *refDisk) logConflict(taken int) {
	for _, before := range d.ops[:taken] {
		if before.inode == d.ops[taken].inode || !before.rems || before.from != d.ops[taken].to {
			continue
		}
		for k, op := range d.ops {
			if op.inode == before.inode {
				d.maybeLogged[refHalf{k, false}] = d.maybeLogged[refHalf{k, false}] || op.adds
				d.maybeLogged[refHalf{k, true}] = d.maybeLogged[refHalf{k, true}] || op.rems
			}
		}
	}
}

// logChange is what a change of names does to btrfs's log: one about an inode
// that is in there, or a removal out of a directory that is, may go with any later fsync,
// of whatever file; a file in there, replaced by one that is not, may be gone
// from it.
func (d *refDisk) logChange(op refOp) {
	last := len(d.ops) - 1
	renames := op.adds && op.rems
	if op.rems && !op.adds && d.inLog[op.inode] > 0 {
		d.unlogRemoved(op)
	}
	known := d.inLog[op.inode] > 0 || renames && d.isMadeInLog(op.inode)
	if known || op.rems && d.inLog[op.from.dir] > 0 {
		d.ops[last].together = renames
		if op.adds {
			d.maybeLogged[refHalf{last, false}] = true
		}
		if op.rems {
			d.maybeLogged[refHalf{last, true}] = true
		}
		if renames && known {
			d.lapseRenamed(last)
		}
		return
	}
	if renames && op.over != 0 && d.inLog[op.over] > 0 {
		d.unlogReplaced(op)
	}
}

func (d *refDisk) fsyncDir(n int) {
	d.inodes[n].settleAttrs()
	d.forcedUpTo, d.lastSync = max(d.forcedUpTo, d.inodes[n].lastMeta), d.seq
	d.touchHalves(n, d.forcedPosix)
	d.touchHalves(n, d.logged)
	d.entersAlone(n)
	d.logAbove(n, n, map[int]bool{})
	d.logBelow(n)
	d.close(d.forcedPosix, false, refNoCommit)
	d.logSync(n)
}

// logSync is what any fsync does to btrfs's log: it carries what happened
// since to the names of inodes that were in it.
func (d *refDisk) logSync(n int) {
	for k, op := range d.ops {
		if since := d.inLog[op.inode]; since > 0 && op.seq > since {
			d.maybeLogged[refHalf{k, false}] = op.adds
			d.maybeLogged[refHalf{k, true}] = op.rems
		}
	}
	if d.inLog[n] == 0 {
		d.inLog[n] = d.seq
	}
	maps.DeleteFunc(d.maybeLogged, func(_ refHalf, in bool) bool { return !in })
	d.close(d.logged, true, 0)
}

// logAncestors puts new directories in btrfs's log, and perhaps their later
// names.
func (d *refDisk) logAncestors(n int) { d.logAbove(n, -1, map[int]bool{}) }

// logAbove is logAncestors but for the directories that were seen: one may have
// been moved into another that was moved out of it.
func (d *refDisk) logAbove(n, fsynced int, seen map[int]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	for k, op := range d.ops {
		if op.inode != n || !op.adds {
			continue
		}
		if op.moves() {
			d.maybeLogged[refHalf{k, false}] = true
			d.maybeLogged[refHalf{k, true}] = op.rems
			d.keepsLogged(k)
		} else if add := (refHalf{k, false}); !d.logged[add] {
			d.logged[add] = true
			d.lapseMade(k, n == fsynced)
		}
		d.logAbove(op.to.dir, fsynced, seen)
	}
}

// logBelow: perhaps what is new in directories that are new below.
func (d *refDisk) logBelow(n int) {
	for _, op := range d.ops {
		if op.adds && !op.rems && op.dir && op.to.dir == n {
			d.touchHalves(op.inode, d.maybeLogged)
			d.logBelow(op.inode)
		}
	}
}

// touchHalves adds the pending halves in a directory's own slots.
func (d *refDisk) touchHalves(dir int, set map[refHalf]bool) {
	for k, op := range d.ops {
		if op.adds && op.to.dir == dir {
			set[refHalf{k, false}] = true
		}
		if op.rems && op.from.dir == dir {
			set[refHalf{k, true}] = true
		}
	}
}

// entersAlone: a directory's log has its entries, and with one that was renamed into it the
// old name need not go.
func (d *refDisk) entersAlone(dir int) {
	for k := range d.ops {
		op := &d.ops[k]
		if _, lapses := d.lapses[refHalf{k, false}]; op.adds && op.rems && op.to.dir == dir && op.from.dir != dir && !lapses {
			op.together = false
		}
	}
}

// touchParent: perhaps what is pending in a directory, and of its own names.
func (d *refDisk) touchParent(dir int) {
	d.touchHalves(dir, d.maybeLogged)
	d.entersAlone(dir)
	for k, op := range d.ops {
		if op.inode == dir {
			d.maybeLogged[refHalf{k, false}] = d.maybeLogged[refHalf{k, false}] || op.adds
			d.maybeLogged[refHalf{k, true}] = d.maybeLogged[refHalf{k, true}] || op.rems
		}
	}
}

// close adds what the halves in a set cannot persist without, behind a commit point, 0 where
// that is not known.
func (d *refDisk) close(set map[refHalf]bool, inLog bool, commit int) {
	for before := -1; before != len(set); {
		before = len(set)
		for k, op := range d.ops {
			add, rem := refHalf{k, false}, refHalf{k, true}
			whole := op.dir || op.together && inLog
			if op.adds && op.rems && (set[rem] && !(inLog && d.goesOn(k)) || whole && set[add]) {
				set[add] = true
				if whole {
					set[rem] = true
				}
			}
			if set[add] {
				d.bringTwin(set, inLog, k, commit)
				for j := d.vacatedBy(k); j >= 0; j = d.vacatedBefore(j) {
					if k := d.gaveTo(j); k < 0 || set[refHalf{k, false}] {
						set[refHalf{j, true}] = true
					}
				}
				if j := d.movedBefore(k); j >= 0 {
					set[refHalf{j, false}] = true
				}
			}
		}
	}
}

// vacatedBy finds the removal after which op k takes a name again, or -1.
func (d *refDisk) vacatedBy(k int) int {
	for j := k - 1; j >= 0; j-- {
		if op := d.ops[j]; op.rems && op.from == d.ops[k].to {
			return j
		} else if op.adds && op.to == d.ops[k].to {
			return -1
		}
	}
	return -1
}

// vacatedBefore finds the removal after which the name was taken that op j gives up, or -1.
func (d *refDisk) vacatedBefore(j int) int {
	for k := j - 1; k >= 0; k-- {
		if op := d.ops[k]; op.adds && op.to == d.ops[j].from {
			return d.vacatedBy(k)
		}
	}
	return -1
}

// gaveTo finds the op that gave a name which op j gives up, or -1: where that is not there,
// nobody has to give the name up.
func (d *refDisk) gaveTo(j int) int {
	for k := j - 1; k >= 0; k-- {
		if op := d.ops[k]; op.adds && op.to == d.ops[j].from {
			return k
		}
	}
	return -1
}

// movedBefore finds the rename of a directory before op k that moves it again,
// or -1: a directory never has two names.
func (d *refDisk) movedBefore(k int) int {
	for j := k - 1; j >= 0 && d.ops[k].dir && d.ops[k].moves(); j-- {
		if op := d.ops[j]; op.inode == d.ops[k].inode && op.moves() {
			return j
		}
	}
	return -1
}

// moves says whether the operation is a rename, or part of an exchange.
func (op *refOp) moves() bool { return op.adds && (op.rems || op.exchange) }

// twin is the other operation of an exchange, or -1.
func (d *refDisk) twin(k int) int {
	for j, op := range d.ops {
		if j != k && op.exchange && op.seq == d.ops[k].seq {
			return j
		}
	}
	return -1
}

// bringTwin adds the other half of an exchange, unless that comes apart.
func (d *refDisk) bringTwin(set map[refHalf]bool, inLog bool, k, commit int) {
	if j := d.twin(k); j >= 0 && (commit == refNoCommit || !d.comesApart(set, inLog, k, j, commit)) {
		set[refHalf{j, false}] = true
	}
}

// comesApart: op k of an exchange persists without its twin j, since that one's inode, with
// this set, never had the name that op k takes. In the log this is so of directories, and of
// what was made behind the commit point.
func (d *refDisk) comesApart(set map[refHalf]bool, inLog bool, k, j, commit int) bool {
	given := -1
	for i, op := range d.ops[:min(k, j)] {
		if op.adds && op.to == d.ops[k].to {
			given = i
		}
	}
	return given >= 0 && !set[refHalf{given, false}] && (!inLog || d.ops[k].dir || d.madeBehind(k, commit))
}

// madeBehind: the inode of an op was made behind a commit point, and no fsync of a directory
// has its first name.
func (d *refDisk) madeBehind(k, commit int) bool {
	for i, op := range d.ops[:k] {
		if op.inode == d.ops[k].inode && op.adds && op.seq == d.inodes[op.inode].created {
			return op.seq > commit && !d.forcedPosix[refHalf{i, false}]
		}
	}
	return false
}

// paths is the visible tree of a choice of names: path to inode, directories
// with a slash at the end.
func (d *refDisk) paths(c refNames) map[string]int {
	out := map[string]int{}
	var walk func(dir int, prefix string)
	walk = func(dir int, prefix string) {
		for s, n := range c.slots {
			switch {
			case s.dir != dir:
			case d.inodes[n].dir:
				out[prefix+s.name+"/"] = n
				walk(n, prefix+s.name+"/")
			case d.inodes[n].target != "":
				out[prefix+s.name+attrMark] = n
			default:
				out[prefix+s.name] = n
			}
		}
	}
	walk(0, "")
	return out
}
