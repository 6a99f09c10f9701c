package properties

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/go-cmp/cmp"

	"powercut/properties/engines"
	"powercut/sim/core"
	"powercut/vfs"
)

// fate is what a client knows of an entry that it appended.
type fate uint8

const (
	inFlight      fate = iota // no answer yet
	accepted                  // AppendAsync returned, Wait has not
	acknowledged              // Append or Wait returned nil
	refused                   // nothing of it may come back
	indeterminate             // it may come back, or not
)

func (f fate) String() string {
	return [...]string{"in flight", "accepted", "acknowledged", "refused", "indeterminate"}[f]
}

// issued is one engines.Entry as the oracle remembers it. Its number, from 1, is its
// index in the oracle's list plus one.
type issued struct {
	kind stepKind
	arg  int
	fate fate
	lsn  uint64 // of an acknowledged entry
}

// oracle decides right and wrong from what clients were told. It knows neither
// the journal nor the evaluator: what it expects are plain Go values.
type oracle struct {
	async   bool
	entries []issued
	byLSN   []uint64 // number of the engines.Entry known to have LSN index+1; 0: not known
	applied []uint64 // the same, as the live machine saw them; trusted only below what can be read back
	synced  uint64   // async mode: every LSN up to here was returned before a Sync that succeeded
	adopted uint64   // every LSN up to here was reported by an Open
	settled uint64   // entries up to this number were issued before that Open: their fate is known
	shaken  bool     // an fsync failed since: the page cache promises nothing any more
	digest  uint64

	foldedOf []uint64       // the entries that were folded last
	folded   map[string]any // and what came of them

	// The numbers of the entries by their exact bytes: of the restricted ones,
	// and of the others.
	restricted, unrestricted map[string]uint64
}

func newOracle(async bool) *oracle {
	o := &oracle{async: async, restricted: make(map[string]uint64), unrestricted: make(map[string]uint64)}
	if async {
		o.changed(1) // it promises something else
	}
	return o
}

// issue remembers an entry that is about to be appended and returns its
// number.
func (o *oracle) issue(kind stepKind, arg int) uint64 {
	o.entries = append(o.entries, issued{kind: kind, arg: arg})
	n := uint64(len(o.entries))
	o.changed(n)
	return n
}

// remember says which bytes an entry has.
func (o *oracle) remember(e engines.Entry, number uint64) { o.numbersOf(e)[string(e.Payload)] = number }

// numberOf finds an entry by its exact bytes; 0: no client appended them.
func (o *oracle) numberOf(e engines.Entry) uint64 { return o.numbersOf(e)[string(e.Payload)] }

func (o *oracle) numbersOf(e engines.Entry) map[string]uint64 {
	if e.Restricted {
		return o.restricted
	}
	return o.unrestricted
}

// learn changes what is known of an entry. What a client hears after the
// journal was opened anew comes too late to matter.
func (o *oracle) learn(number uint64, f fate) {
	if number <= o.settled {
		return
	}
	o.entries[number-1].fate = f
	o.changed(number<<8 | uint64(f))
}

// acknowledge remembers that an entry was acknowledged under that LSN. A
// breach is something that no crash is needed for: an LSN given twice, or none
// at all.
func (o *oracle) acknowledge(number, lsn uint64) error {
	if lsn == 0 || lsn > uint64(len(o.entries)) {
		return core.Breachf(nothingInvented, "entry %d was acknowledged with LSN %d, of %d entries in all", number, lsn, len(o.entries))
	}
	if number <= o.settled && o.async {
		return nil // true when it was said; an fsync may have failed since
	}
	if number <= o.settled && (o.entries[number-1].fate != acknowledged || o.entries[number-1].lsn != lsn) {
		return core.Breachf(acknowledgedDurable, "%s was acknowledged as LSN %d, but the Open that came before the client heard of it had not found it there", o.describe(number), lsn)
	}
	return o.settle(number, lsn)
}

// settle gives an entry its LSN.
func (o *oracle) settle(number, lsn uint64) error {
	e := &o.entries[number-1]
	e.fate, e.lsn = acknowledged, lsn
	for uint64(len(o.byLSN)) < lsn {
		o.byLSN = append(o.byLSN, 0)
	}
	if other := o.byLSN[lsn-1]; other != 0 && other != number {
		return core.Breachf(nothingInvented, "LSN %d was given to entry %d and to entry %d", lsn, other, number)
	}
	o.byLSN[lsn-1] = number
	o.changed(lsn)
	return nil
}

// sawApply remembers which entry the live machine was given under an LSN.
func (o *oracle) sawApply(number, lsn uint64) {
	for uint64(len(o.applied)) < lsn {
		o.applied = append(o.applied, 0)
	}
	o.applied[lsn-1] = number
	o.changed(number ^ lsn<<32)
}

// syncing returns what a Sync that begins now must make durable.
func (o *oracle) syncing() uint64 { return uint64(len(o.byLSN)) }

// hasSynced remembers that a Sync which began at that point succeeded.
func (o *oracle) hasSynced(upTo uint64) {
	o.synced = max(o.synced, upTo)
	o.changed(upTo)
}

// shake remembers that an fsync failed.
func (o *oracle) shake() {
	o.shaken = true
	o.changed(1)
}

func (o *oracle) changed(v uint64) {
	o.digest = (o.digest ^ v + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
	o.digest ^= o.digest >> 29
}

// recovered is what an Open of a crash image brought back.
type recovered struct {
	lsn     uint64   // of the last entry
	first   uint64   // the first LSN that could be read back
	numbers []uint64 // of the entries from first on; 0: bytes that no client appended
	state   map[string]any
}

func (r recovered) same(other recovered) bool {
	return r.lsn == other.lsn && r.first == other.first && slices.Equal(r.numbers, other.numbers) && sameState(r.state, other.state)
}

// promise is what recovery must reach, by law.
func (o *oracle) promise(kind vfs.CrashKind) (core.Law, uint64) {
	switch {
	case !o.async:
		return acknowledgedDurable, uint64(len(o.byLSN))
	case kind == vfs.ProcessCrash && !o.shaken:
		return asyncPrefix, uint64(len(o.byLSN))
	default:
		return asyncPrefix, max(o.synced, o.adopted)
	}
}

// judge compares what came back with what was promised.
func (o *oracle) judge(got recovered, kind vfs.CrashKind, suspended func(core.Law) bool) error {
	if kind == vfs.ProcessCrash && suspended(asyncPrefix+"/process-crash") {
		kind = vfs.PowerCut // an fsync failed: the page cache may have lost what it held
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

// sameState says whether two states are the same. All recoveries are compared,
// and hardly any differs: only then is it worth the time to say how.
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
// disk that lied may have lost the log and kept the snapshot: then the state is
// right, but no LSN goes with it.
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

// known is the number of the engines.Entry with that LSN, as a client was told or, if
// none was yet, as the live machine saw it; 0 if neither.
func (o *oracle) known(lsn uint64) uint64 {
	if number := o.at(lsn); number != 0 || lsn > uint64(len(o.applied)) {
		return number
	}
	return o.applied[lsn-1]
}

// lawOfState tells a restricted entry that mutated from other wrong states: it
// sets a name that nothing else sets.
func (o *oracle) lawOfState(state map[string]any) core.Law {
	if _, set := state[forbiddenName]; set {
		return privilegeKept
	}
	return nothingInvented
}

// sequence lists the numbers of the entries that came back, LSN by LSN.
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

func notAppended(lsn uint64) error {
	return core.Breachf(nothingInvented, "LSN %d came back with bytes that no client appended", lsn)
}

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

// errUnknown says that a disk which lied left nothing to go on from.
var errUnknown = errors.New("properties: what the journal holds can't be told any more")

// adopt takes over what an Open reported: from now on it counts as
// acknowledged, and whatever was in flight and is not in it is lost for good.
func (o *oracle) adopt(got recovered) error {
	numbers, err := o.sequence(got)
	if err != nil {
		return err
	}
	if !sameState(o.fold(numbers), got.state) {
		return errUnknown
	}
	for i := range o.entries {
		if e := &o.entries[i]; e.fate != refused {
			e.fate, e.lsn = refused, 0
		}
	}
	o.byLSN, o.applied = nil, numbers
	for i, number := range numbers {
		if err := o.settle(number, uint64(i+1)); err != nil {
			return err
		}
	}
	o.changed(got.lsn)
	o.adopted = got.lsn
	o.settled = uint64(len(o.entries))
	o.shaken = false
	o.synced = min(o.synced, got.lsn)
	return nil
}

func (o *oracle) at(lsn uint64) uint64 {
	if lsn == 0 || lsn > uint64(len(o.byLSN)) {
		return 0
	}
	return o.byLSN[lsn-1]
}

func (o *oracle) describe(number uint64) string {
	if number == 0 || number > uint64(len(o.entries)) {
		return "an entry that no client appended"
	}
	e := o.entries[number-1]
	return fmt.Sprintf("entry %d (%s, %s)", number, e.kind, e.fate)
}

// fold applies entries to plain Go values. Most recoveries come to the same
// entries as the one before. The state is not to be changed.
func (o *oracle) fold(numbers []uint64) map[string]any {
	if o.folded != nil && slices.Equal(numbers, o.foldedOf) {
		return o.folded
	}
	state := make(map[string]any)
	defer func() { o.folded, o.foldedOf = state, slices.Clone(numbers) }()
	for _, number := range numbers {
		e := o.entries[number-1]
		model(state, e.kind, e.arg, int64(number))
	}
	return state
}
