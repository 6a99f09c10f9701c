package vfs_test

import (
	"maps"
	"sort"
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
	i.sync(d.seq)
	last := i.lastMeta
	if dataOnly {
		last = i.lastData
	}
	d.forcedUpTo = max(d.forcedUpTo, last)
	d.log(n)
	for _, op := range d.ops {
		if op.inode != n || op.seq <= i.created {
			continue
		}
		if op.adds {
			d.touchHalves(op.to.dir, d.maybeLogged)
		}
		if op.rems {
			d.touchHalves(op.from.dir, d.maybeLogged)
		}
	}
}

func (d *refDisk) fsyncDir(n int) {
	d.forcedUpTo = max(d.forcedUpTo, d.inodes[n].lastMeta)
	d.touchHalves(n, d.forcedPosix)
	d.touchHalves(n, d.logged)
	d.close(d.forcedPosix)
	d.close(d.logged)
	d.log(n)
	d.logBelow(n)
}

// log puts the present names of an inode and of its ancestors in btrfs's log.
func (d *refDisk) log(n int) {
	for s, holder := range d.now {
		if n == 0 || holder != n {
			continue
		}
		for k := len(d.ops) - 1; k >= 0; k-- {
			if op := d.ops[k]; op.adds && op.to == s && op.inode == n {
				d.logged[refHalf{k, false}] = true
				if op.rems {
					d.logged[refHalf{k, true}] = true
				}
				break
			}
		}
		d.log(s.dir)
	}
	d.close(d.logged)
}

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
func (d *refDisk) close(set map[refHalf]bool) {
	for before := -1; before != len(set); {
		before = len(set)
		for k, op := range d.ops {
			add, rem := refHalf{k, false}, refHalf{k, true}
			if op.adds && op.rems && (set[rem] || op.dir && set[add]) {
				set[add] = true
				if op.dir {
					set[rem] = true
				}
			}
			if set[add] {
				if j := d.vacatedBy(k); j >= 0 {
					set[refHalf{j, true}] = true
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
		return d.subsets(0, map[refHalf]bool{}, nil)
	}
	var out []refNames
	for _, c := range d.commits() {
		if profile != "btrfs" && c < d.forcedUpTo {
			continue
		}
		set := map[refHalf]bool{}
		for k, op := range d.ops {
			if op.seq <= c {
				set[refHalf{k, false}] = op.adds
				set[refHalf{k, true}] = op.rems
			}
		}
		maps.DeleteFunc(set, func(_ refHalf, in bool) bool { return !in })
		if profile != "btrfs" {
			out = append(out, refNames{d.apply(set), c})
			continue
		}
		maps.Copy(set, d.logged)
		out = append(out, refNames{d.apply(set), c})
		maps.Copy(set, d.maybeLogged)
		d.close(set)
		out = append(out, refNames{d.apply(set), c})
	}
	return out
}

// commits lists the commit points that differ: before each operation on names
// and each truncation that shortens a file, and now.
func (d *refDisk) commits() []int {
	at := map[int]bool{d.seq: true}
	for _, op := range d.ops {
		at[op.seq-1] = true
	}
	for _, i := range d.inodes {
		for _, e := range i.events {
			if e.kind == 't' {
				at[e.seq-1] = true
			}
		}
	}
	var out []int
	for c := range at {
		out = append(out, c)
	}
	sort.Ints(out)
	return out
}

func (d *refDisk) subsets(k int, set map[refHalf]bool, out []refNames) []refNames {
	if k == len(d.ops) {
		closed := maps.Clone(set)
		maps.Copy(closed, d.forcedPosix)
		d.close(closed)
		if len(closed) == len(set) {
			out = append(out, refNames{d.apply(set), refNoCommit})
		}
		return out
	}
	add, rem := refHalf{k, false}, refHalf{k, true}
	out = d.subsets(k+1, set, out)
	if d.ops[k].adds {
		set[add] = true
		out = d.subsets(k+1, set, out)
	}
	if d.ops[k].rems {
		set[rem] = true
		out = d.subsets(k+1, set, out)
	}
	delete(set, add)
	delete(set, rem)
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
			default:
				out[prefix+s.name] = n
			}
		}
	}
	walk(0, "")
	return out
}
