package vfs

import "slices"

// An interim owner of a name got it, and gave it up, between two others. Where it never
// came there, since that change is lost, there is nothing to take away, and who has the
// name now does not need that. Of a new file that was renamed away nothing need be left
// then: to fsync what took its name is no promise.

// cameNot says whether effect j took a name from an interim owner that, with this set,
// never had it.
func (l *nameRules) cameNot(set nameSet, j int) bool {
	given := l.given[j]
	return given >= 0 && !set[addedBy(given)]
}

// gaveUpInLog takes from what is free the names that the log has as given up: it never
// had them otherwise, and they would replace what was there before.
func (p *nameBounds) gaveUpInLog(l *nameRules) {
	for j, given := range l.given {
		if given >= 0 && p.fixed[removedBy(j)] && !p.fixed[addedBy(given)] && !l.d.names[given].exchange && !l.d.names[given].add.lapses {
			p.free[addedBy(given)] = false
		}
	}
}

// hasInterim says whether a name that is fixed asks for more where something that is free
// is there.
func (l *nameRules) hasInterim(p *nameBounds) bool {
	for i := range l.d.names {
		for j := l.vacated[i]; j >= 0 && p.fixed[addedBy(i)]; j = l.before[j] {
			if g := l.given[j]; g >= 0 && p.free[addedBy(g)] && !p.fixed[removedBy(j)] {
				return true
			}
		}
	}
	return false
}

// leadsOn says whether what was decided about the halves up to h leaves a lawful way to
// decide about all others. Only where that is in question does it take long. Of several
// later names, it counts on the first that may be there.
func (l *nameRules) leadsOn(p *nameBounds, set nameSet, h halfID) bool {
	if !p.dependent {
		return true
	}
	needed := slices.Clone(p.fixed)
	copy(needed[:h+1], set[:h+1])
	l.close(p, needed)
	if !p.mayGet(needed, set, h) {
		return false
	}
	for _, x := range p.either {
		if needed[x.half] || needed.hasAny(x.later) {
			continue
		}
		if !slices.ContainsFunc(append([]halfID{x.half}, x.later...), func(one halfID) bool {
			with := slices.Clone(needed)
			with[one] = true
			l.close(p, with)
			if p.mayGet(with, set, h) {
				needed = with
				return true
			}
			return false
		}) {
			return false
		}
	}
	return true
}

// mayGet says whether all halves that are needed may persist, given what was decided about
// those up to h.
func (p *nameBounds) mayGet(needed, set nameSet, h halfID) bool {
	for n := range needed.ids() {
		if needed[n] && (n <= h && !set[n] || !p.fixed[n] && !p.free[n]) {
			return false
		}
	}
	return true
}
