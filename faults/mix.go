package faults

import (
	"slices"
	"strings"

	"powercut/vfs"
)

// Mix is a swarm: it draws for each run which kinds of fault are on and how
// strongly, and gives the plan. Runs differ in kind, not only in detail: many
// have no fault or one, few have several, so that one fault does not always
// hide behind another.
//
// The zero value draws from every kind, for any files, at the strength of a run
// of 200 operations.
type Mix struct {
	// Kinds that may be on; a kind listed twice is drawn twice as often. Nil
	// stands for DefaultKinds.
	Kinds []Kind
	// Paths are patterns of the files that a rule may aim at. Every second
	// rule aims at one of them, the others at any file.
	Paths []string
	// Disks are the names of the devices of a disk that has several. Every second rule
	// aims at one of them.
	Disks []string
	// Ops is about how many operations a run has: 0 stands for 200. The
	// fewer, the earlier and denser the faults.
	Ops uint64
	// SuspendingOneIn says that one in so many runs may have kinds that suspend
	// what was acknowledged (a disk that lies, or rots): such a run can show
	// less, so most runs do without. 0 stands for 6, 1 for every run.
	SuspendingOneIn uint64
	// QuietOneIn says that one in so many runs has no faults at all. 0 stands
	// for 4.
	QuietOneIn uint64
}

// DefaultKinds returns what a Mix without Kinds draws from: every kind of failing disk,
// and those that a journal is most likely to get wrong more than once. Those of the
// environment are to be asked for: append(DefaultKinds(), EnvironmentKinds()...).
func DefaultKinds() []Kind {
	kinds := []Kind{NoSpace, NoSpace, ShortWrite, WriteError, DropClean, DropClean, RenameError, KeepDirty}
	return append(kinds, Kinds()...)
}

// Plan draws a plan. A source that gives zeros gives a plan without rules.
func (m Mix) Plan(src vfs.Source) Plan {
	quiet := or(m.QuietOneIn, 4)
	if src.Uint64n(quiet) == 0 {
		return Plan{End: "no faults in this run"}
	}
	suspending := src.Uint64n(or(m.SuspendingOneIn, 6)) == or(m.SuspendingOneIn, 6)-1
	kinds := m.eligible(suspending)
	if len(kinds) == 0 {
		return Plan{End: "no faults in this run"}
	}
	// One rule in half of the runs, two in a quarter, and so on.
	n := 1
	for n < maxMixRules && src.Uint64n(2) == 1 {
		n++
	}
	var plan Plan
	for range n {
		k := kinds[src.Uint64n(uint64(len(kinds)))]
		plan.Rules = append(plan.Rules, m.rule(k, src))
	}
	// What an fsync dropped shows only when its pages are evicted.
	if plan.dropsPages() && slices.Contains(kinds, Evict) && src.Uint64n(2) == 1 {
		plan.Rules = append(plan.Rules, m.rule(Evict, src))
	}
	return plan
}

// dropsPages says whether a failed fsync may leave the cache and the medium at
// odds.
func (p Plan) dropsPages() bool {
	return slices.ContainsFunc(p.Rules, func(r Rule) bool {
		s := kinds[r.Kind].sync
		return r.ops().Has(vfs.OpSync) && (s == vfs.SyncDropClean || s == vfs.SyncDropPage || s == vfs.SyncNextFails)
	})
}

// maxMixRules bounds the length of a drawn plan, but for an eviction at its end.
const maxMixRules = 6

func or(n, otherwise uint64) uint64 {
	if n == 0 {
		return otherwise
	}
	return n
}

func (m Mix) eligible(suspending bool) []Kind {
	from := m.Kinds
	if from == nil {
		from = DefaultKinds()
	}
	var to []Kind
	for _, k := range from {
		if k.valid() && (suspending || !k.suspendsAcknowledged()) {
			to = append(to, k)
		}
	}
	return to
}

// suspendsAcknowledged tells the kinds that a sound journal can't withstand.
func (k Kind) suspendsAcknowledged() bool {
	for _, law := range kinds[k].suspends {
		if law == "acknowledged-durable" {
			return true
		}
	}
	return false
}

// rule draws a rule of kind k.
func (m Mix) rule(k Kind, src vfs.Source) Rule {
	r := Rule{Kind: k}
	if len(m.Paths) > 0 && src.Uint64n(2) == 1 {
		r.Path = m.Paths[src.Uint64n(uint64(len(m.Paths)))]
	}
	if len(m.Disks) > 0 && src.Uint64n(2) == 1 {
		r.Disk = m.Disks[src.Uint64n(uint64(len(m.Disks)))]
	}
	t := &kinds[k]
	if !t.whole {
		m.narrow(&r, src)
		m.strength(&r, src)
	}
	switch k {
	case Offline, ReadOnly:
		if !r.strikesOnce() {
			r.Times, r.Sticky = 1, false // it is off then
		}
	case Away: // between two operations, all of the time
		r = Rule{Kind: k, Disk: r.Disk, FirstSeq: 1 + src.Uint64n(m.ops())}
		r.LastSeq = r.FirstSeq + src.Uint64n(max(1, m.ops()/4))
	case TooManyOpen:
		r.Bytes = Fix(1 + int64(src.Uint64n(defaultHandles)))
	case Quota: // of a whole device: which directories there are nobody knows here
		r.Path, r.Bytes = "", Fix(int64(1+src.Uint64n(16))<<12)
	}
	if t.clauses&hasErrno != 0 && src.Uint64n(3) == 2 {
		if choices := otherErrnos[k]; len(choices) > 0 {
			r.Errno = choices[src.Uint64n(uint64(len(choices)))]
		}
	}
	if t.clauses&hasAfter != 0 {
		r.After = src.Uint64n(3) == 2
	}
	if k == NoSpace && r.ops().Has(vfs.OpWrite) && src.Uint64n(2) == 1 {
		// A budget small enough to be used up, at any byte of a record.
		r.Budget = 1 + int64(src.Uint64n(m.ops()*32))
	}
	if laws := k.Suspends(); len(laws) > 0 {
		r.Comment = "suspends " + strings.Join(laws, ", ")
	}
	return r
}

// narrow restricts a rule to one of its kinds of operation, now and then.
func (m Mix) narrow(r *Rule, src vfs.Source) {
	ops := kinds[r.Kind].ops
	var each []vfs.OpKind
	for _, o := range opNames {
		if ops.Has(o.kind) {
			each = append(each, o.kind)
		}
	}
	if len(each) > 1 && src.Uint64n(2) == 1 {
		r.Ops = OpsOf(each[src.Uint64n(uint64(len(each)))])
	}
}

func (m Mix) ops() uint64 { return or(m.Ops, 200) }

// strength draws when a rule strikes: once, now and then, at a steady pace, for
// a while, or from some point on.
func (m Mix) strength(r *Rule, src vfs.Source) {
	// An operation kind has a share of all operations only. Half of the draws
	// are from the first few matches: rare operations have no more.
	early := func() uint64 {
		if src.Uint64n(2) == 0 {
			return 1 + src.Uint64n(4)
		}
		return 1 + src.Uint64n(max(1, m.ops()/4))
	}
	switch src.Uint64n(7) {
	case 0, 1: // once
		r.From = early()
		r.Until = r.From
	case 2: // rarely
		r.Chance = Chance{1, 2 + src.Uint64n(max(1, m.ops()/4))}
	case 3: // often
		r.Chance = Chance{1, 2 + src.Uint64n(8)}
		r.Times = 1 + src.Uint64n(4)
	case 4: // at a steady pace
		r.Every = 2 + src.Uint64n(20)
	case 5: // for a while
		r.From = early()
		r.Until = r.From + src.Uint64n(8)
	case 6: // from some point until some other
		first := 1 + src.Uint64n(m.ops())
		r.FirstSeq, r.LastSeq = first, first+src.Uint64n(max(1, m.ops()/4))
		r.Chance = Chance{1, 1 + src.Uint64n(4)}
		r.Sticky = src.Uint64n(2) == 1
	}
}
