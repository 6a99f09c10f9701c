package sim

import (
	"errors"
	"fmt"

	"powercut/sim/core"
	"powercut/vfs/transfer"
)

// Remember names variables of the body of Test, by pointers to them, that Recover looks
// at besides the disk. With RecoverDir a recovery may have to go on in another process
// than the workload (see RecoverDir): that process has the variables of oracles, and those
// that are named here, as they were when the crash came, and any other as the body made it. What
// they hold must be plain data: no functions, no channels, nothing but errors and basic
// types behind an interface. It is for the body of Test.
func Remember(r *Run, variables ...any) { r.remembered = append(r.remembered, variables...) }

// carried is what another process is told of a run, to recover in its place.
type carried struct {
	Seed     core.Seed // of what is drawn
	Given    draws
	Facts    []byte // what is remembered
	HasState bool
	State    uint64
}

// The sentences about what can't be judged in another process.
const (
	judgedApart = "a recovery waits for something of the whole process (a lock, a worker) that the workload, which stands still, holds. " +
		"So each crash image is judged in a process of its own, which knows only what it is told of the promises: what an oracle has seen (package oracle), " +
		"and the variables that the body names by sim.Remember(r, &acked)"
	namesNothing = judgedApart + ". It names none"
	statesDiffer = judgedApart + ". r.State comes to another number there than here: name all that it looks at"
)

// Carry implements core.Carrier.
func (p *goProgram) Carry() ([]byte, error) {
	if p.run.run.Disk().Ops() > 0 {
		p.code.operations.Add(1) // the crash came at one
	}
	if len(p.run.remembered) == 0 && p.run.state == nil {
		return nil, errors.New(namesNothing)
	}
	facts, err := transfer.Encode(p.run.remembered...)
	if err != nil {
		return nil, fmt.Errorf("%s. One of them can't be told: %w", judgedApart, err)
	}
	c := carried{Seed: p.code.seed, Given: p.code.given, Facts: facts}
	if p.run.state != nil {
		c.HasState, c.State = true, p.run.state()
	}
	return transfer.Encode(&c)
}

// Arrive implements core.Carrier.
func (p *goProgram) Arrive(r *core.Run, data []byte) error {
	var c carried
	if err := transfer.Decode(data, &c); err != nil {
		return err
	}
	p.record = newRecord(c.Seed, c.Given)
	if err := p.declare(r); err != nil {
		return err
	}
	if err := transfer.Decode(c.Facts, p.run.remembered...); err != nil {
		return fmt.Errorf("%s. What it names is not the same in both: %w", judgedApart, err)
	}
	if c.HasState && p.run.state() != c.State {
		return errors.New(statesDiffer)
	}
	return nil
}
