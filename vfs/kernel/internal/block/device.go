package block

import (
	"slices"
	"sync"
	"syscall"
)

// Fault makes requests fail.
type Fault struct {
	Kind Kind // Write or Flush
	// Fails, for writes, is asked about each page of a request. If it holds for
	// one the request fails, but the other pages are written, as by a disk with
	// a bad sector.
	Fails func(page []byte) bool
	// Times is how many requests it strikes; 0: all.
	Times int
	// Err is what the kernel is told, EIO if it is 0.
	Err syscall.Errno
	// Struck counts requests.
	Struck int
}

// spared returns what is written all the same of a request that fails, ok if the
// fault strikes it.
func (f *Fault) spared(e *Entry) (spared []Entry, ok bool) {
	if f.Kind != e.Kind || f.Times > 0 && f.Struck >= f.Times {
		return nil, false
	}
	for at := 0; at < len(e.Data); at += pageBytes {
		page := e.Data[at:min(at+pageBytes, len(e.Data))]
		if f.Fails(page) {
			ok = true
			continue
		}
		spared = append(spared, Entry{Kind: Write, Off: e.Off + int64(at), Len: int64(len(page)), Data: page})
	}
	return spared, ok || e.Kind != Write
}

// Device is the store that is attached now, and the log of it. It is safe for
// concurrent use. A request is in the log at the moment at which it takes
// effect; of a request that failed, only what was written all the same is there.
type Device struct {
	mu     sync.Mutex
	store  *Store
	log    *Log
	faults []*Fault
	held   *held
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
	d.release()
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
	d.wait(&e)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.faults {
		spared, strikes := f.spared(&e)
		if !strikes {
			continue
		}
		f.Struck++
		for _, s := range spared {
			d.do(s)
		}
		if f.Err != 0 {
			return f.Err
		}
		return syscall.EIO
	}
	d.do(e)
	return 0
}

func (d *Device) do(e Entry) {
	if d.log != nil {
		kept := e
		kept.Data = slices.Clone(e.Data)
		d.log.Entries = append(d.log.Entries, kept)
	}
	d.store.apply(&e, nil)
}
