package sim

import (
	"runtime"
	"sync"

	"powercut/vfs"
)

// hook stands between a disk and the run: at each operation it lets the
// schedule switch actors, takes crash images, and cuts the power.
type hook struct {
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

	// of the external gate alone
	mu     sync.Mutex
	closed bool // whoever comes now comes too late to be part of the run
	after  int  // operations since the power was cut, of goroutines that are no actors
}

// close ends the part that a hook has in the run.
func (h *hook) close() {
	h.r.gate.lock(h)
	defer h.r.gate.unlock(h)
	h.closed = true
}

// Before implements vfs.Hook.
func (h *hook) Before(op vfs.Op) { h.r.gate.before(h, op) }

// begin is what happens when it is this operation's turn.
func (h *hook) begin(op vfs.Op) {
	r := h.r
	if h.cut || r.violation != nil {
		h.afterCut()
		return
	}
	h.step++
	h.op = op
	r.result.Operations++
	if h.step > r.settings.StepBudget {
		h.powerCut()
		r.fail(Breachf(Progress, "more than %d operations, the last of them %s %s", r.settings.StepBudget, op.Kind, op.Path), Progress)
		return
	}
	if h.depth == 0 || h.explore {
		r.explorer.visit(r, h)
	}
	if len(h.late) > 0 && !h.cut {
		h.catchUp()
	}
}

// afterCut lets the code under test see its operations fail for a while, and
// then ends the goroutine that it runs in.
func (h *hook) afterCut() {
	if !h.cut {
		h.powerCut()
	}
	a := h.actor
	if h.depth == 0 {
		a = h.r.sched.current
	}
	if a == nil {
		return
	}
	a.opsAfter++
	if a.opsAfter > maxOpsAfterCut {
		a.abandoned = true
		runtime.Goexit()
	}
}

// crashInto makes image what the next epoch begins with, and cuts the power.
func (h *hook) crashInto(image *vfs.Image) {
	h.next = image
	h.r.last = h.r.crashAt(h, image)
	h.r.record.crashes = append(h.r.record.crashes, h.r.last.losses())
	h.r.last.remark()
	if h.r.account != nil {
		h.r.account.crashed(h.r, h, h.r.last)
	}
	h.powerCut()
}

func (h *hook) powerCut() {
	h.cut = true
	h.disk.PowerCut()
}

// After implements vfs.Hook.
func (h *hook) After(op vfs.Op, res vfs.Result) { h.r.gate.after(h, op, res) }

// told takes note of what the caller of an operation is about to be told.
func (h *hook) told(op vfs.Op, res vfs.Result) {
	if h.cut {
		return
	}
	if h.r.barriers != nil {
		h.insertBarriers(op, res)
	}
	if len(h.late) > 0 {
		h.passBy(op)
	}
	at := position{epoch: h.epoch, depth: h.depth, step: h.step}
	if h.depth == 0 && h.r.sched.current != nil {
		at.actor = h.r.sched.current.name
	}
	fault := ""
	if h.depth == 0 { // latency strikes without changing the result
		if kind, struck := h.r.injector.Struck(op.Seq); struck {
			fault = kind.String()
		}
	}
	h.r.trace.op(at, op, res, fault)
	if h.depth == 0 {
		h.r.record.saw(h.epoch, op)
		h.r.result.Coverage[Cell{Step: h.r.protocolStep(op), Op: op.Kind.String(), Fault: fault}]++
	}
}
