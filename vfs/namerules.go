package vfs

import (
	"iter"
	"slices"
)

// nameRules says which halves of the pending changes of names may persist together.
// Two things bind them: a name that is taken again persists only with the removal
// that gave it up, and the renames of one directory persist in their order, since
// what is in it moves with it.
type nameRules struct {
	d     *Disk
	rules *rules
	// vacated gives for each effect that takes a name again the effect that
	// gave it up, else -1. before gives for each effect that gives a name up
	// the one that had given the same name up last, else -1, and given the one
	// that had given the name to whoever loses it, -1 if that is not pending. moved
	// gives for each rename of a directory the one before it of the same directory.
	vacated, before, given, moved []int
	lapsed                        []lapsed // where there is btrfs's log
}

func (d *Disk) nameRules(p Profile) *nameRules { return d.nameRulesOf(&profileRules[p]) }

func (d *Disk) nameRulesOf(r *rules) *nameRules {
	l := &nameRules{d: d, rules: r}
	n := len(d.names)
	all := make([]int, 4*n)
	l.vacated, l.before, l.given, l.moved = all[:n], all[n:2*n], all[2*n:3*n], all[3*n:]
	for i := range all {
		all[i] = -1
	}
	last := newSlotIndex(n)
	moved := map[uint64]int(nil) // looked up in, never ranged over
	for i := range d.names {
		e := &d.names[i]
		// What gave the name up: the last effect on the entry, if that was a
		// removal.
		if e.add.exists() {
			if h := last.swap(&e.add, addedBy(i)); h != noHalf && h.isRemoval() {
				l.vacated[i] = h.effect()
			}
		}
		if e.del.exists() {
			if h := last.swap(&e.del, removedBy(i)); h != noHalf && !h.isRemoval() {
				l.before[i], l.given[i] = l.vacated[h.effect()], h.effect()
			}
		}
		if e.isDir && e.kind == OpRename {
			if moved == nil {
				moved = make(map[uint64]int)
			}
			if j, ok := moved[e.ino]; ok {
				l.moved[i] = j
			}
			moved[e.ino] = i
		}
	}
	if r.logged {
		l.lapsed = l.findLapsed()
	}
	return l
}

// nameBounds is what a commit point leaves open: fixed halves persist for certain,
// free ones may, and all others don't.
type nameBounds struct {
	fixed, free nameSet
	either      []lapsed // halves that are missing only where a later name is there
	dependent   bool     // what is fixed, or missing, may ask for something that is free
	commit      commitPoint
}

// noCommit is the commit point of a profile that knows none.
const noCommit = 1<<63 - 1

// commits lists the commit points that a crash may come behind, of each device by
// itself and ascending; the one of a profile that knows none is noCommit.
func (l *nameRules) commits() [][]int64 {
	all := make([][]int64, len(l.d.devices))
	for dev := range all {
		if !l.rules.inOrder {
			all[dev] = []int64{noCommit}
			continue
		}
		all[dev] = l.d.commits(uint8(dev))
		if l.rules.logged {
			all[dev] = l.lapseCommits(uint8(dev), all[dev])
		} else {
			all[dev] = slices.DeleteFunc(all[dev], func(c int64) bool { return c < l.d.devices[dev].forced })
		}
	}
	return all
}

// bounds says how names may persist with a commit point. There are as many commit
// points as pending effects, so that they are made one by one, when asked for.
func (l *nameRules) bounds(commit commitPoint) *nameBounds {
	n := len(l.d.names)
	p := &nameBounds{fixed: newNameSet(n), free: newNameSet(n), commit: commit}
	for id, h := range l.d.halves() {
		if !l.rules.inOrder {
			p.fixed[id], p.free[id] = h.done, !h.done
			continue
		}
		e := &l.d.names[id.effect()]
		p.fixed[id] = h.done || e.seq <= commit.of(e.dev) || l.rules.logged && h.logged
		p.free[id] = !p.fixed[id] && l.rules.logged && h.mayBeLogged
	}
	if l.rules.logged {
		l.close(p, p.fixed) // what the log has may need more of what was committed
	}
	p.pair(l)
	p.lapse(l)
	if l.rules.logged {
		p.gaveUpInLog(l)
	}
	p.dependent = l.rules.logged && (len(p.either) > 0 || l.hasInterim(p) || l.hasLone(p))
	return p
}

// commits lists the commit points of a device that make a difference: one before each
// change that waits for a commit, and now.
func (d *Disk) commits(dev uint8) []int64 {
	out := []int64{d.seq}
	for seq := range d.committing(dev) {
		out = append(out, seq-1)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// committing goes through the Seq of each pending change of a device that waits for a commit,
// in no order and with repeats: those of names, of attributes and of reserved space, and
// truncations. Other writes don't wait.
func (d *Disk) committing(dev uint8) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for i := range d.names {
			if d.names[i].dev == dev && !yield(d.names[i].seq) {
				return
			}
		}
		for _, n := range d.dirty {
			if n.dev == dev && !n.committing(yield) {
				return
			}
		}
	}
}

// committing is the same of one inode; false says that yield wants no more.
func (n *node) committing(yield func(int64) bool) bool {
	for i := range n.effects {
		if e := &n.effects[i]; (e.cut || e.zeroes || e.n == 0) && !yield(e.seq) {
			return false
		}
	}
	for i := range n.changes {
		if !yield(n.changes[i].seq) {
			return false
		}
	}
	return true
}

// may says whether half h may persist, given what was decided about all halves
// before it; mayNot says whether it may be missing. Whoever decides half after half
// by these two gets a lawful set, and can get every lawful set.
func (l *nameRules) may(p *nameBounds, set nameSet, h halfID) bool {
	if !p.fixed[h] && !p.free[h] {
		return false
	}
	defer func(was bool) { set[h] = was }(set[h])
	set[h] = true
	if !h.isRemoval() && l.atomic(&l.d.names[h.effect()]) {
		removal := h.partner()
		set[removal] = true // it decides the same way
		defer func() { set[removal] = false }()
		return (p.fixed[removal] || p.free[removal]) && l.missing(p, set, h) == noHalf && l.leadsOn(p, set, h)
	}
	if j := l.d.twin(h.effect()); j > h.effect() {
		return l.mayExchange(p, set, h, addedBy(j))
	}
	return l.missing(p, set, h) == noHalf && l.leadsOn(p, set, h)
}

func (l *nameRules) mayNot(p *nameBounds, set nameSet, h halfID) bool {
	if p.fixed[h] {
		return false
	}
	defer func(was bool) { set[h] = was }(set[h])
	set[h] = false
	e := &l.d.names[h.effect()]
	if j := l.d.twin(h.effect()); j >= 0 && !h.isRemoval() && !l.mayNotExchange(p, set, h, addedBy(j)) {
		return false
	}
	return (!h.isRemoval() || !e.add.exists() || !l.atomic(e) || !set[h.partner()]) && l.leadsOn(p, set, h)
}

// lawful says whether a whole set is one that the bounds allow.
func (l *nameRules) lawful(p *nameBounds, set nameSet) bool {
	for h := range set.ids() {
		if set[h] && (!p.fixed[h] && !p.free[h] || l.missing(p, set, h) != noHalf) || !set[h] && p.fixed[h] {
			return false
		}
	}
	return !slices.ContainsFunc(p.either, func(x lapsed) bool { return !set[x.half] && !set.hasAny(x.later) })
}

// atomic says whether what an effect adds persists only with what it removes.
func (l *nameRules) atomic(e *nameEffect) bool {
	return e.del.exists() && (e.isDir || e.together && l.rules.logged)
}

// missing returns a half that half h can't persist without and that isn't in
// the set, noHalf if h may be in it. All such halves come before h, but for
// those of a directory that is renamed, and of an exchange, which come and go together.
// In btrfs's log a rename whose new name lapsed takes the old name away all the same.
// p says which commit point that is behind, nil if it is not known.
func (l *nameRules) missing(p *nameBounds, set nameSet, h halfID) halfID {
	i := h.effect()
	e := &l.d.names[i]
	if h.isRemoval() {
		if !e.add.exists() {
			return l.unmoved(set, i)
		}
		if addition := h.partner(); !set[addition] && !(l.rules.logged && e.add.lapses && !e.del.lapses) {
			return addition
		}
		return noHalf
	}
	if removal := h.partner(); l.atomic(e) && !set[removal] {
		return removal
	}
	if j := l.d.twin(i); j >= 0 && !set[addedBy(j)] && !l.comesApart(p, set, i, j) {
		return addedBy(j)
	}
	for j := l.vacated[i]; j >= 0; j = l.before[j] {
		if !set[removedBy(j)] && !l.cameNot(set, j) {
			return removedBy(j)
		}
	}
	return l.unmoved(set, i)
}

// unmoved returns the half that stands for the rename before rename i of the
// same directory, if there is one and it isn't in the set, else noHalf.
func (l *nameRules) unmoved(set nameSet, i int) halfID {
	if j := l.moved[i]; j >= 0 && !set[l.moverOf(j)] {
		return l.moverOf(j)
	}
	return noHalf
}

// moverOf is the half that stands for the rename of a directory: both come and
// go together, and one may be forgotten with the directory that it was in.
func (l *nameRules) moverOf(i int) halfID {
	if l.d.names[i].add.exists() {
		return addedBy(i)
	}
	return removedBy(i)
}

// close adds to a set what its halves can't persist without. It goes from the last
// to the first: what a half needs comes before it. What was added may be an interim
// owner of a name, for which halves that had all they need have to be looked at again.
func (l *nameRules) close(p *nameBounds, set nameSet) {
	for added := true; added; {
		added = false
		for h := halfID(len(set)) - 1; h >= 0; h-- {
			added = l.require(p, set, h) || added
		}
	}
}

// require adds to a set what one half of it can't persist without, and says whether it did.
func (l *nameRules) require(p *nameBounds, set nameSet, h halfID) (added bool) {
	for set[h] {
		m := l.missing(p, set, h)
		if m == noHalf {
			return added
		}
		set[m], added = true, true
		l.require(p, set, m)
	}
	return added
}
