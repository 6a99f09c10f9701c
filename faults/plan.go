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
