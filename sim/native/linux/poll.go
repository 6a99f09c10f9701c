//go:build linux && amd64

package linux

import (
	"math"
	"syscall"
	"time"
	"unsafe"
)

// pollEntry is struct pollfd.
type pollEntry struct {
	fd              int32
	events, revents int16
}

// What poll tells: a regular file can always be read and written.
const (
	pollAlways  = 0x001 | 0x004 | 0x040 | 0x100 // POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
	pollInvalid = 0x020                         // POLLNVAL
)

func poll(p *Process, c Call) (uintptr, syscall.Errno) {
	milliseconds := int32(c.A3)
	return p.poll(c, time.Duration(milliseconds)*time.Millisecond, milliseconds < 0)
}

func ppoll(p *Process, c Call) (uintptr, syscall.Errno) {
	if c.P3 == nil {
		return p.poll(c, 0, true)
	}
	t := (*syscall.Timespec)(c.P3)
	if t.Sec < 0 || t.Nsec < 0 || t.Nsec >= 1e9 {
		return fail(syscall.EINVAL)
	}
	return p.poll(c, time.Duration(t.Nano()), false)
}

// poll says which of the entries are ready, and waits if none is.
func (p *Process) poll(c Call, patience time.Duration, forEver bool) (uintptr, syscall.Errno) {
	entries := unsafe.Slice((*pollEntry)(c.P1), c.A2)
	ready, others := uintptr(0), make([]pollEntry, len(entries))
	machine := false
	for i := range entries {
		e := &entries[i]
		others[i] = pollEntry{fd: -1}
		switch {
		case e.fd < 0:
			e.revents = 0
		case e.fd < FirstDescriptor:
			others[i], machine = *e, true
		case p.lookup(uintptr(e.fd)) == nil:
			e.revents = pollInvalid
		default:
			e.revents = e.events & pollAlways
		}
		if others[i].fd < 0 && e.revents != 0 {
			ready++
		}
	}
	if machine {
		more, errno := askKernel(entries, others)
		if errno != 0 {
			return fail(errno)
		}
		ready += more
	}
	switch {
	case ready > 0, patience == 0 && !forEver:
		return ready, 0
	case machine:
		return p.unsupported("a poll that waits for a descriptor of the machine, beside simulated ones")
	case forEver:
		patience = math.MaxInt64
	}
	p.sys.services.Sleep(patience)
	return 0, 0
}

// askKernel has the kernel say which of its own descriptors are ready, and does not
// wait. Those of others that are none of its own are negative.
func askKernel(entries, others []pollEntry) (ready uintptr, errno syscall.Errno) {
	ready, _, errno = syscall.RawSyscall(syscall.SYS_POLL, uintptr(unsafe.Pointer(&others[0])), uintptr(len(others)), 0)
	for i, e := range others {
		if errno == 0 && e.fd >= 0 {
			entries[i].revents = e.revents
		}
	}
	return ready, errno
}
