package faults

import (
	"slices"
)

// Plan is a list of rules: all the faults of a run. The zero value has none.
//
// Its text form, see String and Parse, means the same in every version of this
// package, so that a case on file can hold it.
type Plan struct {
	Rules []Rule
	End   string // comment below the last rule
}

// Merge returns a plan of the rules of all plans in their order. As the first
// rule that strikes wins, earlier plans go before later ones. Each rule counts
// its own matches, so it strikes the same ones as it did alone, save those that
// an earlier rule has struck.
func Merge(plans ...Plan) Plan {
	var merged Plan
	for _, p := range plans {
		merged.Rules = append(merged.Rules, p.Rules...)
		if p.End != "" {
			if merged.End != "" {
				merged.End += "\n"
			}
			merged.End += p.End
		}
	}
	return merged
}

// Append returns the plan with more rules behind its own.
func (p Plan) Append(rules ...Rule) Plan {
	p.Rules = append(slices.Clip(p.Rules), rules...)
	return p
}

// Validate returns the *RuleError of the first rule that makes no sense.
func (p Plan) Validate() error {
	for i := range p.Rules {
		if err := p.Rules[i].Validate(); err != nil {
			return err
		}
	}
	return nil
}
