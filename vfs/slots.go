package vfs

import "slices"

// slotValue is a directory entry that pending changes of names concern, and the
// inodes that it holds, 0 for none.
type slotValue struct {
	dir   uint64
	name  string
	was   uint64 // on the medium, before all that is pending
	is    uint64 // with the changes of a set
	now   uint64 // as programs see it
	known bool   // was is set
}

// slots lists the entries that pending changes of names concern, with what a set
// leaves in them: the changes of the set are made in program order, upon what the
// medium has. A removal takes away only what its own operation removed: where that
// never came, because an addition was lost, the entry stays as it is.
func (d *Disk) slots(set nameSet) []slotValue {
	out := make([]slotValue, 0, 2*len(d.names))
	var index map[link]int // looked up in, never ranged over
	if len(d.names) > 32 {
		index = make(map[link]int, 2*len(d.names))
	}
	find := func(h *half) *slotValue {
		if index != nil {
			if i, ok := index[link{h.dir, h.name}]; ok {
				return &out[i]
			}
			index[link{h.dir, h.name}] = len(out)
		} else if i := slices.IndexFunc(out, func(s slotValue) bool { return h.is(s.dir, s.name) }); i >= 0 {
			return &out[i]
		}
		now := uint64(0)
		if dir := d.node(h.dir); dir != nil {
			now = dir.entries.get(h.name)
		}
		out = append(out, slotValue{dir: h.dir, name: h.name, is: now, now: now})
		return &out[len(out)-1]
	}
	for id, h := range d.halves() {
		s := find(h)
		if h.hidden {
			continue
		}
		if !s.known {
			s.known, s.was, s.is = true, h.was, h.was
		}
		switch {
		case !set[id]:
		case !id.isRemoval():
			s.is = h.now
		case s.is == d.names[id.effect()].ino:
			s.is = 0
		}
		if j := d.twin(id.effect()); j >= 0 && j < id.effect() {
			for _, i := range [2]int{j, id.effect()} {
				if h := d.vacates(set, i); h != nil && !h.hidden && find(h).is == d.names[i].ino {
					find(h).is = 0
				}
			}
		}
	}
	return out
}

// slotIndex remembers a half for each directory entry. Few entries are
// looked through, many are hashed.
type slotIndex struct {
	list []slotHalf
	at   map[link]halfID // looked up in, never ranged over
}

type slotHalf struct {
	slot *half // of the entry, any half
	id   halfID
}

func newSlotIndex(effects int) *slotIndex {
	x := &slotIndex{}
	if effects > 16 {
		x.at = make(map[link]halfID, 2*effects)
	} else {
		x.list = make([]slotHalf, 0, 2*effects)
	}
	return x
}

// swap sets an entry's half and returns the one before, noHalf if it had none. A
// hidden half only asks.
func (x *slotIndex) swap(h *half, id halfID) halfID {
	if x.at != nil {
		before, ok := x.at[link{h.dir, h.name}]
		if !ok {
			before = noHalf
		}
		if !h.hidden {
			x.at[link{h.dir, h.name}] = id
		}
		return before
	}
	for i := range x.list {
		if s := &x.list[i]; s.slot.is(h.dir, h.name) {
			before := s.id
			if !h.hidden {
				s.id = id
			}
			return before
		}
	}
	if !h.hidden {
		x.list = append(x.list, slotHalf{h, id})
	}
	return noHalf
}
