package vfs_test

import (
	"maps"
	"slices"
)

// refLapse is a half in btrfs's log that may be missing after all: where what a rename gave
// is there, or one behind it, and the commit point is one of some.
type refLapse struct {
	rename      int // the op
	from, below int // the commit points
}

// lapseRenamed: an inode in the log is renamed, and the log has nothing any more of the
// name that it had, nor of the file that had that before it, or before that.
func (d *refDisk) lapseRenamed(rename int) {
	op, created := d.ops[rename], d.inodes[d.ops[rename].inode].created
	given := d.givenBy(rename)
	isNew := slices.ContainsFunc(d.ops, func(o refOp) bool { return o.inode == op.inode && o.seq == created })
	// Where a directory's fsync made a name of the inode durable, posix never allows that it
	// is lost without what the rename gave.
	if given < 0 || !isNew || d.ops[given].rems && d.isForced(op.inode) {
		return
	}
	below, any := created, false
	for added := given; added >= 0; {
		file, j, came := d.ops[added].over, d.vacatedBy(added), -1
		if j >= 0 {
			file = d.ops[j].inode
		}
		if file == 0 {
			return
		}
		from := 0
		for k := range added {
			if (j < 0 || k < j) && d.ops[k].adds && d.ops[k].to == d.ops[given].to {
				came, from = k, d.ops[k].seq
			}
		}
		whole, ok := d.hasAgain(op, file, j)
		if ok = ok && from < below && d.lapse(given, j, refLapse{rename, from, below}, whole); any && !ok {
			return
		}
		any, below, added = any || ok, min(below, from), came
	}
}

// hasAgain: a file that lost its name with op j, or by a replacement, has it again, all of
// what it was or the name alone.
func (d *refDisk) hasAgain(rename refOp, file, j int) (whole, ok bool) {
	names := d.namesBehind(rename, file)
	if d.inodes[file].dir || d.isInLog(file) || slices.ContainsFunc(names, func(s refSlot) bool { return s.dir == rename.from.dir }) {
		return false, false // the log has it under that name, and takes it out of the directory
	}
	whole = j < 0 || len(names) == 0 || !d.ops[j].adds || d.ops[j].to.dir == rename.from.dir
	return whole, whole || slices.Contains(names, d.ops[j].to)
}

// givenBy is the op in the log that gave an inode the name that a rename takes, or -1.
func (d *refDisk) givenBy(rename int) int {
	for k := rename - 1; k >= 0; k-- {
		add := refHalf{k, false}
		if op := d.ops[k]; !op.adds || op.inode != d.ops[rename].inode || op.to != d.ops[rename].from {
			continue
		}
		if d.ops[k].exchange || !d.logged[add] || d.forcedPosix[add] {
			return -1
		}
		return k
	}
	return -1
}

// namesBehind lists the names that a file has behind a rename that is being made.
func (d *refDisk) namesBehind(rename refOp, file int) (names []refSlot) {
	for s, n := range d.now {
		if n == file && s != rename.to {
			names = append(names, s)
		}
	}
	return names
}

// lapseMade: a new directory is logged for the first time, and was renamed before. The log
// has its last name alone. If it is fsynced itself, a rename to elsewhere made that a commit.
func (d *refDisk) lapseMade(made int, fsynced bool) {
	last := -1
	for k := range d.ops {
		op := d.ops[k]
		if k <= made || op.inode != d.ops[made].inode || !op.moves() {
			continue
		}
		if last = k; fsynced && (op.exchange || op.from.dir != op.to.dir) {
			return
		}
	}
	j := d.vacatedBy(made)
	if last < 0 || j < 0 || d.ops[last].exchange || d.isInLog(d.ops[j].inode) {
		return
	}
	if n, ok := d.now[d.ops[last].to]; ok && n == d.ops[made].inode {
		d.lapse(made, j, refLapse{last, 0, refNoCommit}, true)
	}
}

// isInLog: an inode that btrfs's log has for certain.
func (d *refDisk) isInLog(n int) bool { return d.isMadeInLog(n) || d.inLog[n] > 0 || d.isForced(n) }

// isMadeInLog: a new directory that btrfs's log has.
func (d *refDisk) isMadeInLog(n int) bool {
	for k, op := range d.ops {
		if op.inode == n && op.adds && op.dir && !op.rems && !op.exchange && d.logged[refHalf{k, false}] {
			return true
		}
	}
	return false
}

// isForced: a name that an inode got is durable by the fsync of a directory.
func (d *refDisk) isForced(n int) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(d.forcedPosix)), func(h refHalf) bool { return !h.rem && d.ops[h.op].inode == n })
}

// lapse has the addition of an op lapse, and the op that gave its name up, if any; not if
// one of them did for another rename.
func (d *refDisk) lapse(given, gaveUp int, l refLapse, whole bool) bool {
	by, lapses := d.lapsing[given]
	if lapses && by != l.rename {
		return false
	}
	if _, other := d.lapsing[gaveUp]; other && gaveUp >= 0 {
		return false
	}
	all := l
	if lapses {
		all.below = d.lapses[refHalf{given, false}].below
	}
	d.lapsing[given], d.lapses[refHalf{given, false}] = l.rename, all
	if gaveUp < 0 {
		return true
	}
	d.lapsing[gaveUp] = l.rename
	d.lapses[refHalf{gaveUp, true}] = l
	if op := &d.ops[gaveUp]; whole && op.adds {
		d.lapses[refHalf{gaveUp, false}] = l
		op.together = true
	}
	return true
}

// keepsLogged: an op is in the log for its own sake.
func (d *refDisk) keepsLogged(k int) {
	delete(d.lapses, refHalf{k, false})
	delete(d.lapses, refHalf{k, true})
}

// openLapses takes out of a set what lapsed, and returns it, each half with those of which it
// waits for one.
func (d *refDisk) openLapses(set, free map[refHalf]bool, commit int) map[refHalf][]refHalf {
	open := map[refHalf][]refHalf{}
	for h, l := range d.lapses {
		if d.logged[h] && !d.forcedPosix[h] && commit < d.ops[h.op].seq && l.from <= commit && commit < l.below {
			for k := l.rename; k < len(d.ops); k++ {
				if op := d.ops[k]; op.inode == d.ops[l.rename].inode && op.adds && op.rems {
					open[h] = append(open[h], refHalf{k, false})
				}
			}
			delete(set, h)
		}
	}
	if len(open) > 0 {
		d.close(set, true, commit)
	}
	for h := range open {
		if free[h] = !set[h]; set[h] {
			delete(open, h)
			delete(free, h)
		}
	}
	return open
}

// goesOn: a rename in the log that took a name away and gave another one, of which the log
// may have none any more, since the inode was renamed again.
func (d *refDisk) goesOn(k int) bool {
	_, added := d.lapses[refHalf{k, false}]
	_, removed := d.lapses[refHalf{k, true}]
	return added && !removed
}
