package sim

import (
	"fmt"
	"strings"

	"powercut/sim/core"
	"powercut/sim/explain"
)

// lastEvents is how many events before the crash a failure message shows.
const lastEvents = 25

func failureMessage(name string, cfg Config, result core.Result) string {
	v := result.Violation
	var b strings.Builder
	fmt.Fprintf(&b, "powercut: %s\n", v.Error())
	if v.Stack != "" {
		fmt.Fprintf(&b, "%s\n", v.Stack)
	}
	for _, crash := range v.Crashes {
		fmt.Fprintf(&b, "%s\n  its image: %s\n", crash.Title, crash.Choice)
		for _, lost := range crash.Lost {
			fmt.Fprintf(&b, "  lost in it: operation %s (%s)\n", lost, explain.Advice(lost))
		}
	}
	writeLast(&b, result.Events, v)
	fmt.Fprintf(&b, "profile: %s\nto repeat: sim.Config{%s} in %s", v.Profile, repeatConfig(cfg, v.Seed), name)
	return b.String()
}

// writeLast writes the last operations of the workload, and of each recovery that
// was crashed in turn, before the crash.
func writeLast(b *strings.Builder, events []core.Event, v *core.Violation) {
	epoch := len(v.Case.Epochs) - 1
	place := core.CrashPlace{Epoch: epoch, Epochs: len(v.Case.Epochs)}
	from := 0 // of the events: the recovery begins with the last image that was taken of what it recovers
	for ; place.Depth == 0 || place.Depth < len(v.Case.Epochs[epoch].Crashes); place.Depth++ {
		fmt.Fprintf(b, "the last operations of %s before it:\n", place.Level())
		var lines []string
		image := len(events)
		for i, e := range events[from:] {
			if e.Epoch != epoch || e.Depth != place.Depth {
				continue
			}
			switch e.Kind {
			case core.EventOp:
				lines = append(lines, operationLine(&e))
			case core.EventImage:
				image = from + i
			}
		}
		lines = lines[max(0, len(lines)-lastEvents):]
		b.WriteString(strings.Join(lines, ""))
		from = image
	}
}

func operationLine(e *core.Event) string {
	line := fmt.Sprintf("  %4d %-8s %s", e.Step, e.Op, e.Path)
	if e.To != "" {
		line += " -> " + e.To
	}
	if e.Len > 0 {
		line += fmt.Sprintf(" [%d, %d bytes]", e.Offset, e.Len)
	}
	if e.Err != "" {
		line += ": " + e.Err
	}
	if len(e.Stack) > 0 {
		line += "  at " + e.Stack[0].String()
	}
	return line + "\n"
}

// repeatConfig is a configuration as Go text, for one seed alone.
func repeatConfig(cfg Config, seed core.Seed) string {
	text := fmt.Sprintf("Seed: %s, Runs: 1", seed)
	if cfg.Profile != 0 {
		text += fmt.Sprintf(", Profile: %d /* %s */", cfg.Profile, cfg.Profile)
	}
	for _, f := range []struct {
		name  string
		value uint64
	}{{"Epochs", uint64(cfg.Epochs)}, {"Images", uint64(cfg.Images)}, {"Points", uint64(cfg.Points)}, {"Depth", uint64(cfg.Depth)}, {"StepBudget", cfg.StepBudget}} {
		if f.value != 0 {
			text += fmt.Sprintf(", %s: %d", f.name, f.value)
		}
	}
	if len(cfg.Plan.Rules) > 0 {
		text += ", Plan: …" // which is Go code: take it from the test
	}
	return text
}
