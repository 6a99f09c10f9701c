package properties

import "powercut/sim/core"

// The laws that the journal is judged by. Their names are what a violation is
// reported under; core.Laws has all laws in one list.
const (
	// acknowledgedDurable: in sync mode, once Append returned nil, every legal
	// crash image recovers that entry, in order.
	acknowledgedDurable core.Law = "acknowledged-durable"
	// nothingInvented: recovery yields a prefix, in LSN order, of all entries
	// that were not refused; nothing else, nothing twice.
	nothingInvented core.Law = "nothing-invented"
	// asyncPrefix: in async mode recovery reaches at least the last successful
	// Sync; after a process crash, all that Append returned.
	asyncPrefix core.Law = "async-prefix"
	// damageRefused: damage to bytes that something later claims durable is
	// refused with a typed error, and wrong data is never served.
	damageRefused core.Law = "damage-refused"
	// tailForgiven: a torn suffix that was never acknowledged never stops
	// recovery.
	tailForgiven core.Law = "tail-forgiven"
	// recoveryIdempotent: recovering twice gives the same state and files, also
	// if the first recovery was itself interrupted.
	recoveryIdempotent core.Law = "recovery-idempotent"
	// failStop: after a failed fsync nothing is acknowledged until the journal
	// is opened anew.
	failStop core.Law = "fail-stop"
	// spaceReturns: ENOSPC refuses, and once there is space Append works again
	// without reopening.
	spaceReturns core.Law = "space-returns"
	// liveness: when the faults stop, Open succeeds and Append works.
	liveness core.Law = "liveness"
	// readErrorsHarmless: a failed read during recovery is an I/O error, and
	// changes nothing.
	readErrorsHarmless core.Law = "read-errors-harmless"
	// privilegeKept: an entry appended as restricted is evaluated as restricted
	// on every replay.
	privilegeKept core.Law = "privilege-kept"
	// archivesKept: snapshot, roll and archives never lose, repeat or overwrite
	// an entry.
	archivesKept core.Law = "archives-kept"
	// notTooCautious: what can be recovered, accepted or freed is, and nothing
	// stays open behind Close, or behind an Open that failed.
	notTooCautious core.Law = "not-too-cautious"
	// saysWhatIsSo: whatever the API tells is true at that moment, and typed as
	// documented.
	saysWhatIsSo core.Law = "says-what-is-so"
	// oneOwner: a base is open once; a second Open is refused and changes nothing.
	oneOwner core.Law = "one-owner"
	// badInput: arbitrary bytes give a typed error, no panic, and no allocation
	// beyond what the bytes justify.
	badInput core.Law = "bad-input"
)

// laws lists them all, in the order of the documentation: of the laws that
// package core knows, those that a target judges by.
var laws = targetLaws()

func targetLaws() []core.Law {
	var all []core.Law
	for _, law := range core.Laws() {
		if law.Judge == core.ByTarget {
			all = append(all, law.Law)
		}
	}
	return all
}
