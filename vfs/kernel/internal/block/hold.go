package block

import "time"

// held are the writes that a device with a long queue works on last.
type held struct {
	which func(e *Entry) bool
	over  chan struct{}
	limit time.Duration
}

// Hold makes some writes wait until Release, while those that the kernel asked
// for later overtake them: a device may work on what it was asked in any order
// until a flush. A write that the kernel waits for goes on after the limit, so
// that nothing waits for ever. The log, and with it each crash image, has a write
// where it took effect.
func (d *Device) Hold(limit time.Duration, which func(e *Entry) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.release()
	d.held = &held{which: which, over: make(chan struct{}), limit: limit}
}

// Release lets the writes go on that are held.
func (d *Device) Release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.release()
}

func (d *Device) release() {
	if d.held != nil {
		close(d.held.over)
		d.held = nil
	}
}

// wait waits while a request is held.
func (d *Device) wait(e *Entry) {
	d.mu.Lock()
	h := d.held
	d.mu.Unlock()
	if h == nil || e.Kind != Write || !h.which(e) {
		return
	}
	limit := time.NewTimer(h.limit)
	defer limit.Stop()
	select {
	case <-h.over:
	case <-limit.C:
	}
}
