//go:build linux && amd64

package linux

import (
	"io"
	"math"
	"slices"
	"syscall"
	"unsafe"
)

// lock is an advisory lock on bytes of a file. Whoever holds it is a process, of a
// POSIX lock, or a description, of flock's and of OFD locks. flock's are apart from
// the others: neither knows of the other kind.
type lock struct {
	owner      any // *Process or *description
	whole      bool
	exclusive  bool
	start, end int64 // bytes [start, end)
}

// toEnd is the end of a lock that reaches to the end of the file, wherever that is.
const toEnd = math.MaxInt64

func (l *lock) conflicts(with *lock) bool {
	return l.owner != with.owner && l.whole == with.whole && (l.exclusive || with.exclusive) && l.start < with.end && with.start < l.end
}

// take gives an owner a lock in place of those that it has on the same bytes, waiting
// for others where it is asked to.
func (m *mount) take(ino uint64, want lock, waits bool) syscall.Errno {
	m.mu.Lock()
	defer m.mu.Unlock()
	for slices.ContainsFunc(m.locks[ino], func(l lock) bool { return l.conflicts(&want) }) {
		if want.whole { // flock gives back what it has before it waits, and before it fails
			m.giveBack(ino, want)
		}
		if !waits {
			return syscall.EAGAIN
		}
		m.released.Wait()
	}
	m.giveBack(ino, want)
	m.locks[ino] = append(m.locks[ino], want)
	return 0
}

// release gives an owner's bytes back.
func (m *mount) release(ino uint64, what lock) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.giveBack(ino, what)
}

// giveBack takes bytes off the locks of an owner: one may be left in two parts.
func (m *mount) giveBack(ino uint64, what lock) {
	var left []lock
	for _, l := range m.locks[ino] {
		if l.owner != what.owner || l.whole != what.whole || l.start >= what.end || what.start >= l.end {
			left = append(left, l)
			continue
		}
		if before := l; before.start < what.start {
			before.end = what.start
			left = append(left, before)
		}
		if behind := l; what.end < behind.end {
			behind.start = what.end
			left = append(left, behind)
		}
	}
	if m.locks[ino] = left; len(left) == 0 {
		delete(m.locks, ino)
	}
	m.released.Broadcast()
}

// inTheWay is a lock that keeps an owner from another, nil if there is none.
func (m *mount) inTheWay(ino uint64, want lock) *lock {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.locks[ino], func(l lock) bool { return l.conflicts(&want) })
	if i < 0 {
		return nil
	}
	l := m.locks[ino][i]
	return &l
}

// unlockDescription gives back what a description holds: it is closed for good.
func (m *mount) unlockDescription(d *description) {
	m.release(d.ino, lock{owner: d, whole: true, end: toEnd})
	m.release(d.ino, lock{owner: d, end: toEnd})
}

// unlockOwner gives back the POSIX locks that a process has on a file: all of them, as
// soon as it closes any descriptor of it.
func (d *description) unlockOwner(p *Process) {
	if !d.isDevice() {
		d.m.release(d.ino, lock{owner: p, end: toEnd})
	}
}

// unlock gives back all locks of a process that died, and of what it had open.
func (d *description) unlock(p *Process) {
	if !d.isDevice() {
		d.unlockOwner(p)
		d.m.unlockDescription(d)
	}
}

func flock(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.onFile(c.A1, func(d *description) (uintptr, syscall.Errno) {
		want := lock{owner: d, whole: true, end: toEnd}
		how := int(c.A2)
		switch how &^ syscall.LOCK_NB {
		case syscall.LOCK_UN:
			d.m.release(d.ino, want)
			return 0, 0
		case syscall.LOCK_EX:
			want.exclusive = true
		case syscall.LOCK_SH:
		default:
			return fail(syscall.EINVAL)
		}
		if errno := d.m.take(d.ino, want, how&syscall.LOCK_NB == 0); errno != 0 {
			return fail(errno)
		}
		return 0, 0
	})
}

// The commands of fcntl that package syscall lacks: the locks of descriptions.
const (
	fOFDGetLk  = 36
	fOFDSetLk  = 37
	fOFDSetLkW = 38
)

// recordLock is the lock commands of fcntl.
func (p *Process) recordLock(d *description, command int, at unsafe.Pointer) (uintptr, syscall.Errno) {
	k := (*syscall.Flock_t)(at)
	want, errno := d.lockOf(*k)
	if errno != 0 {
		return fail(errno)
	}
	want.owner = p
	if command >= fOFDGetLk {
		if want.owner = d; k.Pid != 0 {
			return fail(syscall.EINVAL)
		}
	}
	if command == syscall.F_GETLK || command == fOFDGetLk {
		if k.Type == syscall.F_UNLCK {
			return fail(syscall.EINVAL)
		}
		*k = flockOf(d.m.inTheWay(d.ino, want), *k)
		return 0, 0
	}
	switch {
	case k.Type == syscall.F_UNLCK:
		d.m.release(d.ino, want)
		return 0, 0
	case want.exclusive && !d.flag(syscall.O_WRONLY|syscall.O_RDWR), !want.exclusive && d.flag(syscall.O_WRONLY):
		return fail(syscall.EBADF)
	}
	if errno := d.m.take(d.ino, want, command == syscall.F_SETLKW || command == fOFDSetLkW); errno != 0 {
		return fail(errno)
	}
	return 0, 0
}

// lockOf reads what fcntl is told of a lock.
func (d *description) lockOf(k syscall.Flock_t) (lock, syscall.Errno) {
	start := k.Start
	switch k.Whence {
	case io.SeekStart:
	case io.SeekCurrent:
		at, err := d.file.Seek(0, io.SeekCurrent)
		if err != nil {
			return lock{}, errnoOf(err)
		}
		start += at
	case io.SeekEnd:
		size, _, _, _ := d.mapped().Changes(0)
		start += size
	default:
		return lock{}, syscall.EINVAL
	}
	end := start + k.Len
	switch {
	case k.Len == 0:
		end = toEnd
	case k.Len < 0:
		start, end = end, start
	case end < 0:
		return lock{}, syscall.EOVERFLOW
	}
	if start < 0 {
		return lock{}, syscall.EINVAL
	}
	switch k.Type {
	case syscall.F_RDLCK, syscall.F_WRLCK, syscall.F_UNLCK:
	default:
		return lock{}, syscall.EINVAL
	}
	return lock{exclusive: k.Type == syscall.F_WRLCK, start: start, end: end}, 0
}

// flockOf tells fcntl's caller of a lock that is in the way, or that there is none.
func flockOf(l *lock, asked syscall.Flock_t) syscall.Flock_t {
	if l == nil {
		asked.Type = syscall.F_UNLCK
		return asked
	}
	out := syscall.Flock_t{Type: syscall.F_RDLCK, Start: l.start, Pid: -1}
	if l.exclusive {
		out.Type = syscall.F_WRLCK
	}
	if l.end != toEnd {
		out.Len = l.end - l.start
	}
	if _, isProcess := l.owner.(*Process); isProcess {
		out.Pid = 1
	}
	return out
}
