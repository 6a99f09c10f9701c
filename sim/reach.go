package sim

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"powercut/sim/core"
)

// Sometimes says that in some run of a test a condition is to hold when somebody comes
// here, in the workload, the recovery or the engine: that a log was rolled, or a retry
// was needed. A test of which no run has seen that fails, since it does not test what it
// seems to. The name, a plain string, tells it from others.
func (r *Run) Sometimes(name string, cond bool) { r.program.comesTo("Sometimes", name, cond) }

// Reachable says that in some run of a test somebody is to come here, like
// Sometimes(name, true). A call in the body of the test is known even if nobody ever
// comes to it; one elsewhere is not.
func (r *Run) Reachable(name string) { r.program.comesTo("Reachable", name, true) }

// comesTo notes that somebody came to a call: for the run, and for all runs of the test.
func (p *goProgram) comesTo(call, name string, holds bool) {
	p.reach.note(call, name, holds)
	p.code.reach.note(call, name, holds)
}

// Reaches implements core.Reacher.
func (p *goProgram) Reaches() core.Reaches {
	p.reach.mu.Lock()
	defer p.reach.mu.Unlock()
	var all core.Reaches
	for _, points := range []map[string]reachPoint{p.reach.points, p.code.written()} {
		for name, point := range points {
			if _, known := all[name]; known {
				continue
			}
			if all == nil {
				all = make(core.Reaches)
			}
			all[name] = core.Reach{Call: point.call, Place: point.place, Reached: point.reached}
		}
	}
	return all
}

// written is what the source of the body asks for.
func (t *target) written() map[string]reachPoint { return writtenIn(t.body) }

// reach is what the runs of a test are to come to, by name.
type reach struct {
	mu     sync.Mutex
	points map[string]reachPoint
}

type reachPoint struct {
	call, place string
	reached     bool
}

// note notes that somebody came to a call, three frames above.
func (c *reach) note(call, name string, holds bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, known := c.points[name]
	if known && (p.reached || !holds) {
		return
	}
	if !known {
		_, file, line, _ := runtime.Caller(3)
		p = reachPoint{call: call, place: placeOf(file, line)}
	}
	p.reached = holds
	c.add(name, p)
}

func (c *reach) add(name string, p reachPoint) {
	aside(func() {
		if c.points == nil {
			c.points = make(map[string]reachPoint)
		}
		c.points[name] = p
	})
}

// reached is a point as one process tells another of it.
type reached struct {
	Name, Call, Place string
	Reached           bool
}

// tell returns all points that are known.
func (c *reach) tell() (all []reached) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, p := range c.points {
		all = append(all, reached{name, p.call, p.place, p.reached})
	}
	return all
}

// hear adds what another process knows.
func (c *reach) hear(all []reached) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range all {
		c.add(p.Name, reachPoint{p.Call, p.Place, p.Reached || c.points[p.Name].reached})
	}
}

// missed lists what no run came to, in the order of the names: what was come to without
// the condition, and what the source of the body says.
func (c *reach) missed(written map[string]reachPoint) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, p := range written {
		if _, known := c.points[name]; !known {
			c.add(name, p)
		}
	}
	var all []string
	for name, p := range c.points {
		if !p.reached {
			all = append(all, fmt.Sprintf("  %q: r.%s at %s", name, p.call, p.place))
		}
	}
	slices.Sort(all)
	return all
}

// unreached says what a test of so many runs never came to, "" if it came to
// everything.
func (t *target) unreached(runs uint64) string {
	missed := t.reach.missed(t.written())
	if len(missed) == 0 {
		return ""
	}
	return fmt.Sprintf("powercut: %s proves nothing of what no run came to, of %d:\n%s\n"+
		"Let the workload lead there (draw more, or run more seeds), or remove the call.", t.test.Test, runs, strings.Join(missed, "\n"))
}

// placeOf is a line of source as a reader of the test's output finds it.
func placeOf(file string, line int) string {
	if dir, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(dir, file); err == nil && !strings.HasPrefix(rel, "..") {
			file = rel
		}
	}
	return fmt.Sprintf("%s:%d", filepath.ToSlash(file), line)
}
