package vfs

import (
	"io/fs"
	"sync"
	"time"
)

// Options are the properties of a disk. The zero value is an endless device
// that tears at 512 bytes, with nobody watching.
type Options struct {
	Injector Injector // nil: nothing fails
	Hook     Hook     // nil: nobody watches
	// Now gives the times that files carry. It is called with the disk's lock
	// held. Nil: the year 2000, a microsecond further with each operation.
	Now func() time.Time
	// Sleep is told the latency of an operation, outside of the disk's lock,
	// before the operation takes place. Nil: latency is counted alone, see
	// Disk.Delayed.
	Sleep func(time.Duration)
	// Clock is told what else happens to an operation's time, if anything does, where
	// Sleep is. Nil: nothing comes of that.
	Clock func(b Beside)
	// NotesOpens has Disk.OpenedBy know what is open.
	NotesOpens bool
	// CapacityBytes bounds what the files of the disk may hold, in blocks of
	// 4 KiB. 0: no bound.
	CapacityBytes int64
	// Mounts are the devices beside that of the root. New panics if CheckMounts has
	// something to say of them.
	Mounts []Mount
	// SectorBytes is what the device writes atomically: 512, or 4096. 0 is 512.
	SectorBytes int
	// Filesystem says how a disk acts beyond crashes: whether it turns
	// read-only or shuts down when its journal fails, and what still works when
	// it is full. The zero value is POSIX, which turns read-only.
	Filesystem Profile
}

// Disk is a simulated disk with a filesystem. It implements afero.Fs. It is
// safe for use by several goroutines.
type Disk struct {
	mu       sync.Mutex
	options  Options
	hook     Hook
	injector Injector
	seq      int64 // of the last operation, counted on from the disk before
	mounted  int64 // seq when the disk was mounted
	cut      bool  // the power is off
	delayed  time.Duration
	handles  int64     // that are open
	opens    []*handle // those, if Options.NotesOpens
	quota    Quota     // of the operation that is in progress

	layer   *layer
	frozen  table[inode] // as of the last image, with hashes
	nodes   table[node]
	nextIno uint64
	touched []*node
	dirty   []*node
	erred   []*node // of which a failure may not have been told yet
	names   []nameEffect
	cuts    int  // pending truncations
	zeroed  bool // blocks were freed otherwise: holes were made
	moves   uint64
	history []foreignPage
	locks   []string
	// mountPoint is where absolute symbolic links find the root.
	mountPoint string

	devices []device // the main one first
	scratch []byte
}

// logEntry says which operation wrote which bytes, for provenance.
type logEntry struct {
	seq     int64
	ino     uint64
	off, n  int64
	cut     bool // a truncation; what lay there is zero
	dropped bool // a failed fsync: it never got to the medium
}

// New returns an empty disk: a root directory, durable.
func New(options Options) *Disk {
	d := newDisk(options, nil)
	root := &inode{ino: rootIno, mode: fs.ModeDir | 0o755, modNanos: epoch}
	account(d.layer, &d.frozen, []change{{after: root}})
	d.nextIno = rootIno + 1
	d.setCapacity(0, options.CapacityBytes)
	d.mount(options.Mounts)
	return d
}

func newDisk(options Options, below *layer) *Disk {
	d := &Disk{options: options, hook: options.Hook, injector: options.Injector, layer: newLayer(below), devices: []device{{root: rootIno}}}
	if d.options.SectorBytes == 0 {
		d.options.SectorBytes = 512
	}
	return d
}

// Release turns the power off and gives the disk's memory back for reuse, as
// soon as its images are released too. A disk that is not released is collected
// like anything else.
func (d *Disk) Release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut = true
	if d.layer == nil {
		return
	}
	d.nodes.each(0, func(_ uint64, n *node) bool { n.recycle(); return true })
	d.layer.release()
	d.layer, d.nodes, d.frozen = nil, table[node]{}, table[inode]{}
	d.touched, d.dirty, d.erred, d.names, d.locks, d.scratch, d.opens = nil, nil, nil, nil, nil, nil, nil
}

// epoch is when time begins on a disk without a clock.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()

// now is the time in nanoseconds since 1970.
func (d *Disk) now() int64 {
	if d.options.Now != nil {
		return d.options.Now().UnixNano()
	}
	return epoch + d.seq*int64(time.Microsecond)
}

// Name implements afero.Fs.
func (d *Disk) Name() string { return "powercut" }

// SetInjector replaces the injector. Nil: nothing fails from now on.
func (d *Disk) SetInjector(injector Injector) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.injector = injector
}

// SetHook replaces the hook.
func (d *Disk) SetHook(hook Hook) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hook = hook
}

// Ops returns the Seq of the last operation.
func (d *Disk) Ops() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return uint64(d.seq - d.mounted)
}

// Delayed returns the sum of the latencies of all operations so far.
func (d *Disk) Delayed() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.delayed
}

// PowerCut turns the power off: from now on every operation on the disk and on
// its handles returns ErrPowerCut and does nothing. Images can still be taken.
func (d *Disk) PowerCut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut = true
}

// begin is the start of every operation. It returns with the lock held. An
// error means that the operation must not do anything but return it.
func (d *Disk) begin(op *Op, out *Outcome) error {
	d.mu.Lock()
	return d.proceed(op, out, d.deviceOfOp(op))
}

// proceed is begin for a caller that holds the lock already, and knows the device.
func (d *Disk) proceed(op *Op, out *Outcome, dev uint8) error {
	device := &d.devices[dev]
	op.Device = device.name
	if d.hook != nil {
		hook := d.hook
		d.mu.Unlock()
		hook.Before(*op)
		d.mu.Lock()
	}
	d.seq++
	op.Seq = uint64(d.seq - d.mounted)
	if d.cut {
		return ErrPowerCut
	}
	d.quota = Quota{}
	if d.injector != nil {
		err := d.inject(op, out)
		d.quota = out.Quota
		device.offline = device.offline || out.Offline
		if out.ReadOnly {
			device.turnReadOnly(d.options.Filesystem)
		}
		if err != nil {
			return err
		}
	}
	if device.isGone() && op.Kind != OpClose {
		return &injectedError{errIO} // the fault's doing, like what it failed
	}
	return nil
}

func (d *Disk) inject(op *Op, out *Outcome) error {
	*out = d.injector.Inject(*op)
	if out.Evict {
		d.evictAll()
	}
	d.delayed += out.Latency
	if err := d.passTime(out); err != nil {
		return err
	}
	if out.Err != nil {
		out.Err = &injectedError{out.Err}
	}
	if out.Handles > 0 && d.handles >= out.Handles-1 && (op.Kind == OpOpen || op.Kind == OpCreate) {
		return &injectedError{errTooManyOpen}
	}
	if out.Modes {
		return d.forbids(op)
	}
	return nil
}

// passTime tells whoever keeps the clock, without the lock.
func (d *Disk) passTime(out *Outcome) error {
	sleep, clock := d.options.Sleep, d.options.Clock
	if out.Latency <= 0 {
		sleep = nil
	}
	if out.ClockBack == 0 && out.ClockStands == 0 && out.Stall == 0 {
		clock = nil
	}
	if sleep == nil && clock == nil {
		return nil
	}
	d.mu.Unlock()
	if sleep != nil {
		sleep(out.Latency)
	}
	if clock != nil {
		clock(out.Beside)
	}
	d.mu.Lock()
	if d.cut {
		return ErrPowerCut
	}
	return nil
}

// end gives the lock back, and tells the hook what the caller is told.
func (d *Disk) end(op *Op, out *Outcome, n int64, err error) {
	hook := d.hook
	d.mu.Unlock()
	if hook != nil {
		hook.After(*op, Result{N: n, Err: err, Injected: out.disturbs() || out.Evict})
	}
}

// effect resolves EffectDefault.
func (o *Outcome) effect() Effect {
	if o.Effect != EffectDefault {
		return o.Effect
	}
	if o.Err != nil {
		return EffectNone
	}
	return EffectFull
}

// node returns the live node of an inode number.
func (d *Disk) node(ino uint64) *node {
	if n := d.nodes.get(ino); n != nil {
		return n
	}
	frozen := d.frozen.get(ino)
	if frozen == nil {
		return nil
	}
	n := nodePool.Get().(*node)
	n.inode = *frozen
	n.ownAll(0)
	*d.nodes.slot(d.layer, ino) = n
	return n
}

// newNode makes a file or directory that has no name yet.
func (d *Disk) newNode(mode fs.FileMode, dev uint8) *node {
	n := nodePool.Get().(*node)
	n.inode = inode{ino: d.nextIno, dev: dev, mode: mode, modNanos: d.now()}
	n.created, n.synced, n.lastMeta, n.lastData = d.seq, d.seq, d.seq, d.seq
	d.nextIno++
	*d.nodes.slot(d.layer, n.ino) = n
	d.touch(n)
	return n
}

// touch notes that the table of the next image has to hear of the node.
func (d *Disk) touch(n *node) {
	if !n.touched {
		n.touched = true
		d.touched = append(d.touched, n)
	}
}

// refresh brings the frozen table up to date with the nodes.
func (d *Disk) refresh() {
	if len(d.touched) == 0 {
		return
	}
	changes := make([]change, len(d.touched))
	for i, n := range d.touched {
		frozen := n.inode
		changes[i] = change{before: d.frozen.get(n.ino), after: &frozen}
		n.touched = false
	}
	account(d.layer, &d.frozen, changes)
	for _, n := range d.touched {
		if n.dead {
			*d.frozen.slot(d.layer, n.ino), *d.nodes.slot(d.layer, n.ino) = nil, nil
		}
	}
	d.touched = d.touched[:0]
}
