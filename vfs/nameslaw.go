package vfs

import "slices"

// nameLaw is which of the pending name effects may persist together. Halves
// are numbered: effect i has the halves 2i (what it adds) and 2i+1 (what it
// removes).
type nameLaw struct {
	d     *Disk
	rules *rules
	// vacated gives for each effect that takes a name again the effect that
	// gave it up, else -1; moved for each rename of a directory the one before
	// it of the same directory.
	vacated, moved []int
}

// nameSet is a set of halves.
type nameSet []bool

func (d *Disk) nameLaw(p Profile) *nameLaw { return d.nameLawOf(&profileRules[p]) }

func (d *Disk) nameLawOf(r *rules) *nameLaw {
	l := &nameLaw{d: d, rules: r}
	n := len(d.names)
	both := make([]int, 2*n)
	l.vacated, l.moved = both[:n], both[n:]
	for i := range both {
		both[i] = -1
	}
	last := newSlotIndex(n)
	moved := map[uint64]int(nil) // looked up in, never ranged over
	for i := range d.names {
		e := &d.names[i]
		// What gave the name up: the last effect on the entry, if that was a
		// removal.
		if e.add.exists() {
			if h := last.swap(&e.add, 2*i); h >= 0 && h%2 == 1 {
				l.vacated[i] = h / 2
			}
		}
		if e.del.exists() {
			last.swap(&e.del, 2*i+1)
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
	return l
}

// slotIndex remembers a number for each directory entry. Few entries are
// looked through, many are hashed.
type slotIndex struct {
	list []slotNumber
	at   map[link]int // looked up in, never ranged over
}

type slotNumber struct {
	h *half
	n int
}

func newSlotIndex(effects int) *slotIndex {
	x := &slotIndex{}
	if effects > 16 {
		x.at = make(map[link]int, 2*effects)
	} else {
		x.list = make([]slotNumber, 0, 2*effects)
	}
	return x
}

// swap sets an entry's number and returns the one before, -1 if it had none. A
// hidden half only asks.
func (x *slotIndex) swap(h *half, n int) int {
	if x.at != nil {
		before, ok := x.at[link{h.dir, h.name}]
		if !ok {
			before = -1
		}
		if !h.hidden {
			x.at[link{h.dir, h.name}] = n
		}
		return before
	}
	for i := range x.list {
		if s := &x.list[i]; s.h.is(h.dir, h.name) {
			before := s.n
			if !h.hidden {
				s.n = n
			}
			return before
		}
	}
	if !h.hidden {
		x.list = append(x.list, slotNumber{h, n})
	}
	return -1
}

// atomic says whether what an effect adds persists only with what it removes.
func (l *nameLaw) atomic(e *nameEffect) bool {
	return e.del.exists() && (e.isDir || e.together && l.rules.logged)
}

// missing returns a half that half h can't persist without and that isn't in
// the set, -1 if h may be in it. All such halves have lower numbers, but for
// those of a directory that is renamed, which come and go together.
func (l *nameLaw) missing(set nameSet, h int) int {
	i := h / 2
	e := &l.d.names[i]
	if h%2 == 1 {
		if !e.add.exists() {
			return l.unmoved(set, i)
		}
		if !set[h-1] {
			return h - 1
		}
		return -1
	}
	if l.atomic(e) && !set[h+1] {
		return h + 1
	}
	if j := l.vacated[i]; j >= 0 && !set[2*j+1] {
		return 2*j + 1
	}
	return l.unmoved(set, i)
}

// unmoved returns the half that stands for the rename before rename i of the
// same directory, if there is one and it isn't in the set, else -1.
func (l *nameLaw) unmoved(set nameSet, i int) int {
	if j := l.moved[i]; j >= 0 && !set[l.moverOf(j)] {
		return l.moverOf(j)
	}
	return -1
}

// moverOf is the half that stands for the rename of a directory: both come and
// go together, and one may be forgotten with the directory that it was in.
func (l *nameLaw) moverOf(i int) int {
	if l.d.names[i].add.exists() {
		return 2 * i
	}
	return 2*i + 1
}

// close adds to a set what its halves can't persist without.
func (l *nameLaw) close(set nameSet) {
	for h := len(set) - 1; h >= 0; h-- {
		l.require(set, h)
	}
}

func (l *nameLaw) require(set nameSet, h int) {
	for set[h] {
		m := l.missing(set, h)
		if m < 0 {
			return
		}
		set[m] = true
		l.require(set, m)
	}
}

// namePair is a choice still partly open: what persists for certain, what may,
// and the commit point that goes with it.
type namePair struct {
	fixed, free nameSet
	commit      int64
}

// noCommit is the commit point of a profile that knows none.
const noCommit = 1<<63 - 1

// commits lists the commit points that a crash may come behind, ascending; the
// one of a profile that knows none is noCommit. Each makes a pair.
func (l *nameLaw) commits() []int64 {
	if !l.rules.inOrder {
		return []int64{noCommit}
	}
	all := l.d.commits()
	if l.rules.logged {
		return all
	}
	return slices.DeleteFunc(all, func(c int64) bool { return c < l.d.forced })
}

// pair says how names may persist with a commit point. There are as many commit
// points as pending effects, so that pairs are made one by one.
func (l *nameLaw) pair(commit int64) *namePair {
	size := 2 * len(l.d.names)
	both := make(nameSet, 2*size)
	p := &namePair{fixed: both[:size], free: both[size:], commit: commit}
	for i := range l.d.names {
		e := &l.d.names[i]
		for k, h := range e.halves() {
			if !h.exists() {
				continue
			}
			if !l.rules.inOrder {
				p.fixed[2*i+k], p.free[2*i+k] = h.done, !h.done
				continue
			}
			p.fixed[2*i+k] = h.done || e.seq <= commit || l.rules.logged && h.logged
			p.free[2*i+k] = !p.fixed[2*i+k] && l.rules.logged && h.mayBeLogged
		}
	}
	return p
}

func (e *nameEffect) halves() [2]*half { return [2]*half{&e.add, &e.del} }

// commits lists the commit points that differ: before each change of names and
// each truncation, and now.
func (d *Disk) commits() []int64 {
	out := []int64{d.seq}
	for i := range d.names {
		out = append(out, d.names[i].seq-1)
	}
	for _, n := range d.dirty {
		for i := range n.effects {
			if e := &n.effects[i]; e.cut || e.n == 0 {
				out = append(out, e.seq-1)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// may says whether the next half of a set may persist, given all halves below
// it; mayNot whether it may be missing.
func (l *nameLaw) may(p *namePair, set nameSet, h int) bool {
	if !p.fixed[h] && !p.free[h] {
		return false
	}
	if h%2 == 0 && l.atomic(&l.d.names[h/2]) {
		set[h+1] = true // the other half decides the same way
		defer func() { set[h+1] = false }()
		return (p.fixed[h+1] || p.free[h+1]) && l.missing(set, h) < 0
	}
	return l.missing(set, h) < 0
}

func (l *nameLaw) mayNot(p *namePair, set nameSet, h int) bool {
	if p.fixed[h] {
		return false
	}
	e := &l.d.names[h/2]
	return h%2 == 0 || !e.add.exists() || !l.atomic(e) || !set[h-1]
}

// lawful says whether a whole set is one that a pair allows.
func (l *nameLaw) lawful(p *namePair, set nameSet) bool {
	for h := range set {
		if set[h] && (!p.fixed[h] && !p.free[h] || l.missing(set, h) >= 0) || !set[h] && p.fixed[h] {
			return false
		}
	}
	return true
}
