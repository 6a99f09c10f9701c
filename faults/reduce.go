package faults

import (
	"iter"
	"slices"

	"powercut/vfs"
)

// Simpler gives plans that are simpler than p, the simplest first: none of its
// rules, half of them, all but one, and then all of them with one rule made
// plainer. A failure that is still there under one of them has a simpler case.
func (p Plan) Simpler() iter.Seq[Plan] {
	return func(yield func(Plan) bool) {
		n := len(p.Rules)
		if n == 0 || !yield(Plan{}) {
			return
		}
		for size := n / 2; size >= 1; size /= 2 {
			for from := 0; from < n; from += size {
				if n > 1 && !yield(p.without(from, min(from+size, n))) {
					return
				}
			}
		}
		for i := range p.Rules {
			for r := range p.Rules[i].plainer() {
				q := Plan{slices.Clone(p.Rules), p.End}
				q.Rules[i] = r
				if !yield(q) {
					return
				}
			}
		}
	}
}

func (p Plan) without(from, to int) Plan {
	p.Rules = slices.Delete(slices.Clone(p.Rules), from, to)
	return p
}

// plainer gives valid rules that say less than r, or ask for less.
func (r Rule) plainer() iter.Seq[Rule] {
	steps := []func(r *Rule){
		func(r *Rule) { r.Disk = "" },
		func(r *Rule) { r.After = false },
		func(r *Rule) { r.Errno = 0 },
		func(r *Rule) { r.Sticky = false },
		func(r *Rule) { r.Chance = Chance{} },
		func(r *Rule) { r.Every = 0 },
		func(r *Rule) {
			if r.Times == 0 || r.Times > 1 {
				r.Times = 1
			}
		},
		func(r *Rule) {
			if n, ok := r.Bytes.Value(); ok && n > 0 {
				r.Bytes = Fix(0)
			}
		},
		func(r *Rule) {
			if n, ok := r.Bytes.Value(); ok && n > 0 {
				r.Bytes = Fix(n / 2)
			}
		},
		func(r *Rule) { r.Sectors &= r.Sectors - 1 },
		func(r *Rule) {
			if n, ok := r.Bit.Value(); ok && n > 0 {
				r.Bit = Fix(n / 2)
			}
		},
		func(r *Rule) { r.Delay /= 2 },
		func(r *Rule) {
			if n, ok := r.Page.Value(); ok && n > 0 {
				r.Page = Fix(n / 2)
			}
		},
	}
	return func(yield func(Rule) bool) {
		for _, step := range steps {
			q := r
			step(&q)
			// Times is a matter of rules that strike more than once.
			if q.Times != r.Times && r.strikesOnce() {
				continue
			}
			if q == r || q.Validate() != nil || r.Sectors != 0 && q.Sectors == 0 {
				continue
			}
			if !yield(q) {
				return
			}
		}
	}
}

func (r *Rule) strikesOnce() bool {
	return r.Times == 1 || r.FirstSeq != 0 && r.FirstSeq == r.LastSeq || r.From != 0 && r.From == r.Until
}

// ByCount returns the plan with every rule that is bound to the number of an
// operation bound to a count instead: the third fsync of that file, not
// operation 17. Ops are the operations that the rules struck at, of one disk in
// the order in which the injector saw them. On these operations both plans do
// the same; but a count still means the same when something unrelated is taken
// out of the program, so it's what a failure is reduced with.
//
// Rules that match none of the operations, and rules that aren't bound to just
// one, stay as they are.
func (p Plan) ByCount(ops []vfs.Op) Plan {
	rules := slices.Clone(p.Rules)
	for i := range rules {
		r := &rules[i]
		plain := r.Budget == 0 && r.From == 0 && r.Until == 0 && r.Every == 0 && r.Chance == Chance{}
		if r.FirstSeq == 0 || r.FirstSeq != r.LastSeq || !plain {
			continue
		}
		if n := r.countAt(ops, r.FirstSeq); n > 0 {
			r.FirstSeq, r.LastSeq = 0, 0
			r.From, r.Until, r.Sticky = n, n, false
		}
	}
	p.Rules = rules
	return p
}

// countAt returns which match of the rule the operation of that number is, 0 if
// it's none.
func (r *Rule) countAt(ops []vfs.Op, seq uint64) uint64 {
	path, err := compilePattern(r.Path)
	if err != nil {
		return 0
	}
	newPath, err := compilePattern(r.NewPath)
	if err != nil {
		return 0
	}
	strikes, n := r.ops(), uint64(0)
	for i := range ops {
		op := &ops[i]
		if !strikes.Has(op.Kind) || !r.isOn(op) || !path.match(op.Path) || r.NewPath != "" && !newPath.match(op.NewPath) {
			continue
		}
		n++
		if op.Seq == seq {
			return n
		}
	}
	return 0
}
