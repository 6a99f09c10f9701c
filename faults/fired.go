package faults

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"powercut/vfs"
)

// Firing is one fault that struck.
type Firing struct {
	Index   int    // of the rule in the plan, from 0
	Match   uint64 // how many operations had matched the rule by then, this one included
	Op      vfs.Op // that it struck
	Outcome vfs.Outcome
	// Rule strikes this one operation, by its number, in this very way. It
	// leaves nothing open.
	Rule Rule
}

// String tells what struck what: "17 sync /a.log: drop-clean errno=EIO".
func (f Firing) String() string {
	r := f.Rule
	r.Ops, r.Path, r.NewPath, r.FirstSeq, r.LastSeq = 0, "", "", 0, 0
	target := ""
	if f.Op.NewPath != "" {
		target = " to " + f.Op.NewPath
	}
	return fmt.Sprintf("%d %s %s%s: %s", f.Op.Seq, OpsOf(f.Op.Kind), f.Op.Path, target, r.line())
}

// Log returns every fault that struck so far, in the order in which they did. The
// slice is the injector's own.
func (in *Injector) Log() []Firing {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.log
}

// Struck returns the kind of the fault that struck an operation: for whoever sees
// the operation end, and wants to know why. Of several it is the last, and latency
// or an eviction only if nothing else struck. It returns false if the operation
// went undisturbed, or is not one of the latest.
func (in *Injector) Struck(seq uint64) (Kind, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	kind := Kind(0)
	// Operations may overlap, so the one asked for need not be the very last.
	for i := len(in.log) - 1; i >= max(0, len(in.log)-64); i-- {
		f := &in.log[i]
		if f.Op.Seq+64 < seq {
			break
		}
		if f.Op.Seq == seq && (kind == 0 || kinds[kind].beside) {
			kind = f.Rule.Kind
		}
	}
	return kind, kind != 0
}

// Delayed returns the sum of all latencies so far: how much a simulated clock
// is ahead of one that ran on an undisturbed disk.
func (in *Injector) Delayed() time.Duration {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.delayed
}

// Fired returns the plan that names each fault that struck by the number of
// the operation. On the same operations it does without a source what this
// injector did with one, so it is what a case on file holds.
func (in *Injector) Fired() Plan {
	in.mu.Lock()
	defer in.mu.Unlock()
	var plan Plan
	for i := range in.log {
		plan.Rules = append(plan.Rules, in.log[i].Rule)
	}
	return plan
}

// Count is what became of the rules of a kind, or of one rule. A rule may strike
// any number of operations, so rules and operations are counted apart: Fired is
// at most Scheduled, Struck is at most Matched and at least Fired.
type Count struct {
	Scheduled uint64 `json:"scheduled"` // rules in the plans
	Fired     uint64 `json:"fired"`     // of those rules, the ones that struck at least one operation
	Matched   uint64 `json:"matched"`   // operations that one of the rules could have struck
	Struck    uint64 `json:"struck"`    // of those operations, the ones that one did strike
}

// Add returns the sum.
func (c Count) Add(other Count) Count {
	return Count{c.Scheduled + other.Scheduled, c.Fired + other.Fired, c.Matched + other.Matched, c.Struck + other.Struck}
}

// Counts returns the counts of every kind in the plan.
func (in *Injector) Counts() map[Kind]Count {
	in.mu.Lock()
	defer in.mu.Unlock()
	counts := make(map[Kind]Count)
	for i := range in.rules {
		k := in.rules[i].Kind
		counts[k] = counts[k].Add(in.rules[i].count())
	}
	return counts
}

// RuleCount is what became of one rule.
type RuleCount struct {
	Rule Rule
	Count
}

// RuleCounts returns the counts of each rule, in the order of the plan.
func (in *Injector) RuleCounts() []RuleCount {
	in.mu.Lock()
	defer in.mu.Unlock()
	counts := make([]RuleCount, len(in.rules))
	for i := range in.rules {
		counts[i] = RuleCount{in.rules[i].Rule, in.rules[i].count()}
	}
	return counts
}

func (s *ruleState) count() Count {
	return Count{Scheduled: 1, Fired: min(1, s.fired), Matched: s.matched, Struck: s.fired}
}

// NeverFired returns the rules that didn't strike, in the order of the plan. A
// test of a fault that never struck has tested nothing.
func (in *Injector) NeverFired() []Rule {
	in.mu.Lock()
	defer in.mu.Unlock()
	var rules []Rule
	for i := range in.rules {
		if in.rules[i].fired == 0 {
			rules = append(rules, in.rules[i].Rule)
		}
	}
	return rules
}

// Report is a table for a person: each rule, how many operations matched it and
// how many it struck, those that never struck first.
func (in *Injector) Report() string {
	counts := in.RuleCounts()
	slices.SortStableFunc(counts, func(a, b RuleCount) int {
		switch {
		case a.Fired == 0 && b.Fired != 0:
			return -1
		case a.Fired != 0 && b.Fired == 0:
			return 1
		}
		return 0
	})
	var b strings.Builder
	for _, c := range counts {
		verdict := fmt.Sprintf("struck %d of %d", c.Struck, c.Matched)
		switch {
		case c.Matched == 0:
			verdict = "no operation matched"
		case c.Fired == 0:
			verdict = fmt.Sprintf("never struck, %d matched", c.Matched)
		}
		fmt.Fprintf(&b, "%-28s %s\n", verdict, c.Rule.line())
	}
	return b.String()
}
