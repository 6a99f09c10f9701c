package vfs

import "slices"

// file finds, of what the profile lets the file show, what has the fewest changes
// otherwise.
func (w *wish) file(d *Disk, variants []fileVariant) fileSelection {
	n := variants[0].n
	refs := n.effectRefs()
	wants := make([]fate, len(refs))
	for i := range refs {
		wants[i] = w.fates[w.keyOf(d, n, i)]
	}
	base := (&resolver{c: w.c}).file(d, variants)
	best, least := base, w.cost(d, n, refs, wants, &base)
	better := func(nth int, sel fileSelection) {
		sel.nth = nth
		if cost := w.cost(d, n, refs, wants, &sel); cost < least && sel.variant.inOrder(&sel) {
			best, least = sel, cost
		}
	}
	for nth := range variants {
		f := &variants[nth]
		for _, size := range w.sizes(f, base.size) {
			for _, sel := range candidates(f, size, &base, wants) {
				better(nth, sel)
			}
		}
	}
	for nth := range variants {
		left := maxListed
		variants[nth].each(d, func(sel fileSelection) bool {
			better(nth, sel)
			left--
			return left > 0 && least > 0
		})
	}
	return best
}

// maxListed bounds how many contents of a file are looked at one after the other.
const maxListed = 300

// keyOf is the key of what Pending says of an effect.
func (w *wish) keyOf(d *Disk, n *node, i int) changeKey {
	kind := OpTruncate
	if n.effects[i].isWrite() {
		kind = OpWrite
	}
	return changeKey{d.public(n.effects[i].seq), kind, n.ino}
}

// cost counts the effects that are otherwise than wanted; the change counts for more
// than all others.
func (w *wish) cost(d *Disk, n *node, refs []effectRef, wants []fate, sel *fileSelection) int {
	shown := shownFile{size: sel.size, unit: sel.unit, pages: sel.pages}
	cost := 0
	for i := range refs {
		if refs[i].synced {
			continue
		}
		got := lostWhole
		switch part, whole := shown.shows(refs, i); {
		case whole:
			got = keptWhole
		case part != "":
			got = keptInPart
		}
		switch {
		case got == wants[i]:
		case w.keyOf(d, n, i) == w.change.key():
			cost += len(refs) + len(n.changes) + 1
		default:
			cost++
		}
	}
	return cost + w.costOfAttributes(d, n, sel)
}

// costOfAttributes is what the changes of a file's attributes add to its cost.
func (w *wish) costOfAttributes(d *Disk, n *node, sel *fileSelection) int {
	cost := 0
	for i := range n.changes {
		key := changeKey{d.public(n.changes[i].seq), OpChmod, n.ino}
		switch shows := i < sel.variant.changes; {
		case shows == (w.fates[key] == keptWhole):
		case key == w.change.key():
			cost += len(n.effects) + len(n.changes) + 1
		default:
			cost++
		}
	}
	return cost
}

// sizes are the lawful ones that an effect of the file left or met, and the one that
// the choice has.
func (w *wish) sizes(f *fileVariant, now int64) []variantSize {
	return slices.DeleteFunc(f.lawfulSizes(), func(s variantSize) bool {
		return s.size != now && s.size != f.n.size && !slices.ContainsFunc(f.n.effects, func(e dataEffect) bool { return s.size == e.before || s.size == e.after })
	})
}

// maxPrefixes bounds how many effects a file may have of which all beginnings are
// looked at.
const maxPrefixes = 64

// candidates are contents of a file with some size: as the choice has it, but for what
// is wanted otherwise; as it is wanted, unit by unit; and every beginning of what was
// done.
func candidates(f *fileVariant, size variantSize, base *fileSelection, wants []fate) []fileSelection {
	want := func(i int) bool { return wants[i] != lostWhole }
	all := []fileSelection{f.wanted(size, base, want), f.wanted(size, nil, want)}
	if len(f.n.effects) <= maxPrefixes {
		for k := range len(f.n.effects) + 1 {
			all = append(all, f.wanted(size, nil, func(i int) bool { return i < k }))
		}
	}
	return all
}

// wanted has each unit show, of what it may, the version with the fewest effects
// otherwise than wanted. What is as wanted in base, if there is one, stays.
func (f *fileVariant) wanted(size variantSize, base *fileSelection, want func(effect int) bool) fileSelection {
	sel := fileSelection{n: f.n, variant: f, size: size.size, unit: f.unit}
	for i := range f.pages {
		p := &f.pages[i]
		ps := pageSelection{index: p.index}
		least := size.leastFor(p.index)
		versions := p.versionsAt(least, nil)
		units := f.units(p.index, size.size)
		if units == 0 || len(versions) == 0 {
			sel.pages = append(sel.pages, ps)
			continue
		}
		ps.units = make([]unitVersion, units)
		wrong, wrongInHole := 0, 0
		for u := range ps.units {
			off := p.offset() + int64(u)*f.unit
			ps.units[u] = f.nearest(p.ofUnit(u, versions), off, want)
			if base != nil && base.variant == f && i < len(base.pages) && u < len(base.pages[i].units) {
				have := base.pages[i].units[u]
				if slices.Contains(p.ofUnit(u, versions), have) && f.wrong(have, off, want) <= f.wrong(ps.units[u], off, want) {
					ps.units[u] = have
				}
			}
			wrong += f.wrong(ps.units[u], off, want)
			wrongInHole += f.wrong(base0, off, want)
		}
		if p.hole && least == 0 && wrongInHole < wrong {
			ps.units = nil
		}
		sel.pages = append(sel.pages, ps)
	}
	return sel
}

// base0 is what a hole is, for wrong: no effect shows.
const base0 = unitVersion(base)

// wrong counts the effects on a unit that a version shows, and are not wanted, or does
// not show, and are.
func (f *fileVariant) wrong(v unitVersion, off int64, want func(effect int) bool) int {
	count := 0
	for i := range f.n.effects {
		if e := &f.n.effects[i]; e.touches(off, off+f.unit) && (int(v) >= i) != want(i) {
			count++
		}
	}
	return count
}

// nearest is the version of a unit of which the fewest effects are wrong: of several
// the newest.
func (f *fileVariant) nearest(versions []unitVersion, off int64, want func(effect int) bool) unitVersion {
	best, least := versions[0], f.wrong(versions[0], off, want)
	for _, v := range versions[1:] {
		if wrong := f.wrong(v, off, want); wrong < least || wrong == least && v > best {
			best, least = v, wrong
		}
	}
	return best
}
