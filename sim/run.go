package sim

import (
	"context"
	"io"
	"time"

	"github.com/spf13/afero"

	"powercut/sim/core"
	"powercut/vfs"
)

// Run is one seed's run of a test: what the body of Test declares it with, and
// what the workload and the recovery ask it.
type Run struct {
	run      *core.Run
	program  *goProgram
	setup    func(fs afero.Fs) error
	workload func(fs afero.Fs) error
	recover  func(fs afero.Fs) error
	inDir    bool // WorkloadDir or RecoverDir was called
	state    func() uint64

	remembered []any // see Remember
}

// Setup makes what is there before the run begins: f works on the disk while nothing
// crashes and no fault strikes, and all that it leaves is durable. It is for the body
// of Test.
func (r *Run) Setup(f func(fs afero.Fs) error) { r.setup = f }

// Workload says what the run does. It is for the body of Test. An error that f
// returns is a violation, unless the power was cut, or a fault had struck: then it
// ends this client.
func (r *Run) Workload(f func(fs afero.Fs) error) { r.workload = f }

// Recover says how the run opens what a crash left, and checks it. It is for
// the body of Test. Any error that f returns is a violation.
func (r *Run) Recover(f func(fs afero.Fs) error) { r.recover = f }

// State says what the run's images are judged by: f sums up all that Recover looks
// at besides the disk, in one number. The same image is then not recovered twice
// at the same state, which saves most of the time of a long run. It is for the body
// of Test. Without it, each image is recovered.
func (r *Run) State(f func() uint64) { r.state = f }

// Ack calls f, which notes what the engine has promised. An engine that has
// goroutines of its own needs it, and so do clients that share a lock which the run
// doesn't know: f is called while nothing is recovered, by whatever goroutine. After
// the power went it is not called, and a goroutine of the engine doesn't come back.
func (r *Run) Ack(f func()) { r.run.Ack(f) }

// Died is for an engine that ends the process when its disk fails: let it call this
// instead (from the Fatalf of its logger, say). It doesn't return; the epoch, or the
// recovery, ends there. Once a fault has struck an engine may end itself; before that
// it is a violation, and so it is in a recovery.
func (r *Run) Died(err error) { r.run.Died(err) }

// Go adds another client to the epoch. What f returns is judged like what the
// workload does.
func (r *Run) Go(name string, f func() error) { r.run.Go(name, r.program.judged(r.run, f)) }

// Uint64n draws a number in [0, n), and any number if n is 0. A case keeps what was
// drawn, and shrinking makes it smaller: so 0 should stand for what is plainest.
// Recover must not draw. With it, a Run is a Source for Pick, Between and OneIn.
func (r *Run) Uint64n(n uint64) uint64 {
	client := r.run.Actor()
	if client < 0 {
		panic("sim: a draw in Recover, or in a goroutine that is no client of the run: what is judged must not depend on chance")
	}
	return r.program.record.draw(drawer{r.run.Epoch(), client}, n)
}

// Disk is the disk of this epoch, which the workload works on.
func (r *Run) Disk() *vfs.Disk { return r.run.Disk() }

// Monitor is a lock and a condition of this epoch, at which the seed decides who
// goes on.
func (r *Run) Monitor() *Monitor { return (*Monitor)(r.run.Monitor()) }

// Epoch is the number of the epoch, from 0.
func (r *Run) Epoch() int { return r.run.Epoch() }

// LastCrash is how the epoch before ended, nil in the first one.
func (r *Run) LastCrash() *Crash {
	c := r.run.LastCrash()
	if c == nil {
		return nil
	}
	return &Crash{Kind: c.Kind, Clean: c.Clean, Epoch: c.Epoch, Step: c.Step}
}

// Now is the run's clock. Every reading moves it on by a microsecond; faults of
// latency move it too. A fault may set it back, or have it stand still, if the Mix
// names its kind (faults.ClockBack, faults.ClockStands).
func (r *Run) Now() time.Time { return r.run.Now() }

// Entropy is the run's source of random bytes for the code under test.
func (r *Run) Entropy() io.Reader { return r.run.Entropy() }

// PowerIsOff is true once the power of this epoch was cut: what the engine says
// from then on, nobody heard.
func (r *Run) PowerIsOff() bool { return r.run.PowerIsOff() }

// FaultsOver is true in the last epoch of several: no fault strikes in it, so
// that everything must work again.
func (r *Run) FaultsOver() bool { return r.run.FaultsOver() }

// StopFaults ends the faults of this epoch: from now on the disk does what it is
// told, and has room again.
func (r *Run) StopFaults() { r.run.StopFaults() }

// Suspends says whether a fault that struck so far, in this epoch or an earlier
// one, suspends a law: a disk that lies about an fsync takes
// "acknowledged-durable" with it.
func (r *Run) Suspends(law core.Law) bool { return r.run.Suspends(law) }

// Excuses says whether an error that the engine returns may be a fault's doing: in this
// epoch an operation of it failed, or did less than it was to, or the disk was full; or a
// deadline passed because the disk was slow; or in an earlier epoch the disk lied, or
// something rotted. Otherwise nothing that the disk did is a reason for it.
func Excuses(r *Run, err error) bool { return r.run.Excuses(err) }

// NoteCall notes what a client is about to ask of the engine: "put of k3".
func (r *Run) NoteCall(text string) { r.run.NoteCall(text) }

// NoteReturn notes how that ended.
func (r *Run) NoteReturn(text string) { r.run.NoteReturn(text) }

// WaitUntil lets other clients go on until ready is true.
func WaitUntil(r *Run, ready func() bool) { r.run.WaitUntil(ready) }

// WithTimeout is context.WithTimeout by the run's clock: the context expires when that
// has moved on so far, by latency or a stall, or because everybody waits.
func WithTimeout(r *Run, parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return r.run.WithTimeout(parent, d)
}

// Sleep has time pass on the run's clock, and lets other clients go on meanwhile.
func Sleep(r *Run, d time.Duration) { r.run.Sleep(d) }

// Crash is how an epoch ended.
type Crash struct {
	// Kind is what the next epoch is judged by: PowerCut if there was one since
	// somebody last opened the engine, ProcessCrash if the page cache survived.
	Kind vfs.CrashKind
	// Clean is true if the clients had come to their end before.
	Clean bool
	Epoch int
	// Step is the number of the operation, counted from 1 in its epoch, before
	// which the crash came.
	Step uint64
}

// Monitor is a cooperative lock and condition, of the shape that package
// journal takes in its options. Whoever waits lets others go on, and the seed
// decides who.
type Monitor core.Monitor

// Lock waits until nobody holds the monitor and takes it.
func (m *Monitor) Lock() { (*core.Monitor)(m).Lock() }

// Unlock gives the monitor up.
func (m *Monitor) Unlock() { (*core.Monitor)(m).Unlock() }

// NewWaiter returns a place to sleep at: Wait gives up the monitor, sleeps until
// Wake or until its context is done, and takes the monitor again.
func (m *Monitor) NewWaiter() interface {
	Wait(ctx context.Context) error
	Wake()
} {
	return (*core.Monitor)(m).NewWaiter()
}

// Seed decides a run.
type Seed uint64

// String prints the seed as Config takes it.
func (s Seed) String() string { return core.Seed(s).String() }
