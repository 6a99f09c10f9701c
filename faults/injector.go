package faults

import (
	"fmt"
	"sync"
	"time"

	"powercut/vfs"
)

// Injector makes the faults of a plan happen. It implements vfs.Injector for
// one disk.
//
// Given the same plan, the same numbers from its source and the same
// operations, it does the same. Its methods may be called at once: an engine's own
// goroutine may be at work on the disk while somebody asks what has struck so far.
type Injector struct {
	mu    sync.Mutex // held for all but what NewInjector set once and for all
	src   vfs.Source
	rules []ruleState
	// byOp holds for each kind of operation the rules that care for it, in the
	// order of the plan. Rules that strike at one operation by its number,
	// which is all that Fired returns, are found by that number instead: there
	// may be thousands.
	byOp  [maxOpKind][]int32
	bySeq map[uint64][]int32
	log   []Firing
	// delayed is the sum of all latencies.
	delayed time.Duration
	// recent are paths that were written to, for misdirected writes to land in.
	recent     [8]string
	recentNext int
	seesWrites bool // somebody needs recent
}

// ruleState is a rule and what became of it so far.
type ruleState struct {
	Rule
	path, newPath pattern
	strikes       Ops // Rule.ops
	spent         int64
	matched       uint64
	fired         uint64
}

// NewInjector returns an Injector for the plan, which draws whatever the plan
// leaves open from src. A nil src gives 0 each time: every chance is taken, and
// every number is the smallest; the plans that Injector.Fired returns leave
// nothing open. It panics if a rule of the plan is not valid, see
// Plan.Validate; Parse and Mix return none such.
func NewInjector(plan Plan, src vfs.Source) *Injector {
	if src == nil {
		src = zeroSource{}
	}
	in := &Injector{src: src, rules: make([]ruleState, len(plan.Rules))}
	for i, r := range plan.Rules {
		if err := r.Validate(); err != nil {
			panic(err)
		}
		s := &in.rules[i]
		s.Rule = r
		s.strikes = r.ops()
		s.path, _ = compilePattern(r.Path)
		s.newPath, _ = compilePattern(r.NewPath)
		in.seesWrites = in.seesWrites || r.Kind == MisdirectedWrite && r.At == 0
		if r.FirstSeq != 0 && r.FirstSeq == r.LastSeq && r.Budget == 0 {
			if in.bySeq == nil {
				in.bySeq = make(map[uint64][]int32)
			}
			in.bySeq[r.FirstSeq] = append(in.bySeq[r.FirstSeq], int32(i))
			continue
		}
		cares := s.strikes
		if r.Budget != 0 {
			cares |= OpsOf(vfs.OpWrite) // which use the budget up
		}
		for k := range vfs.OpKind(maxOpKind) {
			if cares.Has(k) {
				in.byOp[k] = append(in.byOp[k], int32(i))
			}
		}
	}
	return in
}

type zeroSource struct{}

func (zeroSource) Uint64n(uint64) uint64 { return 0 }

// Inject implements vfs.Injector.
func (in *Injector) Inject(op vfs.Op) vfs.Outcome {
	var out vfs.Outcome
	if op.Kind >= maxOpKind {
		return out
	}
	some, exact := in.byOp[op.Kind], in.bySeq[op.Seq]
	if len(some) == 0 && len(exact) == 0 && !in.seesWrites {
		return out
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	struck := false // by a kind that leaves nothing to the others
	for len(some) > 0 || len(exact) > 0 {
		var i int32
		if len(exact) == 0 || len(some) > 0 && some[0] < exact[0] {
			i, some = some[0], some[1:]
		} else {
			i, exact = exact[0], exact[1:]
		}
		struck = in.consider(&in.rules[i], int(i), &op, &out, struck) || struck
	}
	if in.seesWrites && op.Kind == vfs.OpWrite {
		in.remember(op.Path)
	}
	return out
}

// consider lets one rule have its say. It returns true if the rule struck and
// no other may.
func (in *Injector) consider(s *ruleState, index int, op *vfs.Op, out *vfs.Outcome, struck bool) bool {
	if op.Seq < s.FirstSeq || s.LastSeq != 0 && op.Seq > s.LastSeq || !s.isOn(op) || !s.path.match(op.Path) ||
		s.NewPath != "" && !s.newPath.match(op.NewPath) {
		return false
	}
	room, over := s.overBudget(op)
	if !over || !s.strikes.Has(op.Kind) {
		return false
	}
	s.matched++
	beside := kinds[s.Kind].beside
	if struck && !beside || !in.strikes(s) {
		return false
	}
	effect, exact, ok := in.effect(s, op, room)
	if !ok {
		return false
	}
	s.fired++
	if beside {
		out.Latency += effect.Latency
		in.delayed += effect.Latency
		out.Evict = out.Evict || effect.Evict
		out.Beside = out.Beside.With(effect.Beside)
	} else {
		effect.Latency, effect.Evict, effect.Beside = out.Latency, out.Evict, out.Beside
		*out = effect
	}
	in.log = append(in.log, Firing{Index: index, Match: s.matched, Op: *op, Rule: exact, Outcome: effect})
	return !beside
}

// overBudget says whether the rule's budget is used up, or is by this write,
// and how many bytes of the write it still has room for.
func (s *ruleState) overBudget(op *vfs.Op) (room int64, over bool) {
	if s.Budget == 0 {
		return 0, true
	}
	room = s.Budget - s.spent
	if op.Kind != vfs.OpWrite {
		return 0, room == 0
	}
	if op.Len <= room {
		s.spent += op.Len
		return 0, false
	}
	s.spent = s.Budget
	return room, true
}

// strikes decides about a match.
func (in *Injector) strikes(s *ruleState) bool {
	n := s.matched
	switch {
	case s.Times != 0 && s.fired >= s.Times, s.Until != 0 && n > s.Until:
		return false
	case s.Sticky && s.fired > 0:
		return true
	}
	from := max(s.From, 1)
	if n < from || s.Every > 1 && (n-from+1)%s.Every != 0 {
		return false
	}
	return s.Chance.Den == 0 || in.src.Uint64n(s.Chance.Den) < s.Chance.Num
}

func (in *Injector) remember(path string) {
	for i := range in.recent {
		if in.recent[i] == path {
			return
		}
	}
	in.recent[in.recentNext] = path
	in.recentNext = (in.recentNext + 1) % len(in.recent)
}

// String says how many faults the plan had and how many struck.
func (in *Injector) String() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return fmt.Sprintf("%d rules, %d faults", len(in.rules), len(in.log))
}
