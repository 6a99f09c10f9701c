//go:build linux && amd64

package linux_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"powercut/vfs"
)

// openedTimes is a new file of a simulated process, opened so often.
func openedTimes(t *testing.T, d *vfs.Disk, times int) (p simulated, fds []uintptr) {
	t.Helper()
	p = simulated{system.NewProcess("disk", d)}
	t.Cleanup(p.End)
	for range times {
		f, errno := p.call(syscall.SYS_OPEN, root+"f", os.O_RDWR|os.O_CREATE, 0o644)
		if errno != 0 {
			t.Fatal(errno)
		}
		fds = append(fds, f)
	}
	return p, fds
}

// sync_file_range makes nothing durable, whatever it is asked to wait for.
func TestSyncFileRangePromisesNothing(t *testing.T) {
	d := vfs.New(vfs.Options{})
	p, fds := openedTimes(t, d, 1)
	text := []byte(strings.Repeat("x", 5000))
	if _, errno := p.call(syscall.SYS_PWRITE64, fds[0], unsafe.Pointer(&text[0]), len(text), 0); errno != 0 {
		t.Fatal(errno)
	}
	before := len(d.Pending())
	for flags := range 8 {
		if _, errno := p.call(syscall.SYS_SYNC_FILE_RANGE, fds[0], 0, 0, flags); errno != 0 {
			t.Errorf("flags %d: %v", flags, errno)
		}
	}
	if after := len(d.Pending()); before < 2 || after != before {
		t.Errorf("pending were %d changes, and are %d", before, after)
	}
	if _, errno := p.call(syscall.SYS_FSYNC, fds[0]); errno != 0 || len(d.Pending()) >= before {
		t.Errorf("after an fsync %d are: %v", len(d.Pending()), errno)
	}
}

// A copy by the kernel, or of blocks that are shared, is refused as it is on filesystems
// that have none, and moves nothing: programs copy by themselves then.
func TestCopiesByTheKernelAreRefused(t *testing.T) {
	const copyFileRange, ficlone, ficloneRange = 326, 0x4004_9409, 0x4020_940d
	d := vfs.New(vfs.Options{})
	p, fds := openedTimes(t, d, 1)
	to, errno := p.call(syscall.SYS_OPEN, root+"g", os.O_RDWR|os.O_CREATE, 0o644)
	if errno != 0 {
		t.Fatal(errno)
	}
	text := []byte("text")
	_, _ = p.call(syscall.SYS_PWRITE64, fds[0], unsafe.Pointer(&text[0]), len(text), 0)
	pending := len(d.Pending())
	if n, errno := p.call(copyFileRange, fds[0], unsafe.Pointer(nil), to, unsafe.Pointer(nil), 4, 0); errno != syscall.EINVAL {
		t.Errorf("copy_file_range: %d, %v", n, errno)
	}
	for _, request := range []int{ficlone, ficloneRange} {
		if _, errno := p.call(syscall.SYS_IOCTL, to, request, fds[0]); errno != syscall.EOPNOTSUPP {
			t.Errorf("ioctl %#x: %v", request, errno)
		}
	}
	if info, err := d.Stat("/g"); err != nil || info.Size() != 0 || len(d.Pending()) != pending {
		t.Errorf("something was copied: %v, %v", info, err)
	}
}

// Locks of readers are shared, by flock and by fcntl; a writer's is not, and one that has
// the only shared lock may take it alone.
func TestSharedLocks(t *testing.T) {
	p, fds := openedTimes(t, vfs.New(vfs.Options{}), 3)
	const ofdSetLk = 37
	flock := func(f uintptr, how int) syscall.Errno {
		_, errno := p.call(syscall.SYS_FLOCK, f, how|syscall.LOCK_NB)
		return errno
	}
	ofd := func(f uintptr, kind int16) syscall.Errno {
		_, errno := p.call(syscall.SYS_FCNTL, f, ofdSetLk, unsafe.Pointer(&syscall.Flock_t{Type: kind, Start: 10, Len: 10}))
		return errno
	}
	for how, lock := range map[string]struct {
		shared, alone, none func(f uintptr) syscall.Errno
	}{
		"flock": {func(f uintptr) syscall.Errno { return flock(f, syscall.LOCK_SH) }, func(f uintptr) syscall.Errno { return flock(f, syscall.LOCK_EX) }, func(f uintptr) syscall.Errno { return flock(f, syscall.LOCK_UN) }},
		"fcntl": {func(f uintptr) syscall.Errno { return ofd(f, syscall.F_RDLCK) }, func(f uintptr) syscall.Errno { return ofd(f, syscall.F_WRLCK) }, func(f uintptr) syscall.Errno { return ofd(f, syscall.F_UNLCK) }},
	} {
		for i, step := range []struct {
			got, want syscall.Errno
		}{
			{lock.shared(fds[0]), 0}, {lock.shared(fds[1]), 0}, {lock.alone(fds[2]), syscall.EAGAIN}, {lock.alone(fds[0]), syscall.EAGAIN},
			// What could not be made exclusive is lost with flock, and kept with fcntl.
			{lock.none(fds[1]), 0}, {lock.alone(fds[2]), map[string]syscall.Errno{"fcntl": syscall.EAGAIN}[how]}, {lock.none(fds[2]), 0}, {lock.shared(fds[0]), 0}, {lock.alone(fds[0]), 0}, {lock.shared(fds[1]), syscall.EAGAIN}, {lock.none(fds[0]), 0}, {lock.shared(fds[1]), 0},
			{lock.none(fds[1]), 0},
		} {
			if step.got != step.want {
				t.Errorf("%s, step %d: %v, want %v", how, i+1, step.got, step.want)
			}
		}
	}
}
