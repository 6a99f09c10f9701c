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
	later []halfID // the renames to later names, without which it is there; none where one is durable
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
		d.lapse(made, j, lapse{by: d.names[last].seq, below: noCommit}, true)
	}
}

// lapseBehind notes that an inode is renamed that is in the log: there it loses the name
// that it has. Who had that name before, and perhaps who had it before that one, has it
// again: which of them is for the commit point to say.
func (d *Disk) lapseBehind(renamed int) {
	e := &d.names[renamed]
	i := d.loggedAs(renamed)
	// A name that a directory's fsync made durable posix never takes without what the
	// rename gave.
	if i < 0 || !d.isNew(e.ino) || d.names[i].del.exists() && d.isNamed(e.ino) {
		return
	}
	l := lapse{by: e.seq, below: d.node(e.ino).created}
	for o := d.ownerBefore(i); o.ino != 0; o = d.ownerBefore(o.given) {
		if l.from = 0; o.given >= 0 {
			l.from = d.names[o.given].seq
		}
		whole, ok := d.hasAgain(&o, e.del.dir)
		switch {
		case ok && l.from < l.below && d.lapse(i, o.by, l, whole):
		case d.names[i].lapse.by == l.by:
			return // with a gap none of those before has it
		}
		if l.below = min(l.below, l.from); o.given < 0 {
			return
		}
	}
}

// owner is an inode that had a name before an effect added it.
type owner struct {
	ino   uint64
	by    int // the effect that took the name from it, -1 if the addition itself did
	given int // the effect that gave it the name, -1 if that is not pending
}

// ownerBefore is who had the name before that an effect adds.
func (d *Disk) ownerBefore(added int) owner {
	o := owner{ino: d.names[added].over, by: d.vacatedBy(added), given: -1}
	before := added
	if o.by >= 0 {
		o.ino, before = d.names[o.by].ino, o.by
	}
	at := &d.names[added].add
	for i := before - 1; i >= 0 && o.given < 0; i-- {
		if d.names[i].add.is(at.dir, at.name) {
			o.given = i
		}
	}
	return o
}

// hasAgain says whether who had a name in a directory has that again, where the log has who
// took it under a later name alone; and whether it loses what it got instead. It is in the
// log too if it was a directory, or has another name in the same one: the replay goes
// through an inode's names directory by directory (log_conflicting_inodes,
// unlink_old_inode_refs). And an inode that was committed brings its directories into the
// log (btrfs_log_all_parents).
func (d *Disk) hasAgain(o *owner, dir uint64) (whole, ok bool) {
	before := d.node(o.ino)
	if before == nil || before.isDir() || d.logKnows(before.ino) ||
		slices.ContainsFunc(before.links, func(l link) bool { return l.dir == dir }) {
		return false, false
	}
	if o.by < 0 {
		return true, true
	}
	to := &d.names[o.by].add
	whole = !to.exists() || len(before.links) == 0 || to.dir == dir
	return whole, whole || d.isAt(before.ino, to) // else it is in the log under the other name
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
	return d.node(ino).inLog > 0 || d.isNamed(ino) || d.isMadeInLog(ino)
}

// isMadeInLog says whether a new directory is in the log for certain.
func (d *Disk) isMadeInLog(ino uint64) bool {
	return slices.ContainsFunc(d.names, func(e nameEffect) bool { return e.ino == ino && e.kind == OpMkdir && e.add.logged })
}

// isNamed says whether a name that an inode got is durable by the fsync of a directory.
func (d *Disk) isNamed(ino uint64) bool {
	return slices.ContainsFunc(d.node(ino).past, func(p pastDir) bool { return p.added }) ||
		slices.ContainsFunc(d.names, func(e nameEffect) bool { return e.ino == ino && e.add.done })
}

// lapse has the addition of effect i lapse, and effect j, which gave its name up, if
// there is one: the whole of that, or the removal alone. It returns false for one that
// lapsed for another change.
func (d *Disk) lapse(i, j int, l lapse, whole bool) bool {
	e := &d.names[i]
	if e.lapse.by != 0 && e.lapse.by != l.by || j >= 0 && d.names[j].lapse.by != 0 {
		return false
	}
	if e.lapse.by == l.by { // it lapses already, for who had the name after this one
		e.lapse.from = l.from
	} else {
		e.lapse, e.add.lapses = l, true
	}
	if j < 0 {
		return true
	}
	e = &d.names[j]
	e.lapse, e.del.lapses = l, true
	if whole && e.add.exists() {
		e.add.lapses, e.together = true, true
	}
	return true
}

// findLapsed lists the halves that lapse, in order.
func (l *nameRules) findLapsed() (out []lapsed) {
	for id, h := range l.d.halves() {
		if !h.lapses || !h.logged || h.done {
			continue
		}
		e := &l.d.names[id.effect()]
		x := lapsed{half: id}
		ino := uint64(0) // whose names are later
		for k := range l.d.names {
			other := &l.d.names[k]
			if other.seq == e.lapse.by && !other.exchange {
				ino = other.ino
			}
			if other.ino == ino && ino != 0 && other.kind == OpRename && !other.exchange {
				x.later = append(x.later, l.moverOf(k))
			}
		}
		if len(x.later) == 0 && h == &e.add && e.kind == OpRename && !e.del.exists() {
			continue // it was in a directory that is gone
		}
		out = append(out, x)
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
	l.close(p, p.fixed) // something else in the log may need it
	for _, x := range open {
		if p.free[x.half] = !p.fixed[x.half]; p.free[x.half] && len(x.later) > 0 && !p.fixed.hasAny(x.later) {
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
	l.close(p, set)
	return set
}
