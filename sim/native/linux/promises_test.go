//go:build linux && amd64

package linux_test

import (
	"bytes"
	"os"
	"slices"
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

// A copy by the kernel is writes of 64 KiB, each pending until an fsync; what there is no
// room for any more is told to the call that would go on there.
func TestCopyIsWrites(t *testing.T) {
	const copyFileRange, size = 326, 100_000
	d := vfs.New(vfs.Options{CapacityBytes: 240_000, Filesystem: vfs.Ext4})
	p, fds := openedTimes(t, d, 1)
	text := make([]byte, size)
	for i := range text {
		text[i] = byte(i % 251)
	}
	_, _ = p.call(syscall.SYS_PWRITE64, fds[0], text, size, 0)
	d.SyncAll()
	to, errno := p.call(syscall.SYS_OPEN, root+"g", os.O_RDWR|os.O_CREATE, 0o644)
	if errno != 0 {
		t.Fatal(errno)
	}
	if n, errno := p.call(copyFileRange, fds[0], unsafe.Pointer(nil), to, unsafe.Pointer(nil), 1<<20, 0); n != size || errno != 0 {
		t.Errorf("copied %d bytes, %v", n, errno)
	}
	var pending []string
	for _, c := range d.Pending() {
		pending = append(pending, strings.TrimLeft(c.String(), "0123456789:"))
	}
	if want := []string{" create /g", " write /g 0+65536, size 0 to 65536", " write /g 65536+34464, size 65536 to 100000"}; !slices.Equal(pending, want) {
		t.Errorf("pending are %q, want %q", pending, want)
	}
	if got := d.Tree()["/g"]; !bytes.Equal(got, text) {
		t.Errorf("the copy has %d bytes, and not those of the file", len(got))
	}
	from, at := int64(0), int64(size)
	if n, errno := p.call(copyFileRange, fds[0], unsafe.Pointer(&from), to, unsafe.Pointer(&at), size, 0); int64(n) != from || from < 1 || from >= size || at != size+from || errno != 0 {
		t.Errorf("on a disk that is soon full: copied %d bytes up to %d, to %d, %v", n, from, at, errno)
	}
	if _, errno := p.call(copyFileRange, fds[0], unsafe.Pointer(&from), to, unsafe.Pointer(&at), size, 0); errno != syscall.ENOSPC {
		t.Errorf("on a full one: %v", errno)
	}
}

// A copy of blocks that are shared is refused as it is on filesystems that have none, and
// moves nothing: programs copy by themselves then.
func TestClonesAreRefused(t *testing.T) {
	const ficlone, ficloneRange = 0x4004_9409, 0x4020_940d
	d := vfs.New(vfs.Options{})
	p, fds := openedTimes(t, d, 1)
	to, errno := p.call(syscall.SYS_OPEN, root+"g", os.O_RDWR|os.O_CREATE, 0o644)
	if errno != 0 {
		t.Fatal(errno)
	}
	text := []byte("text")
	_, _ = p.call(syscall.SYS_PWRITE64, fds[0], unsafe.Pointer(&text[0]), len(text), 0)
	pending := len(d.Pending())
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
