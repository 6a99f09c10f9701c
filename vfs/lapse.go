package vfs

import "slices"

// lapse is about a name that btrfs's log holds no more. The log has an inode as it was
// called when it was logged last, and where that is a later name, it has nothing of who
// had the first one before: the replay leaves that one its name. So a change that is in
// the log for the sake of the first name alone is logged for certain only as long as the
// later name isn't: the halves of it that lapse.
type lapse struct {
	by int64 // the Seq of the rename to the later name, 0 for none
	// With a commit point outside of these the log has more, and nothing lapses.
	from, below int64
}

// lapsed is a half that lapses.
type lapsed struct {
	half  halfID
	later halfID // the rename to the later name, without which it is there; noHalf where that is durable
}

// lapseBefore notes that a new directory is logged for the first time, as it is called
// now, and was renamed before. fsynced says that this is the directory's own fsync: where
// it was moved between directories, that is a commit (btrfs_log_inode).
func (d *Disk) lapseBefore(made int, fsynced bool) {
	first, last, moved := &d.names[made], -1, false
	for k := made + 1; k < len(d.names); k++ {
		if e := &d.names[k]; e.ino == first.ino && e.kind == OpRename && e.add.exists() {
			last, moved = k, moved || e.exchange || e.add.dir != e.del.dir
		}
	}
	j := d.vacatedBy(made)
	if j < 0 || last < 0 || moved && fsynced || d.names[last].exchange || !d.isAt(first.ino, &d.names[last].add) {
		return
	}
	if !d.logKnows(d.names[j].ino) {
		d.lapse(made, j, last, lapse{below: noCommit}, true)
	}
}

// lapseBehind notes that an inode is renamed that is in the log: there it loses the name
// that it has. Who had that name before is in the log too if it was a directory, or has
// another name in the same one: the replay goes through an inode's names directory by
// directory (log_conflicting_inodes, unlink_old_inode_refs). And an inode that was
// committed brings its directories into the log (btrfs_log_all_parents).
func (d *Disk) lapseBehind(renamed int) {
	e := &d.names[renamed]
	i := d.loggedAs(renamed)
	if i < 0 {
		return
	}
	j, given := d.vacatedBy(i), i
	before := d.node(d.names[i].over)
	if j >= 0 {
		given, before = j, d.node(d.names[j].ino)
	}
	if before == nil || before.isDir() || d.logKnows(before.ino) ||
		slices.ContainsFunc(before.links, func(l link) bool { return l.dir == e.del.dir }) {
		return
	}
	l := lapse{from: d.addedSince(given, &e.del), below: d.node(e.ino).created}
	// A name that a directory's fsync made durable posix never takes without what the
	// rename gave.
	if l.from >= l.below || !d.isNew(e.ino) || d.names[i].del.exists() && d.isNamed(e.ino) {
		return
	}
	if j < 0 {
		d.lapse(i, j, renamed, l, true)
		return
	}
	to := &d.names[j].add
	whole := !to.exists() || len(before.links) == 0 || to.dir == e.del.dir
	if whole || d.isAt(before.ino, to) { // else it is in the log under the other name
		d.lapse(i, j, renamed, l, whole)
	}
}

// loggedAs is the effect that gave an inode the name that a rename takes from it, if the
// log has that for certain, else -1.
func (d *Disk) loggedAs(renamed int) int {
	e := &d.names[renamed]
	for i := renamed - 1; i >= 0; i-- {
		if g := &d.names[i]; g.ino == e.ino && g.add.is(e.del.dir, e.del.name) {
			if g.add.logged && !g.add.done && !g.exchange {
				return i
			}
			return -1
		}
	}
	return -1
}

// vacatedBy is nameRules.vacated of one effect.
func (d *Disk) vacatedBy(i int) int {
	at := &d.names[i].add
	for j := i - 1; j >= 0; j-- {
		e := &d.names[j]
		switch {
		case e.del.is(at.dir, at.name) && !e.del.hidden:
			return j
		case e.add.is(at.dir, at.name) && !e.add.hidden:
			return -1
		}
	}
	return -1
}

// addedSince is the Seq of the change before one that gave an entry what it held, 0 if
// nothing of the entry was pending.
func (d *Disk) addedSince(before int, at *half) int64 {
	for i := before - 1; i >= 0; i-- {
		if g := &d.names[i]; g.add.is(at.dir, at.name) {
			return g.seq
		}
	}
	return 0
}

// isAt says whether an inode has the name of a half now.
func (d *Disk) isAt(ino uint64, at *half) bool {
	return slices.Contains(d.node(ino).links, link{at.dir, at.name})
}

// isNew says whether an inode may be in no commit.
func (d *Disk) isNew(ino uint64) bool {
	n := d.node(ino)
	return slices.ContainsFunc(n.past, func(p pastDir) bool { return p.added && !p.again }) ||
		slices.ContainsFunc(d.names, func(e nameEffect) bool { return e.ino == ino && e.add.exists() && e.seq == n.created })
}

// logKnows says whether btrfs's log has an inode for certain: by an fsync of it, as a new
// directory above another, or with a name that the fsync of a directory put there.
func (d *Disk) logKnows(ino uint64) bool {
	return d.node(ino).inLog > 0 || d.isNamed(ino) ||
		slices.ContainsFunc(d.names, func(e nameEffect) bool { return e.ino == ino && e.kind == OpMkdir && e.add.logged })
}

// isNamed says whether a name that an inode got is durable by the fsync of a directory.
func (d *Disk) isNamed(ino uint64) bool {
	return slices.ContainsFunc(d.node(ino).past, func(p pastDir) bool { return p.added }) ||
		slices.ContainsFunc(d.names, func(e nameEffect) bool { return e.ino == ino && e.add.done })
}

// lapse has the addition of effect i lapse, and effect j, which gave its name up, if
// there is one: the whole of that, or the removal alone. One for which another lapsed
// stays.
func (d *Disk) lapse(i, j, later int, l lapse, whole bool) {
	for _, k := range [2]int{i, j} {
		if k >= 0 && (d.names[k].lapse.by != 0 || d.names[k].later) {
			return
		}
	}
	d.names[later].later = true
	l.by = d.names[later].seq
	d.names[i].lapse, d.names[i].add.lapses = l, true
	if j < 0 {
		return
	}
	e := &d.names[j]
	e.lapse, e.del.lapses = l, true
	if whole && e.add.exists() {
		e.add.lapses, e.together = true, true
	}
}

// findLapsed lists the halves that lapse, in order.
func (l *nameRules) findLapsed() (out []lapsed) {
	for id, h := range l.d.halves() {
		if !h.lapses || !h.logged || h.done {
			continue
		}
		e := &l.d.names[id.effect()]
		k := slices.IndexFunc(l.d.names, func(other nameEffect) bool { return other.seq == e.lapse.by && !other.exchange })
		switch {
		case k < 0 && h == &e.add && e.kind == OpRename && !e.del.exists(): // it was in a directory that is gone
			continue
		case k < 0:
			out = append(out, lapsed{half: id, later: noHalf})
			continue
		}
		out = append(out, lapsed{half: id, later: l.moverOf(k)})
	}
	return out
}

// lapseCommits adds to the commit points of a device those that make a difference to what
// lapses.
func (l *nameRules) lapseCommits(dev uint8, commits []int64) []int64 {
	for _, x := range l.lapsed {
		if e := &l.d.names[x.half.effect()]; e.dev == dev && e.lapse.below != noCommit {
			if commits = append(commits, e.lapse.below-1); e.lapse.from > 0 {
				commits = append(commits, e.lapse.from)
			}
		}
	}
	slices.Sort(commits)
	return slices.Compact(commits)
}

// lapse takes what lapsed from what is fixed, if the commit point lets it.
func (p *nameBounds) lapse(l *nameRules) {
	var open []lapsed
	for _, x := range l.lapsed {
		e := &l.d.names[x.half.effect()]
		if c := p.commit.of(e.dev); c < e.seq && e.lapse.from <= c && c < e.lapse.below {
			p.fixed[x.half] = false
			open = append(open, x)
		}
	}
	if len(open) == 0 {
		return
	}
	l.close(p.fixed) // something else in the log may need it
	for _, x := range open {
		if p.free[x.half] = !p.fixed[x.half]; p.free[x.half] && x.later != noHalf && !p.fixed[x.later] {
			p.either = append(p.either, x)
		}
	}
}

// least is the set of those that are fixed, and of what lapsed.
func (l *nameRules) least(p *nameBounds) nameSet {
	set := slices.Clone(p.fixed)
	for _, x := range p.either {
		set[x.half] = true
	}
	l.close(set)
	return set
}
