package faults

import "strings"

// Burst is a device, or a cable, that is gone for a moment: the operations from
// number first on fail, n of them, whatever they are, and nothing of them is
// done. It suspends no law.
func Burst(first, n uint64) Plan {
	var plan Plan
	for _, kind := range Kinds() {
		if kind == KeepDirty || strings.HasSuffix(kind.String(), "-error") {
			plan.Rules = append(plan.Rules, Rule{Kind: kind, FirstSeq: first, LastSeq: first + n - 1})
		}
	}
	return plan
}
