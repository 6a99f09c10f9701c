package vfs_test

import (
	"maps"
	"slices"
)

// refNames is one lawful choice of names, and the commit point that goes with
// it: metadata up to there is durable. For posix there is none.
type refNames struct {
	slots  map[refSlot]int
	commit int
}

const refNoCommit = 1 << 30

func (d *refDisk) fsync(n int, dataOnly bool) {
	i := d.inodes[n]
	last := i.lastMeta
	if dataOnly {
		last = i.lastData
	}
	d.forcedUpTo, d.lastSync = max(d.forcedUpTo, last), d.seq
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
			d.touchHalves(op.from.dir, d.maybeLogged)
			d.logBelow(op.from.dir)
		}
	}
}

// logNames is what btrfs's log has of a file's names after its fsync.
func (d *refDisk) logNames(n int) {
	i := d.inodes[n]
	for k, op := range d.ops {
		if d.now[op.to] == n && op.adds && op.inode == n {
			d.logged[refHalf{k, false}] = true
			if op.rems {
				d.logged[refHalf{k, true}] = true
			}
			d.logAncestors(op.to.dir)
			d.logConflict(k)
		}
		if op.inode == n && op.seq > i.created { // its directories are logged whole
			if op.adds {
				d.touchHalves(op.to.dir, d.maybeLogged)
			}
			if op.rems {
				d.touchHalves(op.from.dir, d.maybeLogged)
			}
		}
	}
	d.logSync(n)
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
	if d.inLog[op.inode] > 0 || op.rems && d.inLog[op.from.dir] > 0 {
		d.ops[last].together = renames
		if op.adds {
			d.maybeLogged[refHalf{last, false}] = true
		}
		if op.rems {
			d.maybeLogged[refHalf{last, true}] = true
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
	d.logAncestors(n)
	d.logBelow(n)
	d.close(d.forcedPosix, false)
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
	d.close(d.logged, true)
}

// logAncestors puts new directories in btrfs's log, and perhaps their later
// names.
func (d *refDisk) logAncestors(n int) { d.logAbove(n, map[int]bool{}) }

// logAbove is logAncestors but for the directories that were seen: one may have
// been moved into another that was moved out of it.
func (d *refDisk) logAbove(n int, seen map[int]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	for k, op := range d.ops {
		if op.inode != n || !op.adds {
			continue
		}
		if op.rems {
			d.maybeLogged[refHalf{k, false}] = true
			d.maybeLogged[refHalf{k, true}] = true
		} else {
			d.logged[refHalf{k, false}] = true
		}
		d.logAbove(op.to.dir, seen)
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

// close adds what the halves in a set cannot persist without.
func (d *refDisk) close(set map[refHalf]bool, inLog bool) {
	for before := -1; before != len(set); {
		before = len(set)
		for k, op := range d.ops {
			add, rem := refHalf{k, false}, refHalf{k, true}
			whole := op.dir || op.together && inLog
			if op.adds && op.rems && (set[rem] || whole && set[add]) {
				set[add] = true
				if whole {
					set[rem] = true
				}
			}
			if j := d.twin(k); j >= 0 && set[add] {
				set[refHalf{j, false}] = true
			}
			if set[add] {
				if j := d.vacatedBy(k); j >= 0 {
					set[refHalf{j, true}] = true
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

// apply is what the persisted halves leave of the names.
func (d *refDisk) apply(set map[refHalf]bool) map[refSlot]int {
	m := maps.Clone(d.base)
	for k, op := range d.ops {
		if n, ok := m[op.from]; set[refHalf{k, true}] && ok && n == op.inode {
			delete(m, op.from)
		}
		if set[refHalf{k, false}] {
			m[op.to] = op.inode
		}
	}
	return m
}

// choices lists the lawful choices of names.
func (d *refDisk) choices(profile string) []refNames {
	if profile == "posix" {
		return d.subsets(0, maps.Clone(d.forcedPosix), nil, refNoCommit, nil)
	}
	var out []refNames
	for _, c := range d.commits() {
		if profile != "btrfs" && c < d.forcedUpTo {
			continue
		}
		set, free := map[refHalf]bool{}, map[refHalf]bool{}
		for k, op := range d.ops {
			if op.adds && op.seq <= c {
				set[refHalf{k, false}] = true
			}
			if op.rems && op.seq <= c {
				set[refHalf{k, true}] = true
			}
		}
		if profile == "btrfs" {
			maps.Copy(set, d.logged)
			maps.Copy(free, d.maybeLogged)
			for k := range d.ops {
				if j := d.twin(k); j >= 0 {
					a, b := refHalf{k, false}, refHalf{j, false}
					set[a] = set[a] || set[b]
					free[a] = free[a] || free[b]
				}
			}
			maps.DeleteFunc(set, func(_ refHalf, in bool) bool { return !in })
		}
		out = d.subsets(0, set, free, c, out)
	}
	return out
}

// commits lists the commit points that differ: before each change that is journaled, and now.
func (d *refDisk) commits() []int {
	at := map[int]bool{d.seq: true}
	for _, seq := range d.journaled() {
		at[seq-1] = true
	}
	return slices.Sorted(maps.Keys(at))
}

// journaled lists the seqs of operations on names or attributes, and of those on files that
// are no writes.
func (d *refDisk) journaled() (seqs []int) {
	for _, op := range d.ops {
		seqs = append(seqs, op.seq)
	}
	for _, i := range d.inodes {
		for _, c := range i.attrChanges {
			seqs = append(seqs, c.seq)
		}
		for _, e := range i.events {
			if e.kind != 'w' {
				seqs = append(seqs, e.seq)
			}
		}
	}
	return seqs
}

// subsets lists the lawful choices that have all of set, and any of free; nil
// stands for everything.
func (d *refDisk) subsets(k int, set, free map[refHalf]bool, commit int, out []refNames) []refNames {
	if k == len(d.ops) {
		closed := maps.Clone(set)
		d.close(closed, free != nil)
		if len(closed) == len(set) {
			out = append(out, refNames{d.apply(set), commit})
		}
		return out
	}
	op := d.ops[k]
	var open []refHalf
	for _, h := range []refHalf{{k, false}, {k, true}} {
		exists := op.adds && !h.rem || op.rems && h.rem
		if exists && !set[h] && (free == nil || free[h]) {
			open = append(open, h)
		}
	}
	for mask := range 1 << len(open) {
		for i, h := range open {
			if mask>>i&1 == 1 {
				set[h] = true
			} else {
				delete(set, h)
			}
		}
		out = d.subsets(k+1, set, free, commit, out)
	}
	for _, h := range open {
		delete(set, h)
	}
	return out
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
