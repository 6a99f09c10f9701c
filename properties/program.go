package properties

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"syscall"

	"powercut/journal/rayfall"
	"powercut/properties/engines"
	"powercut/sim/core"
	"powercut/vfs"
)

// base is where the journal under test lives.
const base = "/data/j"

// openAttempts is how often a client opens again after a fault kept the
// journal shut.
const openAttempts = 3

// program runs a workload against the journal of its driver.
type program struct {
	w      *workload
	driver engines.Driver
	can    engines.Capabilities // of the driver
	oracle *oracle
	parsed *rayfall.Machine // what the entries say
	lasting
	ofEpoch
}

// lasting is what is known from one epoch to the next.
type lasting struct {
	// powerCut is true if the power was cut since an Open last told what there
	// is: as long as nobody looked, it counts, whatever crashes follow.
	powerCut  bool
	legacyLog bool // that of the workload was there, durably
	copying   bool // since copyFiles began, no Open has succeeded
	// repaired is true once Repair said that the tail which the journal found
	// is gone.
	repaired bool
	backups  []backup
}

// ofEpoch is what each epoch begins anew.
type ofEpoch struct {
	run       *core.Run
	engine    *opened
	reopening bool // a client is at it
	left      int  // clients that have not come to their end
	busy      int  // clients that are within a step
	stopped   bool // an entry was found indeterminate since the last open

	folders  int                          // made for backups
	archives map[string][sha256.Size]byte // seen

	spaceRefused bool // since the last open
	full         bool // the disk is, at the moment
	wasFull      bool
	taken        int  // steps that clients took
	closed       bool // without an error: everything is claimed durable
}

func newProgram(w *workload) *program {
	return &program{w: w, driver: w.driver, can: w.driver.Capabilities(), oracle: newOracle(w.async), parsed: rayfall.New()}
}

// OracleDigest implements core.Program.
func (p *program) OracleDigest() uint64 { return p.oracle.digest | 1 }

// IsDriver implements core.Driven.
func (p *program) IsDriver(function string) bool { return engines.IsDriver(function) }

// Epoch implements core.Program: one actor opens the journal, then the clients
// work, then it closes the journal.
func (p *program) Epoch(r *core.Run, epoch int) {
	last := r.LastCrash()
	p.powerCut = p.powerCut || last != nil && last.Kind == vfs.PowerCut
	p.ofEpoch = ofEpoch{run: r}
	r.Go("main", func() error { return p.main(epoch) })
}

// errOff ends an actor after the power was cut, or when faults leave it
// nothing to do.
var errOff = errors.New("properties: nothing more to do in this epoch")

func (p *program) main(epoch int) error {
	clients := p.w.epochs[min(epoch, len(p.w.epochs)-1)]
	if p.copying {
		return nil // a crash came in between: nobody can tell what is there
	}
	p.freshDisk()
	if err := makeDir(p.run.Disk()); err != nil {
		return orEnd(p.giveUp("making the directory", err))
	}
	if epoch == 0 && p.w.legacyLog.present() {
		// A log without checksums can't tell of what became of it before.
		if err := p.run.WithoutFaults(p.makeLegacyLog); err != nil {
			return orEnd(p.giveUp("writing the log that the journal finds", err))
		}
	}
	if epoch > 0 && p.w.copied {
		if err := p.run.WithoutFaults(p.copyFiles); err != nil {
			return orEnd(p.giveUp("copying the files", err))
		}
	}
	if epoch > 0 {
		p.fillDisk() // and what a crash left has to open all the same
	}
	if err := p.open(); err != nil {
		return orEnd(err)
	}
	if epoch == 0 {
		p.fillDisk()
	}
	p.left = len(clients)
	for i, client := range clients {
		p.run.Go(fmt.Sprintf("client %d", i), func() error {
			defer func() { p.left-- }()
			return orEnd(p.client(client))
		})
	}
	p.run.WaitUntil(func() bool { return p.left == 0 })
	return orEnd(p.finish())
}

// makeDir makes the directory that the journal lives in, and makes it durable,
// as whoever sets a database up does.
func makeDir(disk *vfs.Disk) error {
	if err := disk.Mkdir(path.Dir(base), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	dir, err := disk.Open("/")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// orEnd is nil for an actor that came to its end early, for no fault of the
// journal's.
func orEnd(err error) error {
	if errors.Is(err, errOff) || errors.Is(err, errUnknown) {
		return nil
	}
	return err
}

// giveUp ends an actor because of an error that a fault explains; any other
// breaks liveness.
func (p *program) giveUp(what string, err error) error {
	if p.run.PowerIsOff() || errors.Is(err, vfs.ErrInjected) || p.full && errors.Is(err, syscall.ENOSPC) {
		return errOff
	}
	if _, ok := errors.AsType[*core.Breach](err); ok {
		return err
	}
	return core.Breachf(liveness, "%s failed without a fault to explain it: %v", what, err)
}

// open opens the journal, judges what it recovered, and makes the names that
// the entries change.
func (p *program) open() error {
	var err error
	for range openAttempts {
		struck, wasFull := p.run.FaultsFired(), p.full
		p.run.NoteCall("open")
		var e *opened
		e, err = p.openEngine(p.run, p.run.Disk(), p.run.Monitor())
		if p.run.PowerIsOff() {
			return errOff
		}
		p.returns("done", err)
		if err != nil && p.full && p.mayLackSpace(p.run.Disk(), err, p.sinceOpen(vfs.ProcessCrash), p.run.Suspends) {
			p.freeDisk()
			continue
		}
		if wasFull && !p.full && errors.Is(err, syscall.ENOSPC) {
			continue // another client made space meanwhile: whether Open could do without, nobody can tell
		}
		if err == nil {
			if p.copying && !p.copyGivenUp() {
				p.copying = false // from here on what Open reports is durable
				p.oracle.changed(3)
			}
			return p.adopt(e)
		}
		if p.mayRepair(err) {
			if err := p.repair(); err != nil {
				return err
			}
			continue
		}
		if p.mayRefuse(p.run, err) {
			return errOff
		}
		if !errors.Is(err, vfs.ErrInjected) && p.run.FaultsFired() == struck {
			return p.openBreach(err)
		}
		if p.busy > 1 {
			continue // another client is at work, and may have something open
		}
		if err := p.judgeLeftOpen(); err != nil {
			return err
		}
	}
	return errOff
}

// mayRefuse says whether the faults of a run entitle Open to refuse.
func (p *program) mayRefuse(r *core.Run, err error) bool {
	return p.damaged(err) && (r.Suspends(acknowledgedDurable) || p.copyGivenUp())
}

// damaged says whether an error of Open or Repair means that the files are damaged.
func (p *program) damaged(err error) bool { return p.driver.Classify(err).Damage != engines.NoDamage }

// shut says whether an error means that the engine takes nothing any more until it is
// opened anew.
func (p *program) shut(err error) bool {
	outcome := p.driver.Classify(err).Outcome
	return outcome == engines.Poisoned || outcome == engines.Closed
}

// copyGivenUp says that an fsync failed since somebody copied files into place,
// and no Open has succeeded without: it may have taken with it what was copied.
func (p *program) copyGivenUp() bool {
	return p.copying && p.run.SuspendsNow(asyncPrefix+"/process-crash")
}

// openBreach names the law that an Open breaks by refusing.
func (p *program) openBreach(err error) error {
	if p.full && errors.Is(err, syscall.ENOSPC) {
		return fullBreach(err)
	}
	if p.damaged(err) {
		return core.Breachf(tailForgiven, "Open refused what a crash left: %v", err)
	}
	return core.Breachf(liveness, "Open failed without a fault to explain it: %v", err)
}

// sinceOpen is PowerCut if there was one since an Open last told what there is,
// and kind otherwise.
func (p *program) sinceOpen(kind vfs.CrashKind) vfs.CrashKind {
	if p.powerCut {
		return vfs.PowerCut
	}
	return kind
}

// adopt judges what an Open recovered; from then on it counts as acknowledged.
// Only then do other clients get to see the engine.
func (p *program) adopt(e *opened) error {
	struck := p.run.FaultsFired()
	got, err := e.readBack(p.oracle)
	if p.run.PowerIsOff() {
		return errOff
	}
	if err != nil {
		_ = e.Close() // nobody gets to see this engine
		if b, ok := errors.AsType[*core.Breach](err); ok && !p.run.Suspends(b.Law) {
			return b // no fault explains what was served
		}
		explained := p.run.FaultsFired() > struck || p.mayRefuse(p.run, err)
		if explained {
			return errOff
		}
		return p.giveUp("reading back", err)
	}
	if err := p.oracle.judge(got, p.sinceOpen(vfs.ProcessCrash), p.run.Suspends); err != nil {
		if p.copyGivenUp() {
			_ = e.Close() // nobody gets to see this engine
			return errOff
		}
		return err
	}
	if err := p.oracle.adopt(got); err != nil {
		_ = e.Close() // nobody gets to see this engine
		return err
	}
	e.watch(p.oracle)
	p.engine, p.stopped, p.spaceRefused, p.powerCut = e, false, false, false
	if _, made := got.state["l"]; made {
		return nil
	}
	if err := p.append(step{kind: stepInit}); err != nil {
		return err
	}
	if len(p.oracle.byLSN) == 0 {
		return errOff // refused; without the names the other entries mean nothing
	}
	return nil
}

// finish closes the journal after the clients came to their end, and compares
// the live state with what was acknowledged.
func (p *program) finish() error {
	if p.run.PowerIsOff() {
		return errOff
	}
	if err := p.judgeLive(); err != nil {
		return err
	}
	if err := p.judgeSpace(); err != nil {
		return err
	}
	if err := p.judgeLiveBackups(); err != nil {
		return err
	}
	p.run.NoteCall("close")
	err := p.engine.Close()
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("done", err)
	if err := p.judgeLeftOpen(); err != nil {
		return err
	}
	if err == nil {
		p.oracle.hasSynced(p.oracle.syncing())
		p.closed = true
		return nil
	}
	p.oracle.shake()
	if p.shut(err) {
		return nil
	}
	return p.giveUp("Close", err)
}

// judgeSpace expects a journal that ran out of space to work again once there is
// some, without being opened anew.
func (p *program) judgeSpace() error {
	if !p.spaceRefused || p.stopped {
		return nil
	}
	p.run.StopFaults()
	p.freeDisk()
	s := step{kind: stepPush}
	if len(p.oracle.byLSN) == 0 {
		s.kind = stepInit // the names that a push changes were refused, or lost
	}
	number, e := p.issue(s)
	p.calls("append", number)
	lsn, err := p.engine.Append(e)
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("acknowledged", err)
	if p.shut(err) {
		p.oracle.learn(number, refused)
		return nil // something else went wrong since
	}
	if err != nil {
		return core.Breachf(spaceReturns, "there is space again, but Append still fails: %v", err)
	}
	return p.oracle.acknowledge(number, lsn)
}

// judgeLive compares the state of the running machine with the entries that it
// was given.
func (p *program) judgeLive() error {
	got, err := p.engine.running(p.oracle)
	if err != nil {
		return err
	}
	return p.oracle.judge(got, vfs.ProcessCrash, p.run.Suspends)
}
