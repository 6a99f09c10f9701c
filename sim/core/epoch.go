package core

import (
	"errors"
	"fmt"

	"powercut/faults"
	"powercut/vfs"
)

// runEpoch runs one epoch on what image left (nil: an empty disk) and returns
// what its own end leaves.
func (r *Run) runEpoch(image *vfs.Image) *vfs.Image {
	r.hook = &Point{r: r, epoch: r.epoch}
	r.epochPoint.Store(r.hook)
	r.innermost.Store(r.hook)
	r.injector = faults.NewInjector(r.plan(), r.seed.Sub(uint64(r.epoch)).Stream("faults"))
	options := r.diskOptions(r.hook, r.injector)
	if image == nil {
		r.disk = vfs.New(options)
	} else {
		r.disk = image.Mount(options)
		image.Release()
	}
	r.hook.disk = r.disk
	r.sched = &scheduler{policy: r.explorer.Policy(r.epoch), gate: r.gate, hook: r.hook, idle: r.clock.advanceToTimer}
	r.monitor = &Monitor{s: r.sched}
	r.trace.note(EventEpoch, r.At(), fmt.Sprintf("epoch %d", r.epoch))
	r.explorer.StartEpoch(r)
	r.program.Epoch(r, r.epoch)

	r.sched.ended = r.actorEnded
	err := r.gate.run(r.sched)
	r.judgeDeath()
	if r.violation == nil && !r.hook.cut {
		r.finishEpoch(err)
	}
	if r.violation == nil && !r.endedByIgnoredLaw && r.hook.next == nil && r.epoch < r.settings.Epochs-1 {
		r.hook.CrashInto(r.explorer.EndOfEpoch(r))
	}
	r.result.Abandoned += uint64(r.sched.abandonAll())
	r.record.endEpoch(r)
	for kind, count := range r.injector.Counts() {
		r.result.Faults[kind] = r.result.Faults[kind].Add(count)
	}
	r.hook.close()
	next := r.hook.next
	r.release(r.disk)
	return next
}

// plan is the fault plan of this epoch: after the last crash faults stop.
func (r *Run) plan() faults.Plan {
	if r.explicit != nil {
		return r.explicit.Epochs[r.epoch].Plan
	}
	if r.FaultsOver() {
		return faults.Plan{}
	}
	return r.scenario.Plan
}

// Prepare replaces the empty disk of the first epoch, before anything was done on it,
// by one on which f has worked while nothing crashed and no fault struck. All that f
// left is durable.
func (r *Run) Prepare(f func(d *vfs.Disk) error) error {
	d := vfs.New(r.diskOptions(nil, nil))
	defer d.Release()
	if err := f(d); err != nil {
		return err
	}
	d.SyncAll()
	image := d.ProcessCrash()
	defer image.Release()
	r.disk.Release()
	r.disk = image.Mount(r.diskOptions(r.hook, r.injector))
	r.hook.disk = r.disk
	return nil
}

// diskOptions are those of every disk of the run.
func (r *Run) diskOptions(h *Point, injector vfs.Injector) vfs.Options {
	var watched vfs.Hook
	if h != nil {
		watched = h // a nil *Point must not become a non-nil interface
	}
	options := vfs.Options{Hook: watched, Injector: r.sabotaged(h, injector), Now: r.Now, Sleep: r.clock.advance, Clock: r.besideClock,
		NotesOpens: r.closesFiles, SectorBytes: r.settings.SectorBytes, Filesystem: r.settings.Profile}
	options.CapacityBytes, options.Mounts = Devices(r.settings.Disks)
	return options
}

// release gives a disk's memory back, unless somebody may still use the disk.
func (r *Run) release(d *vfs.Disk) {
	d.PowerCut()
	if !r.gate.uses() {
		d.Release()
	}
}

// actorEnded judges what an actor returned. Once that broke a law nobody goes
// on: what the others would meet is what the first one left behind.
func (r *Run) actorEnded(a *actor) (stop bool) {
	r.gate.lock(r.hook)
	defer r.gate.unlock(r.hook)
	if r.violation == nil && !r.hook.cut && r.hook.died == nil {
		r.fail(a.outcome(), Works)
	}
	return r.violation != nil || r.endedByIgnoredLaw
}

// judgeDeath judges an engine that ended itself in the epoch: it may if a fault has
// struck.
func (r *Run) judgeDeath() {
	r.gate.lock(r.hook)
	defer r.gate.unlock(r.hook)
	if r.hook.died == nil || r.violation != nil {
		return
	}
	if !r.FaultStruck() {
		r.fail(Breachf(Works, "%v; no fault had struck", r.hook.died), Works)
		return
	}
	r.trace.remark(EventNote, r.At(), r.hook.died.Error())
}

// finishEpoch judges an epoch whose actors came to their end, and crashes it
// there once more.
func (r *Run) finishEpoch(err error) {
	r.gate.lock(r.hook)
	defer r.gate.unlock(r.hook)
	switch {
	case errors.Is(err, ErrDeadlock):
		r.fail(Breachf(Progress, "every actor waits for another: %s", r.waiting()), Progress)
	case errors.Is(err, errHang):
		r.fail(r.hung(r.sched.actors...), Progress)
	case err != nil:
		r.fail(err, Progress)
	case r.closesFiles && !r.FaultStruck():
		r.fail(r.leftOpen(), Works)
	}
	if r.violation == nil && !r.endedByIgnoredLaw {
		r.hook.step++
		r.hook.op = vfs.Op{}
		r.explorer.Visit(r, r.hook)
	}
}

func (r *Run) waiting() string {
	text := ""
	for _, a := range r.sched.actors {
		if !a.done {
			text += " " + a.name
		}
	}
	return "waiting:" + text
}
