//go:build powercut && linux && amd64

package native_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"powercut/sim/internal/lineage"
	"powercut/sim/native"
	"powercut/vfs"
)

// tracedVariable says what TestTraced is to do, in the process that is watched.
const tracedVariable = "POWERCUT_TRACED"

// What is looked up on the machine's own disk, so that it is seen what comes between.
const (
	traceBegins = "/the-trace-begins"
	traceEnds   = "/the-trace-ends"
)

// traced runs TestTraced under strace, and returns the calls that it made of the kernel
// between both marks, what it said and how it ended.
func traced(t *testing.T, what string) (calls []string, said string, code int) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed: what reaches the kernel is not looked at")
	}
	if out, err := exec.Command(strace, "-o", os.DevNull, os.Args[0], "-test.run=^$").CombinedOutput(); err != nil {
		t.Skipf("strace may not watch here (%v), and what reaches the kernel is not looked at: %s", err, out)
	}
	file := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command(strace, "-f", "-qq", "-o", file, os.Args[0], "-test.run=^TestTraced$", "-test.v")
	cmd.Env = append(os.Environ(), tracedVariable+"="+what)
	out, err := cmd.CombinedOutput()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		code = failed.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begins := false
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.Contains(line, traceBegins):
			begins = true
		case strings.Contains(line, traceEnds):
			return calls, string(out), code
		case begins:
			calls = append(calls, strings.TrimSpace(line))
		}
	}
	if !begins {
		t.Fatalf("the trace does not begin:\n%s\n%s", out, text)
	}
	return calls, string(out), code
}

var firstArgument = regexp.MustCompile(`^\d+ +(\w+)\((?:AT_FDCWD, )?(\d+)[,) ]`)

// simulatedIn are the calls that the kernel was asked for about the simulated disk: by a
// path, or by a descriptor.
func simulatedIn(calls []string) (all []string) {
	for _, call := range calls {
		descriptor := false
		if m := firstArgument.FindStringSubmatch(call); m != nil && m[1] != "futex" {
			n, err := strconv.ParseUint(m[2], 10, 64)
			descriptor = err == nil && n >= syscall.PowercutFd && n < syscall.PowercutFd+syscall.PowercutFds
		}
		if descriptor || strings.Contains(call, `"/powercut`) {
			all = append(all, call)
		}
	}
	return all
}

// No call about the simulated disk reaches the kernel, by whichever way package os and
// package syscall make it.
func TestNothingReachesTheKernel(t *testing.T) {
	calls, said, code := traced(t, "known")
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	if through := simulatedIn(calls); len(through) > 0 {
		t.Errorf("%d calls reached the kernel:\n%s", len(through), strings.Join(through, "\n"))
	}
	// One that does is seen.
	calls, said, _ = traced(t, "through")
	if through := simulatedIn(calls); len(through) != 2 {
		t.Errorf("a system call by path and one by descriptor are seen as %q:\n%s", through, said)
	}
}

// unknownCalls are system calls on a simulated path, descriptor or mapping that nobody
// simulates.
var unknownCalls = map[string]func(dir string, path *byte, fd, mapped uintptr){
	"inotify_add_watch": func(_ string, path *byte, _, _ uintptr) {
		call(syscall.SYS_INOTIFY_ADD_WATCH, 99, uintptr(unsafe.Pointer(path)), syscall.IN_CREATE)
	},
	"chroot": func(_ string, path *byte, _, _ uintptr) {
		call(syscall.SYS_CHROOT, uintptr(unsafe.Pointer(path)), 0, 0)
	},
	"mount": func(_ string, path *byte, _, _ uintptr) {
		call(syscall.SYS_MOUNT, 0, uintptr(unsafe.Pointer(path)), 0)
	},
	"file_getattr": func(dir string, path *byte, _, _ uintptr) {
		call(468, ^uintptr(99), uintptr(unsafe.Pointer(path)), 0)
	},
	"fanotify_mark": func(_ string, path *byte, _, _ uintptr) {
		_, _, _ = syscall.Syscall6(301, 99, 1, 1, ^uintptr(99), uintptr(unsafe.Pointer(path)), 0)
	},
	"cachestat":  func(_ string, _ *byte, fd, _ uintptr) { call(451, fd, 0, 0) },
	"tee":        func(_ string, _ *byte, fd, _ uintptr) { call(syscall.SYS_TEE, 1, fd, 1) },
	"number 480": func(_ string, _ *byte, fd, _ uintptr) { call(480, fd, 0, 0) },
	"raw number 481": func(_ string, _ *byte, fd, _ uintptr) {
		_, _, _ = syscall.RawSyscall(481, fd, 0, 0)
	},
	"raw chroot": func(_ string, path *byte, _, _ uintptr) {
		_, _, _ = syscall.RawSyscall(syscall.SYS_CHROOT, uintptr(unsafe.Pointer(path)), 0, 0)
	},
	"select": func(_ string, _ *byte, fd, _ uintptr) {
		_, _, _ = syscall.Syscall6(syscall.SYS_SELECT, fd+1, 0, 0, 0, 0, 0)
	},
	"mlock2": func(_ string, _ *byte, _, mapped uintptr) { call(325, mapped, 4096, 0) },
}

func call(nr, a, b, c uintptr) { _, _, _ = syscall.Syscall(nr, a, b, c) }

// A call that is not simulated ends the run with its name; the kernel is not asked.
func TestUnknownCallEndsTheRun(t *testing.T) {
	for what := range unknownCalls {
		calls, said, code := traced(t, what)
		name := strings.TrimPrefix(what, "raw ")
		if want := "powercut: not simulated: system call " + name + " on a simulated disk.\nHave the test leave out what asks for it"; code != lineage.ExitUnsupported || !strings.Contains(said, want) {
			t.Errorf("%s: exit code %d; want %d and %q in\n%s", name, code, lineage.ExitUnsupported, want, said)
		}
		for _, c := range append(simulatedIn(calls), matching(calls, " "+name+"(")...) {
			t.Errorf("%s reached the kernel: %s", name, c)
		}
	}
}

func matching(calls []string, part string) (all []string) {
	for _, c := range calls {
		if strings.Contains(c, part) {
			all = append(all, c)
		}
	}
	return all
}

// TestTraced is what the tests above watch.
func TestTraced(t *testing.T) {
	what := os.Getenv(tracedVariable)
	if what == "" {
		t.Skip("for the tests above")
	}
	dir, unmount := native.Mount(vfs.New(vfs.Options{}))
	defer unmount()
	f, err := os.Create(filepath.Join(dir, "f"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(4096); err != nil {
		t.Fatal(err)
	}
	path, err := syscall.BytePtrFromString(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	mapped, err := syscall.Mmap(int(f.Fd()), 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = os.Lstat(traceBegins)
	switch what {
	case "known":
		err = errors.Join(usesOS(dir), usesRaw(f, path, mapped), usesSyscall(dir, f, mapped))
	case "through":
		_, _, _ = syscall.PowercutKernel(syscall.SYS_CHDIR, uintptr(unsafe.Pointer(path)), 0, 0, 0, 0, 0)
		_, _, _ = syscall.PowercutKernel(syscall.SYS_FSYNC, f.Fd(), 0, 0, 0, 0, 0)
	default:
		unknownCalls[what](dir, path, f.Fd(), uintptr(unsafe.Pointer(&mapped[0])))
		err = fmt.Errorf("%s returned", what)
	}
	_, _ = os.Lstat(traceEnds)
	if err != nil {
		t.Error(err)
	}
}

// usesOS does what programs do by package os.
func usesOS(dir string) error {
	at := func(name string) string { return filepath.Join(dir, name) }
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	_, rooted := root.Create("rooted")
	text, read := os.ReadFile(at("f"))
	_, list := os.ReadDir(dir)
	_, stat := os.Stat(at("g"))
	_, link := os.Readlink(at("s"))
	return errors.Join(rooted, root.Close(), os.WriteFile(at("g"), text, 0o600), read, list, notThere(stat), os.Symlink("f", at("s")), notThere(link),
		os.Mkdir(at("d"), 0o755), os.Rename(at("g"), at("d/g")), os.Link(at("f"), at("l")), os.Chmod(at("l"), 0o600), os.Chtimes(at("l"), time.Now(), time.Now()),
		os.Truncate(at("l"), 100), os.Remove(at("l")), os.RemoveAll(at("d")), os.Chdir(dir), os.WriteFile("here", nil, 0o600), os.Chdir("/"))
}

func notThere(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("want that it is not there, got %v", err)
}

// usesRaw does what programs do that are not to be interrupted by the scheduler, and
// asks with poll.
func usesRaw(f *os.File, path *byte, mapped []byte) error {
	// What becomes another program makes raw calls by itself, and does it as always.
	if err := exec.Command("true").Run(); err != nil {
		return err
	}
	var st syscall.Stat_t
	_, _, stat := syscall.RawSyscall(syscall.SYS_STAT, uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(&st)), 0)
	_, _, fsync := syscall.RawSyscall(syscall.SYS_FSYNC, f.Fd(), 0, 0)
	_, _, read := syscall.RawSyscall6(syscall.SYS_PREAD64, f.Fd(), uintptr(unsafe.Pointer(&make([]byte, 10)[0])), 10, 0, 0, 0)
	_, _, protect := syscall.RawSyscall(syscall.SYS_MPROTECT, uintptr(unsafe.Pointer(&mapped[0])), 4096, syscall.PROT_READ|syscall.PROT_WRITE)
	asked := pollEntry{fd: int32(f.Fd()), events: 1}
	ready, _, poll := syscall.Syscall(syscall.SYS_POLL, uintptr(unsafe.Pointer(&asked)), 1, 1000)
	for _, errno := range []syscall.Errno{stat, fsync, read, protect, poll} {
		if errno != 0 {
			return fmt.Errorf("a raw call: %w", errno)
		}
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFREG || ready != 1 || asked.revents != 1 {
		return fmt.Errorf("raw calls tell of mode %o, and poll of %d ready: %d", st.Mode, ready, asked.revents)
	}
	return nil
}

// pollEntry is struct pollfd.
type pollEntry struct {
	fd              int32
	events, revents int16
}

// usesSyscall does what programs do by package syscall.
func usesSyscall(dir string, f *os.File, mapped []byte) error {
	fd := int(f.Fd())
	mapped[0] = 'x'
	_, _, msync := syscall.Syscall(syscall.SYS_MSYNC, uintptr(unsafe.Pointer(&mapped[0])), 4096, syscall.MS_SYNC)
	if msync != 0 {
		return msync
	}
	again, dup := syscall.Dup(fd)
	_, pread := syscall.Pread(fd, make([]byte, 10), 0)
	_, pwrite := syscall.Pwrite(fd, []byte("text"), 5000)
	var s syscall.Statfs_t
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Len: 10}
	return errors.Join(dup, pread, pwrite, syscall.Close(again), syscall.Flock(fd, syscall.LOCK_EX), syscall.Fsync(fd), syscall.Fdatasync(fd), syscall.Ftruncate(fd, 9000),
		syscall.Fallocate(fd, 0, 0, 10000), syscall.Statfs(dir, &s), syscall.FcntlFlock(uintptr(fd), syscall.F_SETLK, &lock),
		syscall.Munmap(mapped), syscall.Unlink(f.Name()), f.Close())
}
