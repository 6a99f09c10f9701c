package block

import (
	"slices"
	"sync"
	"syscall"
)

// Fault makes requests fail. The fields that are set must all fit.
type Fault struct {
	Kind Kind // Write or Flush
	// Match, if not nil, is asked about each write.
	Match func(off int64, data []byte) bool
	// Times is how often it strikes; 0: always.
	Times int
	// Err is what the kernel is told, EIO if it is 0.
	Err syscall.Errno
	// Struck counts.
	Struck int
}

func (f *Fault) strikes(e *Entry) bool {
	if f.Kind != e.Kind || f.Times > 0 && f.Struck >= f.Times || f.Match != nil && !f.Match(e.Off, e.Data) {
		return false
	}
	f.Struck++
	return true
}

// Device is the store that is attached now, and the log of it. It is safe for
// concurrent use. A request is in the log at the moment at which it takes
// effect; a request that failed is not there.
type Device struct {
	mu     sync.Mutex
	store  *Store
	log    *Log
	faults []*Fault
	size   int64
}

// NewDevice returns a device of that size with nothing in it.
func NewDevice(sizeBytes int64) *Device {
	return &Device{store: NewStore(sizeBytes), size: sizeBytes}
}

// Size in bytes.
func (d *Device) Size() int64 { return d.size }

// Attach puts another content into the device; faults end. Nothing may be
// mounted.
func (d *Device) Attach(s *Store) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.store, d.log, d.faults = s, nil, nil
}

// Record begins a log: all that the device holds now is durable.
func (d *Device) Record() {
	d.mu.Lock()
	defer d.mu.Unlock()
	base := d.store
	d.store, d.log = base.Clone(), &Log{Base: base}
}

// Recorded ends the log and returns it.
func (d *Device) Recorded() *Log {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.log
	d.log = nil
	return l
}

// Mark notes that a step begins or has returned.
func (d *Device) Mark(k Kind) { d.note(Entry{Kind: k}) }

// SetFaults replaces the faults that strike from now on.
func (d *Device) SetFaults(f ...*Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = f
}

func (d *Device) note(e Entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.log != nil {
		d.log.Entries = append(d.log.Entries, e)
	}
}

// ReadAt fills b.
func (d *Device) ReadAt(b []byte, off int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.store.ReadAt(b, off)
}

// Do does what the kernel asks. The data of a write is copied.
func (d *Device) Do(e Entry) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.faults {
		if f.strikes(&e) {
			if f.Err != 0 {
				return f.Err
			}
			return syscall.EIO
		}
	}
	if d.log != nil {
		kept := e
		kept.Data = slices.Clone(e.Data)
		d.log.Entries = append(d.log.Entries, kept)
	}
	d.store.apply(&e, nil)
	return 0
}
