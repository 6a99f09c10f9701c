//go:build linux && amd64

package linux

import (
	"sync"
	"syscall"

	"powercut/vfs"
)

// Process is what a program sees of a System. It is safe for use by several
// goroutines, its threads.
type Process struct {
	sys   *System
	name  string // of its own disk, below Top
	own   *mount
	slot  int // of the address space, -1 until it maps something
	files memoryFiles

	mu      sync.Mutex
	numbers []*number // by descriptor, from FirstDescriptor on
	cwd     *description
}

// number is a descriptor.
type number struct {
	*description
	closeOnExec bool
}

// NewProcess starts a process that sees a disk of its own at Top/name, beside those
// that are mounted for all.
func (s *System) NewProcess(name string, d *vfs.Disk) *Process {
	p := &Process{sys: s, name: name, slot: -1}
	if d != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		p.own = s.newMount(name, d)
	}
	return p
}

// End is the death of the process: its descriptors, locks and mappings are gone. The
// disk is left as it is: closing is nothing that a dead program does to it.
func (p *Process) End() {
	p.mu.Lock()
	numbers := p.numbers
	p.numbers, p.cwd = nil, nil
	p.mu.Unlock()
	for _, n := range numbers {
		if n != nil {
			n.description.unlock(p)
		}
	}
	p.unmapAll()
	p.sys.mu.Lock()
	defer p.sys.mu.Unlock()
	if p.own != nil {
		p.sys.forget(p.own)
	}
}

// LeaveDirectory is for when the working directory is not on a simulated disk any
// more: the kernel changed it.
func (p *Process) LeaveDirectory() {
	p.mu.Lock()
	was := p.cwd
	p.cwd = nil
	p.mu.Unlock()
	if was != nil {
		p.sys.services.Relative(false)
		p.drop(was)
	}
}

// Call answers a system call as the kernel would: with the value that it returns, or
// an errno. NotMine says that the call is to be handed to the kernel.
func (p *Process) Call(c Call) (uintptr, syscall.Errno) {
	call := calls[c.Trap]
	if call.do == nil {
		return p.unsupported("system call %s on a simulated disk", nameOf(c.Trap))
	}
	p.files.takeStores(p)
	r, errno := call.do(p, c)
	p.files.refresh()
	return r, errno
}

// lookup is the description of a descriptor, nil if there is none.
func (p *Process) lookup(fd uintptr) *description {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := p.at(fd); n != nil {
		return n.description
	}
	return nil
}

// at is the descriptor of a number. mu is held.
func (p *Process) at(fd uintptr) *number {
	if i := int(int32(fd)) - FirstDescriptor; 0 <= i && i < len(p.numbers) {
		return p.numbers[i]
	}
	return nil
}

// add gives a description the smallest number that is free, from least on.
func (p *Process) add(d *description, least uintptr, closeOnExec bool) (uintptr, syscall.Errno) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := max(int(least)-FirstDescriptor, 0)
	for i < len(p.numbers) && p.numbers[i] != nil {
		i++
	}
	if i >= Descriptors {
		return fail(syscall.EMFILE)
	}
	p.put(i, d, closeOnExec)
	return FirstDescriptor + uintptr(i), 0
}

// put makes a description descriptor i. mu is held.
func (p *Process) put(i int, d *description, closeOnExec bool) {
	for len(p.numbers) <= i {
		p.numbers = append(p.numbers, nil)
	}
	d.users++
	p.numbers[i] = &number{d, closeOnExec}
}

// drop gives up one use of a description, and closes the file after the last.
func (p *Process) drop(d *description) error {
	p.mu.Lock()
	d.users--
	last := d.users == 0
	p.mu.Unlock()
	if !last || d.file == nil {
		return nil
	}
	d.m.unlockDescription(d)
	return d.file.Close()
}
