package core

import (
	"fmt"
	"slices"
	"strings"

	"powercut/faults"
)

// The laws that the simulator itself judges by, whatever the target is.
const (
	// Recovers: what Recover checks holds for every legal crash image. It is
	// what an error of an external engine's Recover is reported under.
	Recovers Law = "recovers"
	// Works: the workload itself found something wrong, without a crash.
	Works Law = "works"
	// NoPanic: the code under test doesn't panic.
	NoPanic Law = "no-panic"
	// Progress: the code under test neither deadlocks nor spends more
	// operations than its budget.
	Progress Law = "progress"
)

// LawInfo is one of the laws.
type LawInfo struct {
	Law      Law    `json:"law"`
	Judge    Judge  `json:"judge"`
	Sentence string `json:"sentence"` // what must hold
}

// Judge is who reports violations of a law.
type Judge string

// The judges.
const (
	ByTarget    Judge = "target"    // the oracle of a target, package properties' for one
	BySimulator Judge = "simulator" // the run itself, whatever the target is
)

// laws is the one list of them: what a case may be about, what --law takes, and
// what package properties judges by. It is in the order of the documentation.
var laws = []LawInfo{
	{"acknowledged-durable", ByTarget, "Once a call that promises durability returned nil, every legal crash image recovers what it did, in order."},
	{"nothing-invented", ByTarget, "Recovery yields only what was done and not refused, in its order (of a log's entries, a prefix): nothing else, and nothing twice."},
	{"async-prefix", ByTarget, "Where only Sync promises (async mode), recovery reaches at least the last successful one, and leaves no gap; after a process crash the journal has all that Append returned."},
	{"damage-refused", ByTarget, "Damage to bytes that something surviving claims durable is refused with a typed error; wrong data is never served."},
	{"tail-forgiven", ByTarget, "A torn suffix that was never acknowledged never stops recovery, and is kept aside or reported."},
	{"recovery-idempotent", ByTarget, "Recovering twice gives the same state and the same files, also when a recovery was interrupted."},
	{"fail-stop", ByTarget, "After a failed fsync nothing is acknowledged until the journal is opened anew."},
	{"space-returns", ByTarget, "A full disk refuses the entry and loses nothing; once there is space, Append works again without reopening."},
	{"liveness", ByTarget, "When the faults stop, Open succeeds and Append works."},
	{"read-errors-harmless", ByTarget, "A failed read during recovery is an I/O error, and changes nothing."},
	{"privilege-kept", ByTarget, "An entry appended as restricted is evaluated as restricted on every replay."},
	{"archives-kept", ByTarget, "Snapshots, rolls and archives never lose, repeat or overwrite an entry."},
	{"says-what-is-so", ByTarget, "Whatever the API tells is true at that moment, and typed as documented."},
	{"not-too-cautious", ByTarget, "What can be recovered, accepted or freed is, and nothing stays open behind Close or a failed Open."},
	{"one-owner", ByTarget, "A base is open once: a second Open is refused and changes nothing."},
	{Recovers, BySimulator, "Recovery returns no error of its own, and what a test's r.Recover checks is so, after every legal crash."},
	{Works, BySimulator, "What the workload does works, and what it checks is so, unless a fault or a crash is the reason."},
	{Progress, BySimulator, "Every actor and every recovery comes to its end: no deadlock, and no more operations than the budget."},
	{NoPanic, BySimulator, "The code under test does not panic."},
	{"bad-input", ByTarget, "Arbitrary bytes give a typed error, no panic, and no allocation beyond what the bytes justify."},
}

// Laws lists every law, in the order of the documentation.
func Laws() []LawInfo { return slices.Clone(laws) }

// Sentence says what the law asks for, in one sentence that tells it to somebody who
// has never heard of it. It is "" for a law of a target's own.
func (l Law) Sentence() string {
	for _, law := range laws {
		if law.Law == l {
			return law.Sentence
		}
	}
	return ""
}

// LawError says that there is no such law.
type LawError struct {
	Name    string
	Nearest Law // the one that was most likely meant, "" if none is near
}

func (e *LawError) Error() string {
	if e.Nearest != "" {
		return fmt.Sprintf("sim: there is no law %.40q; did you mean %q?", e.Name, e.Nearest)
	}
	var known []string
	for _, law := range laws {
		known = append(known, string(law.Law))
	}
	return fmt.Sprintf("sim: there is no law %.40q; there are: %s", e.Name, strings.Join(known, ", "))
}

// Judging is a Target that judges by laws of its own, beside those of Laws.
type Judging interface {
	Target
	OwnLaws() []LawInfo
}

// ParseLaw finds a law that a target can violate, by its name. A nil target is
// any of those that have no laws of their own. The error is a *LawError.
func ParseLaw(name string, target Target) (Law, error) {
	all := laws
	if t, ok := target.(Judging); ok {
		all = slices.Concat(all, t.OwnLaws())
	}
	var known []string
	for _, law := range all {
		if string(law.Law) != name {
			known = append(known, string(law.Law))
			continue
		}
		return law.Law, nil
	}
	nearest, _ := faults.Nearest(name, known)
	return "", &LawError{Name: name, Nearest: Law(nearest)}
}
