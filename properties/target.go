package properties

import (
	"strings"

	"powercut/properties/engines"
	"powercut/properties/engines/journal"
	"powercut/properties/engines/original"
	"powercut/properties/engines/pessimal"
	"powercut/sim/core"
)

// Target is a journal that simrun can test.
type Target struct{ driver engines.Driver }

// Journal is package journal, with the default state machine.
var Journal = Target{journal.Driver{}}

// Original is the port of the protocol that the journal's was modelled on,
// defects included.
var Original = Target{original.Driver{}}

// pessimalTarget is a journal that rewrites everything at each append: slow, and
// so simple that an accusation of it is a false alarm.
var pessimalTarget = Target{pessimal.Driver{}}

// targets lists them all.
var targets = []Target{Journal, Original, pessimalTarget}

// FindTarget returns the target of that name, or nil.
func FindTarget(name string) core.Target {
	for _, t := range targets {
		if t.Name() == name {
			return t
		}
	}
	return nil
}

// TargetNames lists the names that FindTarget knows.
func TargetNames() []string {
	var all []string
	for _, t := range targets {
		all = append(all, t.Name())
	}
	return all
}

// Name implements core.Target.
func (t Target) Name() string { return t.driver.Name() }

// CanaryPath implements campaign.Canary.
func (t Target) CanaryPath() string { return t.can().SyncedFile }

// ParseWorkload implements core.Target.
func (t Target) ParseWorkload(text string) (core.Workload, error) {
	if strings.HasPrefix(text, farLine) {
		w, err := parseFar(text)
		if err != nil {
			return nil, err // a nil *farWorkload must not become a non-nil interface
		}
		return w, nil
	}
	w, err := parseWorkload(text)
	if err != nil {
		return nil, err // likewise
	}
	w.driver = t.driver
	return w, nil
}

// Program implements core.Workload.
func (w *workload) Program() core.Program { return newProgram(w) }
