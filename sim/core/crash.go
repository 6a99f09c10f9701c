package core

import (
	"encoding/binary"
	"fmt"

	"powercut/vfs"
)

// Crash is what a recovery finds: one lawful crash image, and how it came
// about.
type Crash struct {
	// Kind is what a recovery is judged by: PowerCut if this crash, or one of
	// those before it in the same chain of recoveries, was one, else
	// ProcessCrash. What kind this crash was by itself, Choice.Kind says.
	Kind vfs.CrashKind
	// Clean is true if the actors had come to their end before.
	Clean bool
	Epoch int
	// Step is the number of the operation, counted from 1 in its epoch or
	// recovery, before which the crash came.
	Step uint64
	// Depth is 0 for a crash of the workload, 1 for one of its recovery, 2 for
	// one of the recovery after that.
	Depth int
	// Before is the crash whose recovery this one interrupted, nil at depth 0.
	Before *Crash
	// Choice names the image.
	Choice vfs.Choice

	r     *Run
	image *vfs.Image
	disk  *vfs.Disk
	hook  *Point
}

// Disk returns the disk to recover from. It is the same at each call, and its
// operations are part of the run: recovery may be crashed at any of them.
func (c *Crash) Disk() *vfs.Disk {
	if c.disk == nil {
		c.mount(c.image)
	}
	return c.disk
}

// PowerCut cuts the power of what is being recovered, and mounts one of the images
// that this may leave: Disk returns another disk from now on.
func (c *Crash) PowerCut(src vfs.Source) {
	image := c.Disk().Crash(c.r.settings.Profile, src)
	defer image.Release()
	c.r.release(c.disk)
	c.Kind = vfs.PowerCut
	c.mount(image)
}

// mount makes an image the disk to recover from. A disk that was full has room then:
// somebody made some.
func (c *Crash) mount(image *vfs.Image) {
	c.disk = image.Mount(c.r.diskOptions(c.hook, nil))
	c.disk.LiftCapacity()
	c.hook.disk = c.disk
	c.hook.reported.Store(nil) // of the machine that it was before
}

// Image is what the crash leaves. It belongs to the run.
func (c *Crash) Image() *vfs.Image { return c.image }

// Reported is the first error that this recovery's disk gave because of a fault that had
// struck before the crash, as the write-back that fails is reported by a later fsync; nil
// if there was none.
func (c *Crash) Reported() error {
	if err := c.hook.reported.Load(); err != nil {
		return *err
	}
	return nil
}

// EndRecovery says that the recovery is over. What the program does with the disk
// from here on, to look closer at it, has no crash points any more.
func (c *Crash) EndRecovery() { c.hook.explore = false }

// Mount returns the image once more, as another disk with its own faults. Its
// operations are not part of the run. The caller releases the disk.
func (c *Crash) Mount(injector vfs.Injector) *vfs.Disk {
	return c.image.Mount(c.r.diskOptions(nil, injector))
}

// String says what kind of crash it was by itself, and where it came: "process
// crash before operation 3 of the recovery".
func (c *Crash) String() string { return crashTitle(c.Choice.Kind, c.At()) }

// At is where in the run the crash came.
func (c *Crash) At() CrashPlace {
	return CrashPlace{Step: c.Step, Clean: c.Clean, Epoch: c.Epoch, Epochs: c.r.settings.Epochs, Depth: c.Depth}
}

// remark puts a crash into the trace.
func (c *Crash) remark() {
	if c.r.trace.keep {
		c.r.trace.remark(EventImage, position{epoch: c.Epoch, depth: c.Depth, step: c.Step}, c.String()+": "+c.Choice.String())
	}
}

// losses is what a reader is told of the crash.
func (c *Crash) losses() CrashLosses {
	return CrashLosses{Title: c.String(), Choice: c.Choice, Lost: c.image.Lost()}
}

// CrashPlace is where in a run a crash came.
type CrashPlace struct {
	Step          uint64
	Clean         bool // after the last operation of its epoch
	Epoch, Epochs int  // which one, of how many
	Depth         int
}

// crashTitle is what a crash is called wherever a person reads of it. An image of
// a recovery is of a kind of its own, whatever crash that recovery is from.
func crashTitle(kind vfs.CrashKind, at CrashPlace) string {
	when := fmt.Sprintf("before operation %d of", at.Step)
	if at.Clean {
		when = "after the last operation of"
	}
	return fmt.Sprintf("%s %s %s", kind, when, at.Level())
}

// Level names what the crash struck: the workload, the recovery from a crash of
// that, the recovery from a crash of that recovery, and so on.
func (at CrashPlace) Level() string {
	what := "the workload"
	switch at.Depth {
	case 0:
	case 1:
		what = "the recovery"
	case 2:
		what = "the recovery after that"
	default:
		what = fmt.Sprintf("recovery number %d in a row", at.Depth)
	}
	if at.Epochs > 1 {
		what += fmt.Sprintf(" in epoch %d", at.Epoch)
	}
	return what
}

// Judge recovers an image, taken by h before its operation h.step, and has the
// program judge what comes back. It takes the image over.
func (r *Run) Judge(h *Point, image *vfs.Image) {
	defer image.Release()
	kind, digest := h.Kind(image), image.Digest()
	if r.judgedAs(kind)(digest) {
		r.result.ImagesSkipped++
		return
	}
	if oracle := r.program.OracleDigest(); oracle != 0 && !r.probe.JudgeAll {
		r.judged[judgedKey{image: digest, oracle: oracle, kind: kind}] = struct{}{}
	}
	crash := r.crashAt(h, image)
	r.result.Images++
	r.probe.crashed(h, crash)
	if h.op.Kind != 0 {
		r.result.Coverage[Cell{Step: r.protocolStep(h.op), Op: h.op.Kind.String(), Crash: crash.cause()}]++
	}
	r.trace.mixBytes(digest[:])
	crash.remark()

	inner := &Point{r: r, epoch: r.epoch, depth: h.depth + 1, crash: crash, explore: r.explorer.CrashRecovery(r, h.depth+1)}
	if inner.explore {
		r.result.RecoveriesCrashed++
	}
	crash.hook = inner
	outerPoint := r.innermost.Swap(inner)
	outer, entropy := r.judging, r.entropy
	r.judging, r.entropy = crash, entropyOf(digest, h.depth)
	err := r.recover(crash)
	if !inner.cut && r.violated(err, Recovers) { // if it was cut, nobody heard what it returned
		r.disk.PowerCut()
		r.hook.cut = true
	}
	r.judging, r.entropy = outer, entropy
	r.innermost.Store(outerPoint)
	inner.close()
	if crash.disk != nil {
		r.release(crash.disk)
	}
}

// entropyOf is what a recovery draws from: the image alone decides it, so that the
// workload's next random bytes are the same however many images were judged before.
func entropyOf(image vfs.Digest, depth int) *Stream {
	return Seed(binary.LittleEndian.Uint64(image[:8])).Sub(uint64(depth)).Stream("entropy")
}

// judgedAs returns what says whether an image was judged before, as what a crash of that
// kind leaves, at the state that the oracle has now.
func (r *Run) judgedAs(kind vfs.CrashKind) func(vfs.Digest) bool {
	oracle := uint64(0)
	if !r.probe.JudgeAll {
		oracle = r.program.OracleDigest()
	}
	return func(digest vfs.Digest) bool {
		_, judged := r.judged[judgedKey{image: digest, oracle: oracle, kind: kind}]
		return judged && oracle != 0
	}
}

// cause names the kind of crash, and where it came, for the coverage matrix.
func (c *Crash) cause() string {
	if c.Depth > 0 {
		return c.Choice.Kind.String() + inRecovery
	}
	return c.Choice.Kind.String()
}

// crashAt describes the crash that h is about to suffer.
func (r *Run) crashAt(h *Point, image *vfs.Image) *Crash {
	return &Crash{Kind: h.Kind(image), Clean: h.depth == 0 && h.op.Kind == 0, Epoch: r.epoch, Step: h.step, Depth: h.depth,
		Before: h.crash, Choice: image.Choice(), r: r, image: image}
}
