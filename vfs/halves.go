package vfs

import (
	"iter"
	"slices"
)

// nameEffect is one pending change of directories: a name added, a name
// removed, or, of a rename, both.
type nameEffect struct {
	seq   int64
	kind  OpKind
	ino   uint64 // whose name it is
	dev   uint8  // the device that it is on
	over  uint64 // what lost a name by being replaced or removed
	isDir bool
	// together says that btrfs's log has a rename whole, or not at all.
	together bool
	exchange bool // one of the two effects of an exchange, see Disk.twin
	add, del half
	lapse    lapse
}

// half is one of the two entries that an effect changes. The halves of a rename
// may persist apart, which is why everything about names is said of halves.
type half struct {
	dir  uint64 // 0: there is no such half
	name string
	was  uint64 // what the entry held before; 0 for nothing
	now  uint64 // and after
	done bool   // durable in every profile
	// hidden halves don't matter any more: a later one of the same entry is
	// durable.
	hidden bool
	// logged halves are in the log that btrfs keeps of fsynced inodes;
	// mayBeLogged ones are perhaps.
	logged, mayBeLogged bool
	lapses              bool // see lapse
}

func (h *half) exists() bool { return h.dir != 0 }

func (h *half) is(dir uint64, name string) bool { return h.dir == dir && h.name == name }

// halves are what an effect adds and what it removes. Either may not exist.
func (e *nameEffect) halves() [2]*half { return [2]*half{&e.add, &e.del} }

// halfID names a half of one of Disk.names. IDs are in program order, and of one
// operation the addition comes before the removal. A removal persists only with its
// addition, so that deciding about halves in the order of their IDs never has to look
// ahead, but where nameRules.leadsOn does.
type halfID int

// noHalf is no half's ID.
const noHalf halfID = -1

func addedBy(effect int) halfID   { return halfID(2 * effect) }
func removedBy(effect int) halfID { return halfID(2*effect + 1) }

// effect is the index in Disk.names.
func (h halfID) effect() int     { return int(h) / 2 }
func (h halfID) isRemoval() bool { return h%2 == 1 }

// partner is the other half of the same effect.
func (h halfID) partner() halfID { return h ^ 1 }

// halves yields all halves that exist, in the order of their IDs.
func (d *Disk) halves() iter.Seq2[halfID, *half] {
	return func(yield func(halfID, *half) bool) {
		for i := range d.names {
			e := &d.names[i]
			if e.add.exists() && !yield(addedBy(i), &e.add) {
				return
			}
			if e.del.exists() && !yield(removedBy(i), &e.del) {
				return
			}
		}
	}
}

// nameSet is a set of halves: those, mostly, that persist.
type nameSet []bool

func newNameSet(effects int) nameSet { return make(nameSet, 2*effects) }

// hasAny says whether one of some halves is in the set.
func (s nameSet) hasAny(some []halfID) bool {
	return slices.ContainsFunc(some, func(h halfID) bool { return s[h] })
}

// ids yields the IDs of all halves that a set can hold, in order.
func (s nameSet) ids() iter.Seq[halfID] {
	return func(yield func(halfID) bool) {
		for h := range s {
			if !yield(halfID(h)) {
				return
			}
		}
	}
}
