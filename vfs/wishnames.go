package vfs

import "slices"

// names has the halves of the choice persist, with the change or without it, and with
// what that asks for.
func (w *wish) names(l *nameRules, commits [][]int64) (nameSet, *nameBounds) {
	r := &resolver{c: w.c}
	point := commitPointOf(commits, func(dev uint8, of []int64) int64 { return r.commit(l, dev, of) })
	p := l.bounds(point.with(w.dev, w.commit))
	set := slices.Clone(p.fixed)
	for h := range set {
		set[h] = set[h] || p.free[h] && w.before[h]
	}
	if w.change.isName() {
		for h := range l.d.halves() {
			if w.isOf(l, h) && !p.fixed[h] {
				set[h] = w.kept
			}
		}
	}
	if w.path != asItWas {
		w.lead(l, p, set, w.change.Ino)
	}
	if w.kept {
		w.complete(l, p, set)
	}
	w.prune(l, p, set)
	if !l.lawful(p, set) {
		set = l.least(p)
	}
	return set, p
}

const needsPath = "what is written to a file is there only where a path leads to it"

// lead has a path lead to a file, as far as names that are free can do that.
func (w *wish) lead(l *nameRules, p *nameBounds, set nameSet, ino uint64) {
	w.note(needsPath)
	for h, half := range l.d.halves() {
		e := &l.d.names[h.effect()]
		switch {
		case p.fixed[h]:
		case w.path == allGone:
			set[h] = set[h] || p.free[h] && (e.ino == ino || e.over == ino)
		case w.path == noMore:
			set[h] = set[h] && (h.isRemoval() || e.ino != ino)
		case w.change.isName() && w.isOf(l, h):
		case !h.isRemoval() && e.ino == ino && !set[h]:
			set[h] = true
			w.lead(l, p, set, half.dir)
		case w.path == byLosing && (h.isRemoval() && e.ino == ino || e.over == ino):
			set[h] = false
		}
	}
}

// isOf says whether a half is of the change.
func (w *wish) isOf(l *nameRules, h halfID) bool {
	e := &l.d.names[h.effect()]
	return l.d.public(e.seq) == w.change.Seq && (e.ino == w.change.Ino || e.exchange)
}

// complete adds what a set can't do without.
func (w *wish) complete(l *nameRules, p *nameBounds, set nameSet) {
	for h := halfID(len(set)) - 1; h >= 0; h-- {
		if m := l.missing(p, set, h); set[h] && m != noHalf {
			w.note(l.rule(h, m))
		}
		l.require(p, set, h)
	}
	l.close(p, set)
}

// prune takes away what can't be there without what is missing.
func (w *wish) prune(l *nameRules, p *nameBounds, set nameSet) {
	for changed := true; changed; {
		changed = false
		for h := range set.ids() {
			if !set[h] || p.fixed[h] {
				continue
			}
			m := l.missing(p, set, h)
			if m == noHalf && p.free[h] {
				continue
			}
			if m != noHalf {
				w.note(l.rule(h, m))
			}
			set[h], changed = false, true
		}
	}
}

// rule says why half h can't persist without half m.
func (l *nameRules) rule(h, m halfID) string {
	switch {
	case l.d.twin(h.effect()) == m.effect():
		return "an exchange of two names is there whole, or not at all"
	case m == h.partner() && h.isRemoval():
		return "a rename takes the old name away only where it gave the new one"
	case m == h.partner():
		return "a rename of this kind is there whole, or not at all"
	case l.gaveUp(h.effect(), m.effect()):
		return "a name that is taken again persists only with the change that gave it up"
	}
	return "the renames of one directory persist in their order"
}

// gaveUp says whether effect j gave up the name that effect i takes again, then or before.
func (l *nameRules) gaveUp(i, j int) bool {
	v := l.vacated[i]
	for v >= 0 && v != j {
		v = l.before[v]
	}
	return v >= 0
}
