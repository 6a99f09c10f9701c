package properties

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/go-cmp/cmp"

	"powercut/sim/core"
	"powercut/vfs"
)

// recovered is what an Open of a crash image brought back.
type recovered struct {
	lsn     uint64   // of the last entry
	first   uint64   // the first LSN that could be read back
	numbers []uint64 // of the entries from first on; 0: bytes that no client appended
	state   map[string]any
	// whole: numbers are all that can be read back.
	whole bool
}

func (r recovered) same(other recovered) bool {
	return r.lsn == other.lsn && r.first == other.first && slices.Equal(r.numbers, other.numbers) && sameState(r.state, other.state)
}

// promise is the LSN that recovery must reach after a crash of that kind, and the law
// that says so.
func (o *oracle) promise(kind vfs.CrashKind) (core.Law, uint64) {
	law, lsn := o.promised(kind)
	if o.loss != nil {
		lsn = min(lsn, o.loss.kept)
	}
	return law, lsn
}

// promised is promise of what has not rotted.
func (o *oracle) promised(kind vfs.CrashKind) (core.Law, uint64) {
	switch {
	case !o.async && kind == vfs.ProcessCrash:
		return acknowledgedDurable, uint64(len(o.byLSN))
	case !o.async:
		return acknowledgedDurable, o.survives(uint64(len(o.byLSN)))
	case kind == vfs.ProcessCrash && !o.shaken:
		return asyncPrefix, uint64(len(o.byLSN))
	default:
		return asyncPrefix, max(o.synced, o.survives(o.adopted))
	}
}

// judge compares what came back with what was promised.
func (o *oracle) judge(got recovered, kind vfs.CrashKind, suspended func(core.Law) bool) error {
	if kind == vfs.ProcessCrash && suspended(asyncPrefix+"/process-crash") {
		kind = vfs.PowerCut // an fsync failed: the page cache may have lost what it held
	}
	if o.purging && got.lsn == 0 && len(got.state) == 0 {
		return nil
	}
	if o.loss != nil && o.loss.alone && !suspended(acknowledgedDurable) {
		return o.judgeAlone(got)
	}
	if bound := o.pruneBound(); got.whole && got.first > bound+1 && !suspended(archivesKept) {
		return core.Breachf(archivesKept, "entries before LSN %d can't be read back, and no Prune can have removed more than those up to LSN %d", got.first, bound)
	}
	if o.loss.keepsNot(got.lsn, kind) {
		return core.Breachf(damageRefused, "recovery reached LSN %d of a log of which a byte behind LSN %d rotted", got.lsn, o.loss.kept)
	}
	law, floor := o.promise(kind)
	if got.lsn < floor && !suspended(law) {
		return &core.Breach{Law: law, What: fmt.Sprintf("recovery reached LSN %d, but entries up to LSN %d were promised; the first lost is %s",
			got.lsn, floor, o.describe(o.at(got.lsn+1)))}
	}
	numbers, err := o.sequence(got)
	if err != nil {
		return err
	}
	want := o.fold(numbers)
	if !sameState(want, got.state) {
		if suspended(law) && o.isPrefix(got.state) {
			return nil
		}
		return &core.Breach{Law: o.lawOfState(got.state), What: fmt.Sprintf("the state recovered up to LSN %d is not what those entries make", got.lsn), Diff: cmp.Diff(want, got.state)}
	}
	return nil
}

// judgeServed expects a state that was served to be what the first entries make, although
// not all of them could be read back: a damaged archive, which the snapshot covers,
// excuses no more than that.
func (o *oracle) judgeServed(got recovered) error {
	var numbers []uint64
	for lsn := uint64(1); lsn <= got.lsn; lsn++ {
		number := o.known(lsn)
		if number == 0 {
			return nil // nobody heard of it, nor can read it
		}
		numbers = append(numbers, number)
	}
	if !sameState(o.fold(numbers), got.state) && !o.isPrefix(got.state) {
		return &core.Breach{Law: damageRefused, What: fmt.Sprintf("a state was served up to LSN %d that no entries make, and reading them back was refused", got.lsn), Diff: cmp.Diff(o.fold(numbers), got.state)}
	}
	return nil
}

// sameState says whether two states are the same. Every recovery is compared, and
// hardly any differs: cmp.Diff, which says how they differ, is for those.
func sameState(a, b map[string]any) bool {
	return maps.EqualFunc(a, b, func(x, y any) bool {
		xs, isList := x.([]int64)
		ys, sameKind := y.([]int64)
		if isList || sameKind {
			return isList == sameKind && slices.Equal(xs, ys)
		}
		return x == y // a number or a text
	})
}

// isPrefix says whether a state is what the first entries make, however many. A
// disk that lied may have lost the log and kept the snapshot: then the state is one
// that there was, but the journal can't tell its LSN.
func (o *oracle) isPrefix(state map[string]any) bool {
	var numbers []uint64
	for number := o.known(1); number != 0; number = o.known(uint64(len(numbers) + 1)) {
		numbers = append(numbers, number)
		if sameState(o.fold(numbers), state) {
			return true
		}
	}
	return false
}

// lawOfState is the law that a wrong state breaks. A restricted entry that mutated
// shows, since it sets a name that nothing else sets.
func (o *oracle) lawOfState(state map[string]any) core.Law {
	if _, set := state[forbiddenName]; set {
		return privilegeKept
	}
	return nothingInvented
}

// sequence lists the numbers of the entries that came back, LSN by LSN: those that can
// be read back, and before them those that are in the snapshot alone.
func (o *oracle) sequence(got recovered) ([]uint64, error) {
	var all []uint64
	for lsn := uint64(1); lsn < got.first && lsn <= got.lsn; lsn++ {
		number := o.known(lsn)
		if number == 0 {
			return nil, core.Breachf(archivesKept, "entries before LSN %d can't be read back, but LSN %d was never applied", got.first, lsn)
		}
		all = append(all, number)
	}
	all = append(all, got.numbers...)
	if uint64(len(all)) != got.lsn {
		return nil, core.Breachf(archivesKept, "recovery reports LSN %d, but %d entries can be read back from LSN %d on", got.lsn, len(got.numbers), got.first)
	}
	seen := make(map[uint64]int, len(all))
	for i, number := range all {
		if err := o.judgeEntry(uint64(i+1), number, seen); err != nil {
			return nil, err
		}
		seen[number] = i + 1
	}
	return all, nil
}

// notAppended is the breach of a journal that serves what nobody wrote.
func notAppended(lsn uint64) error {
	return core.Breachf(nothingInvented, "LSN %d came back with bytes that no client appended", lsn)
}

// judgeEntry judges that the entry of that number came back at an LSN, after those
// that were seen before it.
func (o *oracle) judgeEntry(lsn, number uint64, seen map[uint64]int) error {
	switch {
	case number == 0 || number > uint64(len(o.entries)):
		return notAppended(lsn)
	case seen[number] != 0:
		return core.Breachf(nothingInvented, "%s came back twice, at LSN %d and at LSN %d", o.describe(number), seen[number], lsn)
	case o.entries[number-1].fate == refused:
		return core.Breachf(nothingInvented, "%s came back at LSN %d", o.describe(number), lsn)
	}
	if want := o.at(lsn); want != 0 && want != number {
		return core.Breachf(nothingInvented, "LSN %d is %s, but %s came back there", lsn, o.describe(want), o.describe(number))
	}
	if e := o.entries[number-1]; e.fate == acknowledged && e.lsn != lsn {
		return core.Breachf(nothingInvented, "%s came back at LSN %d, but was acknowledged as LSN %d", o.describe(number), lsn, e.lsn)
	}
	return nil
}
