package vfs

// An exchange of two names is two effects, one for each inode: twins, of which neither
// persists without the other. Only btrfs's log takes them apart, and so posix does. There an
// inode that was logged has its new name, and the log may say nothing of its twin's. That is
// lawful where what had given the twin its old name is lost: then the twin is where it was
// before that, or nowhere. With a file that a commit has, the log has the whole exchange.

// exchange has two names change places.
func (d *Disk) exchange(a, b place) {
	x, y := a.node, b.node
	y.handles++ // for a moment it has no name, and is not to be forgotten
	toB := nameEffect{seq: d.seq, kind: OpRename, ino: x.ino, isDir: x.isDir(), exchange: true, add: d.bind(b.dir, b.name, x)}
	toA := nameEffect{seq: d.seq, kind: OpRename, ino: y.ino, isDir: y.isDir(), exchange: true, add: d.bind(a.dir, a.name, y)}
	y.handles--
	x.lastMeta, y.lastMeta = d.seq, d.seq
	d.addName(toB)
	d.addName(toA)
	d.moves++
}

// twin is the effect that persists only together with effect i, -1 for none: one that
// was in a directory that is gone is forgotten.
func (d *Disk) twin(i int) int { return twinOf(d.names, i) }

func twinOf(names []nameEffect, i int) int {
	e := &names[i]
	if !e.exchange {
		return -1
	}
	for _, j := range [2]int{i - 1, i + 1} {
		if j >= 0 && j < len(names) && names[j].exchange && names[j].seq == e.seq {
			return j
		}
	}
	return -1
}

// vacates is the half of the twin of an effect that does not persist with it: the entry that
// it adds holds the effect's inode until then. It is nil where both persist, or neither.
func (d *Disk) vacates(set nameSet, i int) *half {
	if j := d.twin(i); j >= 0 && set[addedBy(i)] && !set[addedBy(j)] {
		return &d.names[j].add
	}
	return nil
}

// pair has the two effects of each exchange be fixed together, unless that comes apart,
// and be free together.
func (p *nameBounds) pair(l *nameRules) {
	for i := range l.d.names {
		j := l.d.twin(i)
		if j < i {
			continue
		}
		a, b := addedBy(i), addedBy(j)
		if p.fixed[a] && !l.comesApart(p, p.fixed, i, j) || p.fixed[b] && !l.comesApart(p, p.fixed, j, i) {
			p.fixed[a], p.fixed[b] = true, true
		}
		free := p.free[a] || p.free[b] || p.fixed[a] || p.fixed[b]
		p.free[a], p.free[b] = free && !p.fixed[a], free && !p.fixed[b]
	}
}

// hasLone says whether one effect of an exchange is fixed, and the other one is not.
func (l *nameRules) hasLone(p *nameBounds) bool {
	for i := range l.d.names {
		if j := l.d.twin(i); j > i && p.fixed[addedBy(i)] != p.fixed[addedBy(j)] {
			return true
		}
	}
	return false
}

// comesApart says whether effect i of an exchange may persist without effect j, its twin,
// with what a set has of the names before. p says behind which commit point, nil if that is
// not known. What the fsync of a directory makes durable in every profile, it does whole.
func (l *nameRules) comesApart(p *nameBounds, set nameSet, i, j int) bool {
	if !l.rules.logged && (l.rules.inOrder || p == nil) {
		return false
	}
	given := l.taken(i, j)
	return given >= 0 && !set[addedBy(given)] && (!l.rules.inOrder || l.d.names[i].isDir || l.madeBehind(p, i))
}

// taken is the effect by which the inode of effect j had got the name that its twin, effect i,
// takes from it; -1 if that is not pending.
func (l *nameRules) taken(i, j int) int {
	at := &l.d.names[i].add
	for k := min(i, j) - 1; k >= 0; k-- {
		if l.d.names[k].add.is(at.dir, at.name) {
			return k
		}
	}
	return -1
}

// madeBehind says whether the inode of an effect was made behind the commit point.
func (l *nameRules) madeBehind(p *nameBounds, i int) bool {
	made := l.d.node(l.d.names[i].ino)
	for k := range l.d.names[:i] {
		e := &l.d.names[k]
		if e.ino == made.ino && e.add.exists() && e.seq == made.created {
			return !e.add.done && (p == nil || e.seq > p.commit.of(e.dev))
		}
	}
	return false
}

// mayExchange is may, of the first half of an exchange, by the second one.
func (l *nameRules) mayExchange(p *nameBounds, set nameSet, first, second halfID) bool {
	if !p.fixed[second] && l.missing(p, set, first) == noHalf && l.leadsOn(p, set, first) {
		return true
	}
	set[second] = true // it decides the same way
	defer func() { set[second] = false }()
	return (p.fixed[second] || p.free[second]) && l.missing(p, set, first) == noHalf && l.missing(p, set, second) == noHalf && l.leadsOn(p, set, first)
}

// mayNotExchange says whether a half of an exchange may be missing, by the other one.
func (l *nameRules) mayNotExchange(p *nameBounds, set nameSet, h, other halfID) bool {
	persists := p.fixed[other]
	if other < h {
		persists = set[other]
	}
	return !persists || l.comesApart(p, set, other.effect(), h.effect())
}

// isFirstName says whether a half is what an exchange put under its first name.
func (l *nameRules) isFirstName(h halfID) bool {
	j := l.d.twin(h.effect())
	return j >= 0 && j < h.effect()
}
