package sim

import (
	"context"
	"errors"
	"iter"
	"maps"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/sim/internal/hash"
	"powercut/sim/internal/lineage"
	"powercut/vfs"
)

// target is a test: what simrun knows by a name, here as the body of Test.
type target struct {
	test core.TestName
	cfg  Config
	body func(r *Run)

	elsewhere  core.Elsewhere         // where images may be judged, nil in a process that no seed decides
	made       made                   // of what the program is, in a process that a seed decides
	probed     bool                   // only what the body declares is wanted
	vacuous    atomic.Pointer[string] // what the body lacks
	inDir      atomic.Bool            // the body wants a directory, which this process can't give
	stop       context.CancelFunc     // ends the runs in this process, nil if it has none
	operations atomic.Uint64          // of workloads
	reach      reach                  // what its runs are to come to
}

// targetName is what cases of tests call their target.
const targetName = "test"

func (t *target) Name() string { return targetName }

// Draw implements core.Target.
func (t *target) Draw(streams core.Streams) core.Scenario {
	profiles := t.cfg.Profiles
	if len(profiles) == 0 {
		profiles = vfs.Profiles()
	}
	s := core.Scenario{Target: targetName, Test: t.test, Plan: t.cfg.Plan, Settings: core.Settings{
		Profile:        core.Pick(streams("profile"), profiles),
		Epochs:         t.cfg.Epochs,
		Points:         t.cfg.Points,
		ImagesPerPoint: t.cfg.Images,
		Depth:          t.cfg.Depth,
		StepBudget:     t.cfg.StepBudget,
		SectorBytes:    t.cfg.SectorBytes,
		Disks:          t.cfg.disks(),
	}}
	s.Workload = &goCode{target: t, seed: core.Seed(streams("draws").Uint64n(1 << 63))}
	if t.cfg.Faults != nil {
		s.Plan = t.mix(*t.cfg.Faults).Plan(streams("faults"))
	}
	// Some bugs of clients that work side by side show in orders that a fair
	// draw seldom takes.
	if order := streams("order"); core.OneIn(order, 3) {
		s.Settings.PriorityDepth = core.Between(order, 1, 3)
	}
	return s
}

// mix leaves out what the test does not ask for, and adds what several disks may do.
func (t *target) mix(m faults.Mix) faults.Mix {
	m = t.ofDisks(m)
	if t.cfg.Lies {
		return m
	}
	if m.Kinds == nil {
		m.Kinds = faults.DefaultKinds()
	}
	var honest []faults.Kind
	for _, k := range m.Kinds {
		if !(faults.Plan{Rules: []faults.Rule{{Kind: k}}}).Suspends("acknowledged-durable") {
			honest = append(honest, k)
		}
	}
	m.Kinds = honest
	return m
}

// ofDisks has a mix aim at one of several disks, and cut the power of one alone.
func (t *target) ofDisks(m faults.Mix) faults.Mix {
	_, others := core.Devices(t.cfg.disks())
	if len(others) == 0 {
		return m
	}
	if m.Disks == nil {
		m.Disks = []string{vfs.MainDevice}
		for _, d := range others {
			m.Disks = append(m.Disks, d.Name)
		}
	}
	if m.Kinds == nil {
		m.Kinds = append(faults.DefaultKinds(), faults.Offline, faults.Offline, faults.Offline)
	}
	return m
}

// ParseWorkload implements core.Target.
func (t *target) ParseWorkload(text string) (core.Workload, error) {
	given, err := parseDraws(text)
	if err != nil {
		return nil, err
	}
	return &goCode{target: t, given: given}, nil
}

// goCode is a workload given as a function: the body of a Test, and what it draws.
type goCode struct {
	*target
	seed  core.Seed // of what is drawn, if nothing is given
	given draws
}

func (g *goCode) String() string { return g.given.String() }

func (g *goCode) Operations() int { return 50 }

func (g *goCode) Program() core.Program {
	return &goProgram{code: g, record: newRecord(g.seed, g.given)}
}

// HangAfter implements core.External: an engine may start goroutines of its own.
func (g *goCode) HangAfter() time.Duration { return g.runHangAfter() }

func (t *target) runHangAfter() time.Duration {
	if t.cfg.HangAfter == 0 {
		return time.Minute
	}
	return t.cfg.HangAfter
}

// StepBudget implements core.External.
func (g *goCode) StepBudget() uint64 { return g.cfg.StepBudget }

// ClosesFiles implements core.Closer.
func (g *goCode) ClosesFiles() bool { return g.cfg.ClosesFiles }

// Elsewhere implements core.Separable.
func (g *goCode) Elsewhere() core.Elsewhere { return g.elsewhere }

// Simpler implements core.Reducible.
func (g *goCode) Simpler() iter.Seq[core.Workload] {
	return func(yield func(core.Workload) bool) {
		for d := range g.given.simpler() {
			if !yield(&goCode{target: g.target, given: d}) {
				return
			}
		}
	}
}

// WithoutEpoch implements core.Reducible.
func (g *goCode) WithoutEpoch(epoch int) core.Workload {
	return &goCode{target: g.target, given: g.given.withoutEpoch(epoch)}
}

// Size implements core.Reducible.
func (g *goCode) Size() int { return g.given.size() }

// goProgram is one run of a test.
type goProgram struct {
	code   *goCode
	record *record
	run    *Run
	reach  reach // what this run came to
}

// Recorded implements core.Recorder.
func (p *goProgram) Recorded() core.Workload {
	return &goCode{target: p.code.target, given: maps.Clone(p.record.drawn)}
}

// Epoch implements core.Program. The body declares the run as part of the first
// epoch's workload, so that what goes wrong in it is told as anything else.
func (p *goProgram) Epoch(r *core.Run, epoch int) {
	r.Go("workload", func() error {
		if epoch == 0 {
			if err := p.begin(r); err != nil {
				return err
			}
		}
		return p.judged(r, func() error { return p.run.workload(r.Disk()) })()
	})
}

// begin calls the body, and its Setup.
func (p *goProgram) begin(r *core.Run) error {
	if err := p.declare(r); err != nil || p.run.setup == nil {
		return err
	}
	return r.Prepare(func(d *vfs.Disk) error { return p.run.setup(d) })
}

// declare calls the body.
func (p *goProgram) declare(r *core.Run) error {
	p.run = &Run{run: r, program: p}
	p.code.body(p.run)
	if p.run.inDir && (p.code.probed || !lineage.Native()) {
		p.code.inDir.Store(true)
		if p.code.stop != nil {
			p.code.stop() // no other seed will say anything else
		}
		return errNotNative
	}
	if p.code.probed {
		return errProbed
	}
	lacks := ""
	switch {
	case p.run.workload == nil:
		lacks = "its body calls no r.Workload, and no r.WorkloadDir: say with it what the engine does, open, put, sync, close"
	case p.run.recover == nil:
		lacks = "its body calls no r.Recover, and no r.RecoverDir: open the engine there and return an error if something that it had promised is gone"
	}
	if lacks != "" {
		p.code.vacuous.Store(&lacks)
		return errors.New(lacks)
	}
	return nil
}

// judged is what a client does, and how that is judged: an error is the engine's
// right once a fault has struck it. That the code under test asked the disk, and was
// refused, is known from the disk: an error is told apart whatever became of it on its
// way through an adapter.
func (p *goProgram) judged(r *core.Run, f func() error) func() error {
	return func() error {
		before := r.Disk().Ops()
		err := f()
		p.code.operations.Add(r.Disk().Ops() - before)
		if err == nil || !r.Excuses(err) {
			return err
		}
		if _, ok := errors.AsType[*core.Breach](err); ok {
			return err // the test itself says that it is one
		}
		r.Note("a fault had struck, and the client ended: " + err.Error())
		return nil
	}
}

// Recover implements core.Program.
func (p *goProgram) Recover(_ *core.Run, c *core.Crash) error {
	if p.run == nil || p.run.recover == nil {
		return nil // the body itself failed
	}
	if c.Depth == 0 && (c.Step > 1 || !c.Clean) {
		p.code.operations.Add(1) // the crash came at one
	}
	if mix := p.code.cfg.RecoveryFaults; mix != nil {
		p.recoverUnderFaults(c, p.code.mix(*mix))
	}
	err := p.run.recover(c.Disk())
	if retells(err, c.Reported()) {
		return nil
	}
	return err
}

// retells says whether an error of a recovery is what the disk reported in it, of a fault
// before the crash: nothing was promised by then that it would lose, and who starts the
// engine again hears no more of it. What an engine makes of it may be its text alone.
func retells(err, reported error) bool {
	errno, ok := errors.AsType[syscall.Errno](reported)
	if err == nil || !ok {
		return false
	}
	if _, breach := errors.AsType[*core.Breach](err); breach {
		return false // the test itself says that it is one
	}
	return errors.Is(err, errno) || strings.Contains(err.Error(), errno.Error())
}

// recoverUnderFaults is a recovery that faults strike, and whose outcome nobody
// hears. What it leaves is recovered again.
func (p *goProgram) recoverUnderFaults(c *core.Crash, mix faults.Mix) {
	digest := c.Image().Digest()
	src := p.run.run.Seed().Sub(hash.Add(hash.Offset, digest[:])).Sub(c.Step).Stream("recovery faults")
	if mix.Ops == 0 {
		mix.Ops = 30 // a recovery is short
	}
	plan := mix.Plan(src)
	if len(plan.Rules) == 0 {
		return
	}
	disk := c.Disk()
	disk.SetInjector(faults.NewInjector(plan, src))
	func() {
		defer func() { _ = recover() }() // the engine's own way of ending
		_ = p.run.recover(disk)
	}()
	disk.SetInjector(nil)
	if disk.Failed() { // it comes back with the machine, not with the process
		c.PowerCut(src)
	}
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

var (
	_ core.Reducible = (*goCode)(nil)
	_ core.External  = (*goCode)(nil)
	_ core.Closer    = (*goCode)(nil)
	_ core.Builder   = (*goCode)(nil)
	_ core.Separable = (*goCode)(nil)
	_ core.Recorder  = (*goProgram)(nil)
	_ core.Carrier   = (*goProgram)(nil)
	_ core.Reacher   = (*goProgram)(nil)
	_ afero.Fs       = (*vfs.Disk)(nil)
)
