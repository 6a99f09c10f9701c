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
	// powerCut is true if the power was cut since an Open last told what there is.
	// As long as nobody has looked at what it left, it counts, whatever crashes
	// follow.
	powerCut  bool
	made      bool       // the directory that the journal lives in was made durable
	legacyLog bool       // the one of the workload was made durable
	copying   bool       // no Open has succeeded since copyFiles began
	purged    bool       // somebody began to remove the journal
	before    [][]uint64 // the entries that it held each time
	// purgedWhole: the last Purge returned and had succeeded.
	purgedWhole bool
	repaired    bool // Repair said that the tail of the legacy log is gone
	// trespassed is how many bytes another program has appended to open logs.
	trespassed int64
	kept       vfs.Tree // tails that were kept aside
	lost       [][]byte // what Repair cut off by leave
	backups    []backup
	older      []vfs.Tree // what was on the disk at some times since the journal was made, for who puts an old backup back
}

// ofEpoch is what each epoch begins anew.
type ofEpoch struct {
	run         *core.Run
	engine      *opened
	reopening   bool // a client is closing it and opening it again
	trespassing bool // another program appends to its open log
	left        int  // clients that have not come to their end
	busy        int  // clients that are within a step
	nameless    bool // the names that entries change were refused, or lost
	stopped     bool // an entry was found indeterminate since the last open

	folders  int                          // made for backups
	archives map[string][sha256.Size]byte // digests of those seen, by name

	spaceRefused bool       // an entry was refused for lack of space since the last open
	full         bool       // the disk is, at the moment
	wasFull      bool       // the disk was, at some time
	appended     []appended // by another program to the open log
	taken        int        // steps that clients took
	prunes       int        // Prunes that came to their end
	closed       bool       // without an error: everything is claimed durable
	closeErr     error      // of the last reopening
	foreign      foreign    // what another program appended since the last Open
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
	p.oracle.crashed()
	r.Go("main", func() error { return p.main(epoch) })
}

// errOff ends an actor after the power was cut, or when faults leave it
// nothing to do.
var errOff = errors.New("properties: nothing more to do in this epoch")

// main is the actor that opens the journal, starts the clients, and closes it after
// them.
func (p *program) main(epoch int) error {
	clients := p.w.epochs[min(epoch, len(p.w.epochs)-1)]
	if p.copying {
		return nil // a crash came while files were copied: nobody can tell what is there
	}
	p.foreign.crashed = epoch > 0
	p.freshDisk()
	// Once it is durable, later epochs do without: on many filesystems a sync makes durable
	// what the crash before has left unsynced elsewhere.
	if !p.made || p.dirUndone() {
		if err := makeDir(p.run.Disk()); err != nil {
			return orEnd(p.giveUp("making the directory", err))
		}
		p.made = true
	}
	if epoch == 0 && p.w.legacyLog.present() {
		// Without checksums the journal could not tell what a fault did to it.
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
		p.fillDisk() // what a crash left must open on a full disk all the same
	}
	if epoch > 0 && p.w.rots > 0 {
		if err := p.loseUnopened(p.w.rots); err != nil {
			return orEnd(err)
		}
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

// makeDir makes the directory that the journal lives in, durably: that is the duty of
// whoever sets a database up, and not the journal's.
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

// dirUndone says whether a crash took the directory, as the disk lied about the sync that
// made it durable.
func (p *program) dirUndone() bool {
	if !p.run.Suspends(acknowledgedDurable) {
		return false
	}
	_, there := p.run.Disk().Tree()[path.Dir(base)+"/"]
	return !there
}

// orEnd is nil for the errors that end an actor early without being a breach.
func orEnd(err error) error {
	if errors.Is(err, errOff) || errors.Is(err, errUnknown) {
		return nil
	}
	return err
}

// giveUp ends an actor because of an error. One that no fault explains breaks
// liveness.
func (p *program) giveUp(what string, err error) error {
	if p.run.PowerIsOff() || errors.Is(err, vfs.ErrInjected) || p.full && errors.Is(err, syscall.ENOSPC) {
		return errOff
	}
	if _, ok := errors.AsType[*core.Breach](err); ok {
		return err
	}
	return core.Breachf(liveness, "%s failed without a fault to explain it: %v", what, err)
}
