package properties

import (
	"powercut/sim/core"
)

// The laws that the journal is judged by. Their names are what a violation is
// reported under; sim.Laws has all of them in one list.
const (
	// AcknowledgedDurable: in sync mode, once Append returned nil, every legal
	// crash image recovers that entry, in order.
	AcknowledgedDurable core.Law = "acknowledged-durable"
	// NothingInvented: recovery yields a prefix, in LSN order, of all entries
	// that were not refused; nothing else, nothing twice.
	NothingInvented core.Law = "nothing-invented"
	// AsyncPrefix: in async mode recovery reaches at least the last successful
	// Sync; after a process crash, all that Append returned.
	AsyncPrefix core.Law = "async-prefix"
	// DamageRefused: damage to bytes that something later claims durable is
	// refused with a typed error, and wrong data is never served.
	DamageRefused core.Law = "damage-refused"
	// TailForgiven: a torn suffix that was never acknowledged never stops
	// recovery.
	TailForgiven core.Law = "tail-forgiven"
	// RecoveryIdempotent: recovering twice gives the same state and files, also
	// if the first recovery was itself interrupted.
	RecoveryIdempotent core.Law = "recovery-idempotent"
	// FailStop: after a failed fsync nothing is acknowledged until the journal
	// is opened anew.
	FailStop core.Law = "fail-stop"
	// SpaceReturns: ENOSPC refuses, and once there is space Append works again
	// without reopening.
	SpaceReturns core.Law = "space-returns"
	// Liveness: when the faults stop, Open succeeds and Append works.
	Liveness core.Law = "liveness"
	// ReadErrorsHarmless: a failed read during recovery is an I/O error, and
	// changes nothing.
	ReadErrorsHarmless core.Law = "read-errors-harmless"
	// PrivilegeKept: an entry appended as restricted is evaluated as restricted
	// on every replay.
	PrivilegeKept core.Law = "privilege-kept"
	// ArchivesKept: snapshot, roll and archives never lose, repeat or overwrite
	// an entry.
	ArchivesKept core.Law = "archives-kept"
	// NotTooCautious: what can be recovered, accepted or freed is, and nothing
	// stays open behind Close, or behind an Open that failed.
	NotTooCautious core.Law = "not-too-cautious"
	// BadInput: arbitrary bytes give a typed error, no panic, and no allocation
	// beyond what the bytes justify.
	BadInput core.Law = "bad-input"
)

// Laws lists them all, in the order of the documentation: of the laws that
// package sim knows, those that a target judges by.
var Laws = targetLaws()

func targetLaws() []core.Law {
	var all []core.Law
	for _, law := range core.Laws() {
		if law.Judge == core.ByTarget {
			all = append(all, law.Law)
		}
	}
	return all
}
