//go:build linux

package worker

import (
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"powercut/vfs/kernel/internal/serve"
)

// environment tells a copy of this program that it is the worker.
const environment = "POWERCUT_KERNEL_WORKER"

// fuseFD is where the worker finds /dev/fuse, opened.
const fuseFD = 3

// Main is to be called first by main, and by TestMain: in a worker it does not
// return.
func Main() {
	if os.Getenv(environment) == "" {
		return
	}
	// Ctrl-C is for the program that started this one.
	signal.Ignore(unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT)
	out := gob.NewEncoder(os.Stdout)
	m := &mounter{runner: runner{handles: map[string]int{}}}
	first := reply{}
	if what, err := m.prepare(out, &first); err != nil {
		first.What, first.Errno = what, errnoOf(err)
	}
	if out.Encode(first) != nil || first.Errno != 0 {
		os.Exit(1)
	}
	requests := make(chan request)
	go func() {
		in := gob.NewDecoder(os.Stdin)
		for {
			var r request
			if err := in.Decode(&r); err != nil {
				os.Exit(0) // nobody is there any more
			}
			requests <- r
		}
	}()
	for r := range requests {
		var a reply
		if what, err := m.do(&r, &a); err != nil {
			a.What, a.Errno = what, errnoOf(err)
		}
		if out.Encode(a) != nil {
			os.Exit(1)
		}
	}
}

func errnoOf(err error) syscall.Errno {
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return e
	}
	return syscall.EPROTO
}

// mounter has a loop device over the served file.
type mounter struct {
	runner
	loop    string
	loopFD  int
	mounted bool
}

// prepare mounts the served file and sets up the loop device. The mount points
// are on a tmpfs over the directory for temporary files, which is so in this
// process alone.
func (m *mounter) prepare(out *gob.Encoder, first *reply) (string, error) {
	tmp := os.TempDir()
	if err := unix.Mount("powercut", tmp, "tmpfs", 0, "size=1m"); err != nil {
		return "mounting a tmpfs over " + tmp, err
	}
	served := filepath.Join(tmp, "served")
	m.dir = filepath.Join(tmp, "mounted")
	for _, d := range []string{served, m.dir} {
		if err := unix.Mkdir(d, 0o700); err != nil {
			return "mkdir " + d, err
		}
	}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0,max_read=%d", fuseFD, serve.MaxRequestBytes)
	if err := unix.Mount("powercut", served, "fuse.powercut", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		return "mounting FUSE", err
	}
	unix.Close(fuseFD) // the server has it, and it alone
	// The server answers once it knows that this is mounted.
	if err := out.Encode(reply{}); err != nil {
		return "answering", err
	}
	return m.attach(filepath.Join(served, serve.FileName(os.Getpid())), first)
}

// attach sets up a loop device that goes past the page cache and detaches
// itself with its last user.
func (m *mounter) attach(path string, first *reply) (string, error) {
	file, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return "open " + path, err
	}
	defer unix.Close(file)
	control, err := unix.Open("/dev/loop-control", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return "open /dev/loop-control", err
	}
	defer unix.Close(control)
	for range 32 { // somebody else may take the free one first
		n, err := unix.IoctlRetInt(control, unix.LOOP_CTL_GET_FREE)
		if err != nil {
			return "LOOP_CTL_GET_FREE", err
		}
		m.loop = fmt.Sprintf("/dev/loop%d", n)
		if m.loopFD, err = unix.Open(m.loop, unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
			return "open " + m.loop, err
		}
		config := unix.LoopConfig{Fd: uint32(file), Size: 512}
		config.Info.Flags = unix.LO_FLAGS_AUTOCLEAR | unix.LO_FLAGS_DIRECT_IO
		err = unix.IoctlLoopConfigure(m.loopFD, &config)
		if err == nil {
			break
		}
		unix.Close(m.loopFD)
		if err != unix.EBUSY {
			return "LOOP_CONFIGURE " + m.loop, err
		}
		m.loop = ""
	}
	if m.loop == "" {
		return "LOOP_CONFIGURE", unix.EBUSY
	}
	info, err := unix.IoctlLoopGetStatus64(m.loopFD)
	if err != nil {
		return "LOOP_GET_STATUS64 " + m.loop, err
	}
	first.Loop, first.DirectIO, first.Dir = m.loop, info.Flags&unix.LO_FLAGS_DIRECT_IO != 0, m.dir
	return "", nil
}

func (m *mounter) do(r *request, a *reply) (what string, err error) {
	switch r.Op {
	case opMount:
		return m.mount(r)
	case opUnmount:
		return m.unmount(r.Type)
	case opStep:
		return r.Step, m.step(r.Step)
	case opTree:
		a.Tree, what, err = m.tree()
		return what, err
	case opRead:
		a.Data, err = m.readFile(r.Step)
		return "read " + r.Step, err
	}
	return "request", unix.EINVAL
}

// mount mounts what the device holds now. The kernel remembers nothing of what
// it held before.
func (m *mounter) mount(r *request) (string, error) {
	if _, err := unix.IoctlRetInt(m.loopFD, unix.BLKFLSBUF); err != nil {
		return "BLKFLSBUF", err
	}
	var flags uintptr = unix.MS_NOATIME
	if r.ReadOnly {
		flags |= unix.MS_RDONLY
	}
	err := unix.Mount(m.loop, m.dir, r.Type, flags, r.Options)
	m.mounted = err == nil
	if err != nil && r.Type == "btrfs" {
		m.forget()
	}
	return "mount " + r.Type, err
}

func (m *mounter) unmount(fsType string) (string, error) {
	m.closeAll()
	if !m.mounted {
		return "", nil
	}
	if err := unix.Unmount(m.dir, 0); err != nil {
		return "unmount", err
	}
	m.mounted = false
	if fsType == "btrfs" {
		m.forget()
	}
	return "", nil
}

// forget drops what btrfs remembers of a device that was mounted.
func (m *mounter) forget() {
	fd, err := unix.Open("/dev/btrfs-control", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	const forgetDev = 0x50009405 // BTRFS_IOC_FORGET_DEV
	var args [4096]byte
	copy(args[8:], m.loop)
	unix.Syscall(unix.SYS_IOCTL, uintptr(fd), forgetDev, uintptr(unsafe.Pointer(&args[0])))
}
