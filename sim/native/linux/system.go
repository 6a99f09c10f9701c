//go:build linux && amd64

package linux

import (
	"fmt"
	"sync"
	"syscall"
	"time"

	"powercut/vfs"
)

// Services are what a System asks of whoever runs it. None may be nil.
type Services struct {
	Now       func() time.Time
	Monotonic func() int64 // nanoseconds that have passed, since whenever
	Sleep     func(time.Duration)
	Entropy   func([]byte) // fills with random bytes: /dev/urandom
	// Unsupported is told of what can't be answered. It may end the process; if it
	// returns, the call fails with ENOSYS.
	Unsupported func(what string)
	// Relative is told whether relative paths are on a simulated disk from now on.
	Relative func(on bool)
}

// Top is the directory beneath which all mounts are. It can be looked at, not read.
const Top = "/powercut"

// FirstDescriptor is the smallest number of a simulated descriptor, and Descriptors
// how many there may be. The kernel has none so large.
const (
	FirstDescriptor = 1 << 20
	Descriptors     = 1 << 20
)

// System is the mounts, and the part of the address space that mappings are in.
type System struct {
	services Services
	space    addresses

	mu     sync.Mutex
	mounts map[string]*mount // looked up in, never ranged over
	order  []*mount          // the same, in the order in which they were made
	made   int
}

// mount is a disk with a path.
type mount struct {
	name string // below Top
	dev  uint64
	disk *vfs.Disk

	mu       sync.Mutex // of the locks
	released *sync.Cond // when one is given back
	locks    map[uint64][]lock
}

// NewSystem reserves the address space of the mappings.
func NewSystem(services Services) (*System, error) {
	s := &System{services: services, mounts: map[string]*mount{}}
	return s, s.space.reserve()
}

// Addresses returns the part [from, to) of the address space in which all mappings
// are: a call with an address there is the system's to answer.
func (s *System) Addresses() (from, to uintptr) { return s.space.first, s.space.end }

// Mount gives a disk a path that all processes see, and returns it. unmount is for when
// nobody uses it any more.
func (s *System) Mount(d *vfs.Disk) (dir string, unmount func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.newMount(fmt.Sprintf("%06d", s.made+1), d)
	s.mounts[m.name] = m
	return Top + "/" + m.name, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.mounts, m.name)
		s.forget(m)
	}
}

// newMount makes a mount. Each has a device number of its own: programs tell files
// apart by device and inode.
func (s *System) newMount(name string, d *vfs.Disk) *mount {
	s.made++
	m := &mount{name: name, dev: 0x70_0000 + uint64(s.made), disk: d, locks: map[uint64][]lock{}}
	m.released = sync.NewCond(&m.mu)
	d.SetMountPoint(Top + "/" + name)
	s.order = append(s.order, m)
	return m
}

func (s *System) forget(m *mount) {
	for i, other := range s.order {
		if other == m {
			s.order = append(s.order[:i:i], s.order[i+1:]...)
			return
		}
	}
}

// all returns the mounts that there are.
func (s *System) all() []*mount {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*mount(nil), s.order...)
}

// unsupported ends a call that can't be answered.
func (p *Process) unsupported(format string, args ...any) (uintptr, syscall.Errno) {
	p.sys.services.Unsupported(fmt.Sprintf(format, args...))
	return fail(syscall.ENOSYS)
}
