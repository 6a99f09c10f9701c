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
		// What persists of an exchange without its twin leaves the name that it had.
		if j := d.twin(k); j >= 0 && j < k {
			for _, two := range [][2]int{{k, j}, {j, k}} {
				alone := set[refHalf{two[0], false}] && !set[refHalf{two[1], false}]
				if left := d.ops[two[1]].to; alone && m[left] == d.ops[two[0]].inode {
					delete(m, left)
				}
			}
		}
	}
	return m
}

// choices lists the lawful choices of names.
func (d *refDisk) choices(profile string) []refNames {
	if profile == "posix" {
		return d.subsets(refBounds{set: maps.Clone(d.forcedPosix), commit: refNoCommit}, 0, nil)
	}
	var out []refNames
	for _, c := range d.commits() {
		if profile != "btrfs" && c < d.forcedUpTo {
			continue
		}
		set, free, either := map[refHalf]bool{}, map[refHalf]bool{}, map[refHalf][]refHalf(nil)
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
			d.close(set, true, c)
			for k := range d.ops {
				if j := d.twin(k); j >= 0 {
					a, b := refHalf{k, false}, refHalf{j, false}
					free[a] = !set[a] && (free[a] || free[b] || set[b])
				}
			}
			either = d.openLapses(set, free, c)
			d.forgetGivenUp(set, free)
		}
		out = d.subsets(refBounds{set, free, either, c}, 0, out)
	}
	return out
}

// forgetGivenUp takes out of free the names that the log has as given up.
func (d *refDisk) forgetGivenUp(set, free map[refHalf]bool) {
	for j, op := range d.ops {
		k := d.gaveTo(j)
		if k < 0 || !op.rems || !set[refHalf{j, true}] || d.ops[k].exchange {
			continue
		}
		if _, lapses := d.lapses[refHalf{k, false}]; !lapses {
			delete(free, refHalf{k, false})
		}
	}
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

// refBounds is what the lawful choices of names have in common: all of set, and any of
// free, nil for everything; of either each half, or one of those that stand for it.
type refBounds struct {
	set, free map[refHalf]bool
	either    map[refHalf][]refHalf
	commit    int
}

// subsets lists the lawful choices that differ in op k and those behind it.
func (d *refDisk) subsets(b refBounds, k int, out []refNames) []refNames {
	if k == len(d.ops) {
		closed := maps.Clone(b.set)
		commit := b.commit
		if b.free == nil {
			commit = 0 // posix knows none
		}
		d.close(closed, b.free != nil, commit)
		if len(closed) == len(b.set) && b.hasEither() {
			out = append(out, refNames{d.apply(b.set), b.commit})
		}
		return out
	}
	op := d.ops[k]
	var open []refHalf
	for _, h := range []refHalf{{k, false}, {k, true}} {
		exists := op.adds && !h.rem || op.rems && h.rem
		if exists && !b.set[h] && (b.free == nil || b.free[h]) {
			open = append(open, h)
		}
	}
	for mask := range 1 << len(open) {
		for i, h := range open {
			if mask>>i&1 == 1 {
				b.set[h] = true
			} else {
				delete(b.set, h)
			}
		}
		out = d.subsets(b, k+1, out)
	}
	for _, h := range open {
		delete(b.set, h)
	}
	return out
}

func (b *refBounds) hasEither() bool {
	for h, others := range b.either {
		if !b.set[h] && !slices.ContainsFunc(others, func(o refHalf) bool { return b.set[o] }) {
			return false
		}
	}
	return true
}
