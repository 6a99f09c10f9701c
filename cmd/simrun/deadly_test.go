package main

import (
	"powercut/properties"
	"powercut/sim/core"
)

// deadly is the journal, but for a few seeds that end their process, or never
// end.
type deadly struct{ core.Target }

func (deadly) Name() string { return "deadly" }

func (d deadly) Draw(streams core.Streams) core.Scenario {
	switch streams("fate").Uint64n(64) {
	case 0:
		go panic("in a goroutine that nobody can recover")
		select {}
	case 1:
		<-make(chan struct{})
	}
	return d.Target.Draw(streams)
}

// findInScripts is what simrun finds its targets by in scripts: the toys are there for
// what is true of any target, and cost less.
func findInScripts(name string) core.Target {
	if name == "deadly" {
		return deadly{properties.Journal}
	}
	for _, toy := range toys {
		if name == toy.Name() {
			return toy
		}
	}
	return knownTarget(name)
}
