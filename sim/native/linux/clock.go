//go:build linux && amd64

package linux

import (
	"syscall"
	"time"
)

// clockGettime has all clocks show the run's.
func clockGettime(p *Process, c Call) (uintptr, syscall.Errno) {
	const clocks = 12
	if c.A1 >= clocks {
		return fail(syscall.EINVAL)
	}
	if c.P2 != nil {
		*(*syscall.Timespec)(c.P2) = syscall.NsecToTimespec(p.sys.services.Now().UnixNano())
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
	return p.sleep(*(*syscall.Timespec)(c.P1), false)
}

func clockNanosleep(p *Process, c Call) (uintptr, syscall.Errno) {
	const absolute = 1
	return p.sleep(*(*syscall.Timespec)(c.P3), c.A2&absolute != 0)
}

func (p *Process) sleep(t syscall.Timespec, absolute bool) (uintptr, syscall.Errno) {
	if t.Nsec < 0 || t.Nsec >= 1e9 || t.Sec < 0 {
		return fail(syscall.EINVAL)
	}
	d := time.Duration(t.Nano())
	if absolute {
		d = time.Unix(t.Sec, t.Nsec).Sub(p.sys.services.Now())
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
