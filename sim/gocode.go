package sim

import (
	"errors"
	"time"

	"powercut/sim/core"
	"powercut/sim/internal/hash"
)

// goCode is a workload given as a function: the body of a Test.
type goCode struct {
	body      func(r *Run)
	hangAfter time.Duration
}

// HangAfter implements core.External: an engine may start goroutines of its own.
func (g goCode) HangAfter() time.Duration { return g.hangAfter }

func (g goCode) String() string { return "(Go code)\n" }

func (g goCode) Operations() int { return 50 }

func (g goCode) Program() core.Program { return &goProgram{body: g.body} }

type goProgram struct {
	body func(r *Run)
	run  *Run
}

func (p *goProgram) Epoch(r *core.Run, epoch int) {
	if epoch == 0 {
		p.run = &Run{run: r}
		p.body(p.run)
	}
	if p.run.workload != nil {
		r.Go("workload", func() error { return p.run.workload(r.Disk()) })
	}
}

func (p *goProgram) Recover(_ *core.Run, c *core.Crash) error {
	if p.run.recover == nil {
		return errors.New("the body of sim.Test called no r.Recover")
	}
	return p.run.recover(c.Disk())
}

// OracleDigest sums up what Recover judges by, if the test says so.
func (p *goProgram) OracleDigest() uint64 {
	if p.run == nil || p.run.state == nil {
		return 0
	}
	r := p.run.run
	state := hash.Mix64(p.run.state()) + r.Suspensions() + hash.Mix64(uint64(r.Epoch()+1))
	return max(1, state)
}
