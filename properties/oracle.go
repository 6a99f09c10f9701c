package properties

import (
	"errors"
	"fmt"
	"slices"

	"powercut/properties/engines"
	"powercut/sim/core"
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

// issued is an entry as the oracle remembers it. Its number, from 1, is its index in
// the oracle's list plus one.
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
	byLSN   []uint64 // number of the entry known to have LSN index+1; 0: not known
	applied []uint64 // the same, as the live machine was given them; used only for entries that can't be read back any more
	synced  uint64   // async mode: every LSN up to here was returned before a Sync that succeeded
	adopted uint64   // every LSN up to here was reported by an Open
	purged  uint64   // entries up to this number were issued before the journal was removed, or cut
	settled uint64   // entries up to this number were issued before that Open: their fate is known
	shaken  bool     // an fsync failed since: the page cache promises nothing any more
	purging bool     // the journal is being removed: what comes back is all, or nothing
	pruning pruning  // what may have been removed
	before  promisedBefore
	loss    *loss    // of what rotted, and is given up
	ground  []uint64 // entries in a snapshot that stands by itself, without LSNs, and comes before all others
	rolls   []rolling
	digest  uint64 // changes whenever what is promised may have changed

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
	if number <= o.purged || number <= o.settled && o.async {
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

// sawApply remembers which entry the live machine was given under an LSN: one that
// was rolled and pruned can't be read back, but is in the snapshot.
func (o *oracle) sawApply(number, lsn uint64) {
	for uint64(len(o.applied)) < lsn {
		o.applied = append(o.applied, 0)
	}
	o.applied[lsn-1] = number
	o.changed(number ^ lsn<<32)
}

// syncing returns what a Sync that begins now must make durable.
func (o *oracle) syncing() uint64 { return uint64(len(o.byLSN)) }

// finds remembers that another program has left a snapshot, which holds the ground, of
// which there is no log, and covers the LSNs up to another one.
func (o *oracle) finds(ground []uint64, covered uint64) {
	o.ground, o.folded, o.pruning.covered = ground, nil, covered
	o.changed(uint64(len(ground)))
}

// hasSynced remembers that a Sync which began at that point succeeded.
func (o *oracle) hasSynced(upTo uint64) {
	o.synced = max(o.synced, upTo)
	o.changed(upTo)
}

// isDurable remembers that the journal said that every LSN up to there is durable.
func (o *oracle) isDurable(lsn uint64) {
	if o.async && lsn > o.synced {
		o.hasSynced(lsn)
	}
}

// purges remembers that the journal is being removed.
func (o *oracle) purges() {
	o.purging = true
	o.changed(5)
}

// shake remembers that an fsync failed, or may have: what was written since the last
// one may be gone from the page cache as well.
func (o *oracle) shake() {
	o.shaken = true
	o.changed(1)
}

// changed mixes what changed into the digest: an image that was judged at an oracle of
// the same digest is not judged again.
func (o *oracle) changed(v uint64) {
	o.digest = (o.digest ^ v + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
	o.digest ^= o.digest >> 29
}

// known is the number of the entry with that LSN: as a client was told or, if none was
// yet, as the live machine saw it; 0 if neither.
func (o *oracle) known(lsn uint64) uint64 {
	if number := o.at(lsn); number != 0 || lsn > uint64(len(o.applied)) {
		return number
	}
	return o.applied[lsn-1]
}

// errUnknown says that a disk which lied left nothing to go on from.
var errUnknown = errors.New("properties: what the journal holds can't be told any more")

// adopt takes over what an Open reported: from now on it counts as
// acknowledged, and whatever was in flight and is not in it is lost for good.
func (o *oracle) adopt(got recovered) error {
	if o.loss != nil && o.loss.alone {
		o.standsAlone()
	}
	numbers, err := o.sequence(got)
	if err != nil {
		return err
	}
	if !sameState(o.fold(numbers), got.state) && !(o.purging && len(got.state) == 0) {
		return errUnknown
	}
	if o.purging && len(got.state) == 0 && got.lsn == 0 {
		o.pruning, o.purged, o.ground, o.folded = pruning{}, uint64(len(o.entries)), nil, nil
	}
	if o.loss != nil {
		o.purged = uint64(len(o.entries)) // what clients hear late of them was true once
	}
	o.purging, o.loss = false, nil
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

// at is the number of the entry that a client was told has that LSN; 0 if none was.
func (o *oracle) at(lsn uint64) uint64 {
	if lsn == 0 || lsn > uint64(len(o.byLSN)) {
		return 0
	}
	return o.byLSN[lsn-1]
}

// describe names an entry in messages.
func (o *oracle) describe(number uint64) string {
	if number == 0 || number > uint64(len(o.entries)) {
		return "an entry that no client appended"
	}
	e := o.entries[number-1]
	return fmt.Sprintf("entry %d (%s, %s)", number, e.kind, e.fate)
}

// fold applies entries to plain Go values, behind the ground. The last result is kept,
// since most recoveries come to the same entries as the one before: nobody may change it.
func (o *oracle) fold(numbers []uint64) map[string]any {
	if o.folded == nil || !slices.Equal(numbers, o.foldedOf) {
		o.folded, o.foldedOf = o.foldOver(o.ground, numbers), slices.Clone(numbers)
	}
	return o.folded
}

// foldOver applies entries to plain Go values, behind others.
func (o *oracle) foldOver(ground, numbers []uint64) map[string]any {
	state := make(map[string]any)
	for _, some := range [][]uint64{ground, numbers} {
		for _, number := range some {
			e := o.entries[number-1]
			model(state, e.kind, e.arg, int64(number))
		}
	}
	return state
}
