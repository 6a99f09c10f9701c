//go:build linux && amd64

package linux

import (
	"syscall"
	"time"
)

// The clocks that nobody can set.
const (
	clockMonotonic       = 1
	clockMonotonicRaw    = 4
	clockMonotonicCoarse = 6
	clockBoottime        = 7
)

// reads says what a clock shows, in nanoseconds.
func (s *System) reads(clock uintptr) int64 {
	switch clock {
	case clockMonotonic, clockMonotonicRaw, clockMonotonicCoarse, clockBoottime:
		return s.services.Monotonic()
	}
	return s.services.Now().UnixNano()
}

// clockGettime has all clocks show the run's.
func clockGettime(p *Process, c Call) (uintptr, syscall.Errno) {
	const clocks = 12
	if c.A1 >= clocks {
		return fail(syscall.EINVAL)
	}
	if c.P2 != nil {
		*(*syscall.Timespec)(c.P2) = syscall.NsecToTimespec(p.sys.reads(c.A1))
	}
	return 0, 0
}

func gettimeofday(p *Process, c Call) (uintptr, syscall.Errno) {
	if c.P1 != nil {
		*(*syscall.Timeval)(c.P1) = syscall.NsecToTimeval(p.sys.services.Now().UnixNano())
	}
	return 0, 0
}

func timeCall(p *Process, c Call) (uintptr, syscall.Errno) {
	now := p.sys.services.Now().Unix()
	if c.P1 != nil {
		*(*int64)(c.P1) = now
	}
	return uintptr(now), 0
}

func nanosleep(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.sleep(*(*syscall.Timespec)(c.P1), 0, false)
}

func clockNanosleep(p *Process, c Call) (uintptr, syscall.Errno) {
	const absolute = 1
	return p.sleep(*(*syscall.Timespec)(c.P3), c.A1, c.A2&absolute != 0)
}

func (p *Process) sleep(t syscall.Timespec, clock uintptr, absolute bool) (uintptr, syscall.Errno) {
	if t.Nsec < 0 || t.Nsec >= 1e9 || t.Sec < 0 {
		return fail(syscall.EINVAL)
	}
	d := time.Duration(t.Nano())
	if absolute {
		d -= time.Duration(p.sys.reads(clock))
	}
	if d > 0 {
		p.sys.services.Sleep(d)
	}
	return 0, 0
}

func getrandom(p *Process, c Call) (uintptr, syscall.Errno) {
	b := make([]byte, min(c.A2, 1<<25))
	p.sys.services.Entropy(b)
	return uintptr(copy(memory(c.P1, c.A2), b)), 0
}
