//go:build linux && amd64

package linux_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"powercut/sim/native/linux"
	"powercut/vfs"
)

var rewrite = flag.Bool("rewrite", false, "write the table of calls to the documentation")

// What is not known is told, with its name, and never answered as if it were.
func TestUnknownCall(t *testing.T) {
	var told []string
	s, err := linux.NewSystem(linux.Services{Unsupported: func(what string) { told = append(told, what) }, Relative: func(bool) {}})
	if err != nil {
		t.Fatal(err)
	}
	p := simulated{s.NewProcess("disk", vfs.New(vfs.Options{}))}
	defer p.End()
	const inotifyAddWatch = 254
	for nr, name := range map[uintptr]string{inotifyAddWatch: "inotify_add_watch", 9999: "number 9999"} {
		told = nil
		_, errno := p.call(nr, 3, root+"f", 1)
		if errno != syscall.ENOSYS || !slices.Equal(told, []string{"system call " + name + " on a simulated disk"}) {
			t.Errorf("an unknown call returns %v, told %q", errno, told)
		}
	}
	f, _ := p.call(syscall.SYS_OPEN, root+"f", os.O_RDWR|os.O_CREATE, 0o644)
	for what, args := range map[string][]any{
		"fcntl with command 1024": {uintptr(syscall.SYS_FCNTL), f, 1024, 0},
		"O_PATH":                  {uintptr(syscall.SYS_OPEN), root + "f", 0x200000, 0},
		"dup of descriptor":       {uintptr(syscall.SYS_DUP2), f, 1},
		"fixed address":           {uintptr(syscall.SYS_MMAP), 4096, 4096, 1, syscall.MAP_SHARED | syscall.MAP_FIXED, f, 0},
		"mremap":                  {uintptr(syscall.SYS_MREMAP), 4096, 4096, 8192, 3},
		"on no simulated disk":    {uintptr(syscall.SYS_OPEN), root + "../../etc/passwd", 0, 0},
	} {
		told = nil
		_, errno := p.call(args[0].(uintptr), args[1:]...)
		if errno == 0 || len(told) != 1 || !strings.Contains(told[0], what) {
			t.Errorf("%s: %v, told %q", what, errno, told)
		}
	}
	told = nil
	_, _ = p.call(syscall.SYS_SYMLINK, "/etc/passwd", root+"l")
	if _, errno := p.call(syscall.SYS_OPEN, root+"l", 0, 0); errno == 0 || len(told) != 1 || !strings.Contains(told[0], "out of the disk") {
		t.Errorf("a link out of the disk: %v, told %q", errno, told)
	}
}

// A process that died holds no lock and no descriptor, though nothing was closed.
func TestDeadProcess(t *testing.T) {
	d := vfs.New(vfs.Options{})
	dir, unmount := system.Mount(d)
	defer unmount()
	lock := func(p simulated) (f uintptr, flock, record syscall.Errno) {
		f, errno := p.call(syscall.SYS_OPEN, dir+"/f", os.O_RDWR|os.O_CREATE, 0o644)
		if errno != 0 {
			t.Fatal(errno)
		}
		_, flock = p.call(syscall.SYS_FLOCK, f, syscall.LOCK_EX|syscall.LOCK_NB)
		_, record = p.call(syscall.SYS_FCNTL, f, syscall.F_SETLK, unsafe.Pointer(&syscall.Flock_t{Type: syscall.F_WRLCK}))
		return f, flock, record
	}
	first, second := simulated{system.NewProcess("", nil)}, simulated{system.NewProcess("", nil)}
	f, flock, record := lock(first)
	if flock != 0 || record != 0 {
		t.Fatal(flock, record)
	}
	if _, flock, record := lock(second); flock != syscall.EAGAIN || record != syscall.EAGAIN {
		t.Errorf("another process gets the locks: %v %v", flock, record)
	}
	first.End()
	if _, errno := first.call(syscall.SYS_FSYNC, f); errno != syscall.EBADF {
		t.Errorf("the descriptor of a dead process: %v", errno)
	}
	if _, flock, record := lock(second); flock != 0 || record != 0 {
		t.Errorf("a dead process holds locks: %v %v", flock, record)
	}
	second.End()
}

// A blocking lock waits until it is given back.
func TestBlockingLock(t *testing.T) {
	p := simulated{system.NewProcess("disk", vfs.New(vfs.Options{}))}
	defer p.End()
	open := func() uintptr {
		f, errno := p.call(syscall.SYS_OPEN, root+"f", os.O_RDWR|os.O_CREATE, 0o644)
		if errno != 0 {
			t.Fatal(errno)
		}
		return f
	}
	a, b := open(), open()
	if _, errno := p.call(syscall.SYS_FLOCK, a, syscall.LOCK_EX); errno != 0 {
		t.Fatal(errno)
	}
	got := make(chan syscall.Errno)
	go func() {
		_, errno := p.call(syscall.SYS_FLOCK, b, syscall.LOCK_EX)
		got <- errno
	}()
	if _, errno := p.call(syscall.SYS_CLOSE, a); errno != 0 { // which gives the lock back
		t.Fatal(errno)
	}
	if errno := <-got; errno != 0 {
		t.Errorf("the lock that waited: %v", errno)
	}
}

// Each mount has a device of its own: SQLite tells files apart by device and inode.
func TestDevices(t *testing.T) {
	var devices []uint64
	for range 2 {
		d := vfs.New(vfs.Options{})
		p := simulated{system.NewProcess("disk", d)}
		var st, again syscall.Stat_t
		_, _ = p.call(syscall.SYS_MKDIR, root+"d", 0o755)
		_, _ = p.call(syscall.SYS_STAT, root+"d", unsafe.Pointer(&st))
		_, _ = p.call(syscall.SYS_RENAME, root+"d", root+"e")
		_, _ = p.call(syscall.SYS_STAT, root+"e", unsafe.Pointer(&again))
		if st.Ino == 0 || st.Ino != again.Ino {
			t.Errorf("inode %d, and %d after a rename", st.Ino, again.Ino)
		}
		devices = append(devices, st.Dev)
		p.End()
	}
	if devices[0] == devices[1] {
		t.Errorf("two mounts have the device %#x", devices[0])
	}
}

// O_DIRECT asks for sectors: in memory, in length and in the file.
func TestDirect(t *testing.T) {
	p := simulated{system.NewProcess("disk", vfs.New(vfs.Options{}))}
	defer p.End()
	f, errno := p.call(syscall.SYS_OPEN, root+"f", os.O_RDWR|os.O_CREATE|syscall.O_DIRECT, 0o644)
	if errno != 0 {
		t.Fatal(errno)
	}
	b := make([]byte, 2048)
	b = b[(512-uintptr(unsafe.Pointer(&b[0]))%512)%512:]
	for _, c := range []struct {
		buf  []byte
		off  int64
		want syscall.Errno
	}{{b[:1024], 512, 0}, {b[1:1025], 0, syscall.EINVAL}, {b[:1000], 0, syscall.EINVAL}, {b[:512], 100, syscall.EINVAL}} {
		if _, errno := p.call(syscall.SYS_PWRITE64, f, c.buf, len(c.buf), c.off); errno != c.want {
			t.Errorf("write of %d bytes at %d: %v, want %v", len(c.buf), c.off, errno, c.want)
		}
	}
}

// once lets the next operation of a kind come to an outcome.
type once struct {
	kind vfs.OpKind
	out  vfs.Outcome
	done bool
}

func (o *once) Inject(op vfs.Op) vfs.Outcome {
	if o.done || op.Kind != o.kind {
		return vfs.Outcome{}
	}
	o.done = true
	return o.out
}

// An error behind some bytes is told when the program goes on: package os goes on by
// itself after a short write, and would never hear of it.
func TestErrorBehindShortWrite(t *testing.T) {
	d := vfs.New(vfs.Options{})
	s := newScript(t, d)
	f := s.call("open", syscall.SYS_OPEN, nil, root+"f", os.O_RDWR|os.O_CREATE, 0o644)
	d.SetInjector(&once{kind: vfs.OpWrite, out: vfs.Outcome{Err: syscall.ENOSPC, Effect: vfs.EffectPartial, N: 3}})
	s.call("write", syscall.SYS_WRITE, 3, f, []byte("content"), 7)
	s.call("write", syscall.SYS_WRITE, syscall.ENOSPC, f, []byte("tent"), 4)
	s.call("write", syscall.SYS_WRITE, 4, f, []byte("tent"), 4)
	d.SetInjector(&once{kind: vfs.OpRead, out: vfs.Outcome{Err: syscall.EIO, Effect: vfs.EffectPartial, N: 2}})
	b := make([]byte, 7)
	s.call("pread64", syscall.SYS_PREAD64, 2, f, b, 7, 0)
	s.call("pread64", syscall.SYS_PREAD64, syscall.EIO, f, b[2:], 5, 2)
	s.call("pread64", syscall.SYS_PREAD64, 5, f, b[2:], 5, 2)
	if string(b) != "content" {
		t.Errorf("read %q", b)
	}
}

// What is stored is pending until it is synced, and a failed fsync that takes it back
// shows in the mapping.
func TestStores(t *testing.T) {
	d := vfs.New(vfs.Options{SectorBytes: 4096})
	s := newScript(t, d)
	f := s.call("open", syscall.SYS_OPEN, nil, root+"f", os.O_RDWR|os.O_CREATE, 0o644)
	s.call("ftruncate", syscall.SYS_FTRUNCATE, 0, f, 2*pageBytes)
	d.SyncAll()
	at := s.call("mmap", syscall.SYS_MMAP, nil, 0, 2*pageBytes, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED, f, 0)
	m := region{at, 2 * pageBytes}.bytes(2 * pageBytes)
	m[0], m[pageBytes] = 'a', 'b'
	s.call("msync", syscall.SYS_MSYNC, 0, at, pageBytes, syscall.MS_SYNC)
	seen := map[string]bool{}
	for im := range d.Images(vfs.POSIX) {
		b := im.Tree()["/f"]
		seen[string([]byte{b[0], b[pageBytes]})] = true
		im.Release()
	}
	if len(seen) != 2 || !seen["a\x00"] || !seen["ab"] {
		t.Errorf("images show %v: the first page is durable, the second pending", seen)
	}
	d.SetInjector(&once{kind: vfs.OpSync, out: vfs.Outcome{Sync: vfs.SyncRevert}})
	s.call("fsync", syscall.SYS_FSYNC, syscall.EIO, f)
	if m[0] != 'a' || m[pageBytes] != 0 {
		t.Errorf("after an fsync that took the data back the mapping shows %q, %q", m[0], m[pageBytes])
	}
}
