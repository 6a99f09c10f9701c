package core

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"powercut/vfs"
)

// Point is where an execution stands: before an operation on one disk of a run,
// that of an epoch or that of a recovery. As the disk's hook it lets the schedule
// switch actors at each operation, lets the explorer judge images, and cuts the
// power.
type Point struct {
	r     *Run
	disk  *vfs.Disk
	epoch int
	depth int    // 0: the workload; 1: a recovery; 2: the recovery after a crash in that
	step  uint64 // operations begun on this disk, in the order in which they happen

	crash   *Crash // depth > 0: what is being recovered
	actor   *actor // depth > 0: the coroutine that recovers
	explore bool   // depth > 0: whether this recovery is crashed in turn

	op   vfs.Op     // that is about to happen, or the zero Op at the end of an epoch
	cut  bool       // the power is off
	next *vfs.Image // what the next epoch begins with
	late []putOff   // barriers that a Sabotage puts off

	// disturbed says that a fault made an operation fail, or do less than it said.
	disturbed atomic.Bool
	// reported is, of a recovery, the first error of a fault that had struck before the crash.
	reported atomic.Pointer[error]

	opens map[uint64]Site // where files were opened, if the run wants that

	// of the external gate alone
	mu     sync.Mutex
	closed bool        // whoever comes now comes too late to be part of the run
	ended  atomic.Bool // closed, for those that must not wait
	origin *origin     // of goroutines that belong there; nil: none has begun

	died error // the engine ended itself

	atEnd []func() // see Run.AtEnd
}

// Run is the run that stands there.
func (h *Point) Run() *Run { return h.r }

// Disk is the one that the operation is on.
func (h *Point) Disk() *vfs.Disk { return h.disk }

// Op is the operation that is about to happen, the zero one at the end of an
// epoch.
func (h *Point) Op() vfs.Op { return h.op }

// Step is its number, counted from 1 on its disk.
func (h *Point) Step() uint64 { return h.step }

// Depth is 0 in an epoch, 1 in a recovery, 2 in the recovery from a crash of
// that.
func (h *Point) Depth() int { return h.depth }

// PowerIsOff says whether the power of the epoch, or of the recovery, was cut.
func (h *Point) PowerIsOff() bool { return h.cut }

// Next calls f as if it stood before the operation after this one.
func (h *Point) Next(f func()) {
	h.step++
	f()
	h.step--
}

// Explored says whether the recovery that the operation is part of is itself
// crashed.
func (h *Point) Explored() bool { return h.explore }

// close ends the part that a point has in the run.
func (h *Point) close() {
	h.r.gate.lock(h)
	defer h.r.gate.unlock(h)
	h.closed = true
	h.r.gate.closes(h)
	for _, f := range h.atEnd {
		f()
	}
	h.atEnd = nil
}

// Before implements vfs.Hook.
func (h *Point) Before(op vfs.Op) { h.r.gate.before(h, op) }

// begin is what happens when it is this operation's turn.
func (h *Point) begin(op vfs.Op) {
	r := h.r
	if h.cut || r.violation != nil {
		h.afterCut()
		return
	}
	h.step++
	h.op = op
	r.result.Operations++
	if h.step > r.settings.StepBudget {
		h.PowerCut()
		r.fail(Breachf(Progress, "more than %d operations, the last of them %s %s", r.settings.StepBudget, op.Kind, op.Path), Progress)
		return
	}
	if h.depth == 0 || h.explore {
		r.explorer.Visit(r, h)
	}
	if len(h.late) > 0 && !h.cut {
		h.catchUp()
	}
}

// afterCut lets the code under test see its operations fail for a while, and
// then ends the goroutine that it runs in.
func (h *Point) afterCut() {
	if !h.cut {
		h.PowerCut()
	}
	a := h.actor
	if h.depth == 0 {
		a = h.r.gate.self(h.r.sched)
	}
	if a == nil {
		return
	}
	a.opsAfter++
	if a.opsAfter > maxOpsAfterCut {
		if !a.abandoned { // what it deferred may come here again
			a.abandoned = true
			h.r.result.Abandoned++
		}
		runtime.Goexit()
	}
}

// CrashInto makes image what the next epoch begins with, and cuts the power.
func (h *Point) CrashInto(image *vfs.Image) {
	h.next = image
	h.r.last = h.r.crashAt(h, image)
	h.r.record.crashes = append(h.r.record.crashes, h.r.last.losses())
	h.r.last.remark()
	h.r.probe.crashed(h, h.r.last)
	h.PowerCut()
}

// PowerCut cuts the power: nothing more of the epoch, or of the recovery, happens.
func (h *Point) PowerCut() {
	h.cut = true
	h.disk.PowerCut()
}

// After implements vfs.Hook.
func (h *Point) After(op vfs.Op, res vfs.Result) { h.r.gate.after(h, op, res) }

// observe takes note of how an operation ended, before its caller hears of it.
func (h *Point) observe(op vfs.Op, res vfs.Result) {
	if h.cut {
		return
	}
	if h.r.probe.Done != nil {
		h.r.probe.Done(h, op, res)
	}
	if len(h.late) > 0 {
		h.passBy(op)
	}
	at := position{epoch: h.epoch, depth: h.depth, step: h.step}
	if h.depth == 0 {
		if a := h.r.gate.self(h.r.sched); a != nil {
			at.actor = a.name
		}
	}
	fault := ""
	if h.depth == 0 { // latency strikes without changing the result
		kind, struck := h.r.injector.Struck(op.Seq)
		if struck {
			fault = kind.String()
		}
		if struck && !kind.Beside() || errors.Is(res.Err, vfs.ErrInjected) || h.r.isFull(res.Err) {
			h.disturbed.Store(true)
		}
	} else if err := res.Err; errors.Is(err, vfs.ErrInjected) && !res.Injected { // by no fault of this operation
		h.reported.CompareAndSwap(nil, &err)
	}
	if h.r.closesFiles && res.Err == nil && h.depth == 0 && (op.Kind == vfs.OpOpen || op.Kind == vfs.OpCreate) {
		h.noteOpen(op)
	}
	h.r.trace.op(at, op, res, fault)
	if h.depth == 0 {
		h.r.record.saw(h.epoch, op)
		h.r.result.Coverage[Cell{Step: h.r.protocolStep(op), Op: op.Kind.String(), Fault: fault}]++
	}
}

// Kind is PowerCut if the image, or the one whose recovery h belongs to, is of
// a power cut.
func (h *Point) Kind(image *vfs.Image) vfs.CrashKind { return h.judgedBy(image.Kind()) }

// judgedBy is Kind of an image of that kind by itself.
func (h *Point) judgedBy(own vfs.CrashKind) vfs.CrashKind {
	if h.crash != nil && h.crash.Kind == vfs.PowerCut {
		return vfs.PowerCut
	}
	return own
}

// putOff is a barrier that happens behind the operation after it: a crash that
// comes between that and the one that follows finds it undone.
type putOff struct {
	op  vfs.Op
	due bool // that operation is done
}

// passBy notes that an operation is done before the barriers that were put off.
func (h *Point) passBy(op vfs.Op) {
	for i := range h.late {
		late := &h.late[i]
		if late.op.Seq < op.Seq {
			late.due = true
			if op.Kind == vfs.OpRename && op.Path == late.op.Path {
				late.op.Path = op.NewPath
			}
		}
	}
}

// catchUp does what is due.
func (h *Point) catchUp() {
	for len(h.late) > 0 && h.late[0].due {
		late := h.late[0].op
		h.late = h.late[1:]
		h.disk.Quietly(func() {
			// The file may be gone by now. Then the barrier comes too late to
			// matter, and its error is no news.
			switch late.Kind {
			case vfs.OpSync, vfs.OpSyncDir:
				_ = h.disk.Persist(late.Path)
			case vfs.OpRename:
				_ = h.disk.Rename(late.Path, late.NewPath)
			case vfs.OpTruncate:
				if f, err := h.disk.OpenFile(late.Path, os.O_WRONLY, 0); err == nil {
					_ = f.Truncate(late.Offset)
					_ = f.Close()
				}
			}
		})
	}
}
