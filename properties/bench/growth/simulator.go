package main

import (
	"fmt"
	"strings"
	"time"

	"powercut/properties"
	"powercut/sim/core"
	"powercut/vfs"
)

// pushes is a workload of clients that append so many entries together.
func pushes(entries, clients int) core.Workload {
	var b strings.Builder
	b.WriteString("mode sync\nepoch\n")
	for c := range clients {
		b.WriteString("\tclient" + strings.Repeat(" push", (entries+c)/clients) + "\n")
	}
	w, err := properties.Journal.ParseWorkload(b.String())
	if err != nil {
		panic(err) // the text is ours
	}
	return w
}

// caseOf is a run of a workload that is crashed where it says, and nowhere else.
func caseOf(w core.Workload, crashes ...core.CrashPoint) *core.Case {
	return &core.Case{Target: properties.Journal.Name(), Workload: w, Sector: 512, Epochs: []core.CaseEpoch{{Crashes: crashes}}}
}

// stopwatch is a workload that times how its program judges what a crash left.
type stopwatch struct {
	core.Workload
	judged int
	took   time.Duration
}

type timedProgram struct {
	core.Program
	s *stopwatch
}

func (s *stopwatch) Program() core.Program { return timedProgram{s.Workload.Program(), s} }

func (p timedProgram) Recover(r *core.Run, c *core.Crash) error {
	start := time.Now()
	err := p.Program.Recover(r, c)
	p.s.took = time.Since(start)
	p.s.judged++
	return err
}

// reproductions is how often a case that holds is run: once for its own law, and
// once for all others.
const reproductions = 2

// followed runs a case that must hold.
func followed(c *core.Case) (core.Result, error) {
	r := core.Reproduce(c, false)
	switch {
	case r.Violation != nil:
		return r, fmt.Errorf("the journal broke a law: %w", r.Violation)
	case r.Missed:
		return r, fmt.Errorf("the case did not come to its crash")
	}
	return r, nil
}

// judging is a subject of one recovery, with all checks, at the end of a run of
// so many entries.
func judging(n int) (*subject, error) {
	plain, err := followed(caseOf(pushes(n, 1)))
	if err != nil {
		return nil, err
	}
	s := &stopwatch{Workload: pushes(n, 1)}
	c := caseOf(s, core.CrashPoint{Step: plain.Operations + 1, Choice: vfs.Choice{Kind: vfs.PowerCut, Profile: vfs.POSIX}})
	return &subject{
		before: func() error { s.judged = 0; return nil },
		run: func() error {
			_, err := followed(c)
			if err == nil && s.judged != reproductions {
				err = fmt.Errorf("judged %d images, want %d", s.judged, reproductions)
			}
			return err
		},
		took: func() time.Duration { return s.took },
	}, nil
}

// uncrashed is a subject of a run without a crash.
func uncrashed(entries, clients int) *subject {
	c := caseOf(pushes(entries, clients))
	operations, took := 0, time.Duration(0)
	return &subject{
		run: func() error {
			start := time.Now()
			r, err := followed(c)
			operations, took = int(r.Operations), time.Since(start)/reproductions
			return err
		},
		took: func() time.Duration { return took },
		size: func() int {
			if clients > 1 {
				return clients
			}
			return operations
		},
	}
}

// crashed is a subject of a run that is crashed at its operations, as a
// campaign's is.
func crashed(entries, depth int) *subject {
	s := core.Scenario{Target: properties.Journal.Name(), Workload: pushes(entries, 1), Settings: core.Settings{Profile: vfs.POSIX, Depth: depth}}
	operations := 0
	return &subject{
		run: func() error {
			r := core.Execute(1, s, false)
			if r.Violation != nil {
				return fmt.Errorf("the journal broke a law: %w", r.Violation)
			}
			return nil
		},
		// Those of the clients alone: what recoveries do is what is measured.
		size: func() int {
			if operations == 0 {
				if r, err := followed(caseOf(s.Workload)); err == nil {
					operations = int(r.Operations)
				}
			}
			return max(1, operations)
		},
	}
}

// actorEntries is how many entries the clients of a run append together.
const actorEntries = 512

func simulatorSeries() []series {
	sizes := halfDecades(10, 3000)
	of := func(name, of string, sizes []int, prepare func(n int) (*subject, error)) series {
		return series{group: groupSimulator, name: name, of: of, sizes: sizes, prepare: prepare}
	}
	return []series{
		of("judge one image, all checks", "entries", sizes, judging),
		of("run without crashes", "operations", sizes, func(n int) (*subject, error) { return uncrashed(n, 1), nil }),
		of("run with crashes", "operations", sizes, func(n int) (*subject, error) { return crashed(n, 0), nil }),
		of("run with crashes of recoveries", "operations", sizes, func(n int) (*subject, error) { return crashed(n, 1), nil }),
		of(fmt.Sprintf("run of %d entries without crashes", actorEntries), "clients", powers(2, 256, 2), func(n int) (*subject, error) { return uncrashed(actorEntries, n), nil }),
	}
}
