//go:build linux

package worker

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"powercut/vfs/kernel/internal/block"
	"powercut/vfs/kernel/internal/serve"
)

// Worker is a worker process with a device.
type Worker struct {
	Device *block.Device
	// Loop is the loop device; DirectIO says that it goes past the page cache.
	Loop     string
	DirectIO bool

	cmd    *exec.Cmd
	stdin  io.WriteCloser
	out    *gob.Encoder
	in     *gob.Decoder
	served func()
	dir    string
}

// SyscallError is a system call that the kernel refused.
type SyscallError struct {
	What  string
	Errno syscall.Errno
}

func (e *SyscallError) Error() string { return fmt.Sprintf("%s: %v", e.What, e.Errno) }
func (e *SyscallError) Unwrap() error { return e.Errno }

// Start starts a worker with a device of that size.
func Start(sizeBytes int64) (_ *Worker, err error) {
	// A number, not an os.File: the server closes it.
	fuse, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: "/dev/fuse", Err: err}
	}
	served := false
	defer func() {
		if !served {
			unix.Close(fuse)
		}
	}()
	again, err := unix.FcntlInt(uintptr(fuse), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	forWorker := os.NewFile(uintptr(again), "/dev/fuse")
	defer forWorker.Close()
	w := &Worker{Device: block.NewDevice(sizeBytes), cmd: exec.Command("/proc/self/exe")}
	w.cmd.Env = append(os.Environ(), environment+"=1")
	w.cmd.ExtraFiles = []*os.File{forWorker}
	w.cmd.Stderr = os.Stderr
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
	if w.stdin, err = w.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.out, w.in = gob.NewEncoder(w.stdin), gob.NewDecoder(stdout)
	if err := w.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the worker: %w", err)
	}
	forWorker.Close()
	// Two replies: FUSE is mounted, and the loop device stands.
	var first reply
	if _, err = w.reply(); err == nil {
		served = true
		if w.served, err = serve.Serve(fuse, serve.FileName(w.PID()), w.Device); err == nil {
			first, err = w.reply()
		}
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	w.Loop, w.DirectIO, w.dir = first.Loop, first.DirectIO, first.Dir
	return w, nil
}

func (w *Worker) reply() (reply, error) {
	var a reply
	if err := w.in.Decode(&a); err != nil {
		return a, fmt.Errorf("the worker ended: %w", err)
	}
	if a.Errno != 0 {
		return a, &SyscallError{a.What, a.Errno}
	}
	return a, nil
}

func (w *Worker) ask(r request) (reply, error) {
	if err := w.out.Encode(r); err != nil {
		return reply{}, fmt.Errorf("the worker ended: %w", err)
	}
	return w.reply()
}

// Mount mounts what the device holds.
func (w *Worker) Mount(fsType, options string) error {
	_, err := w.ask(request{Op: opMount, Type: fsType, Options: options})
	return err
}

// Unmount closes what the workload left open and unmounts.
func (w *Worker) Unmount(fsType string) error {
	_, err := w.ask(request{Op: opUnmount, Type: fsType})
	return err
}

// Step runs a step of a workload, or what the kernel might do by itself.
func (w *Worker) Step(step string) error {
	_, err := w.ask(request{Op: opStep, Step: step})
	return err
}

// Tree reads all that is there.
func (w *Worker) Tree() (map[string][]byte, error) {
	a, err := w.ask(request{Op: opTree})
	return a.Tree, err
}

// Read reads a file by its handle.
func (w *Worker) Read(handle string) ([]byte, error) {
	a, err := w.ask(request{Op: opRead, Step: handle})
	return a.Data, err
}

// Dir is where the worker mounts, as other processes may name it.
func (w *Worker) Dir() string { return fmt.Sprintf("/proc/%d/root%s", w.PID(), w.dir) }

// PID is the worker's.
func (w *Worker) PID() int { return w.cmd.Process.Pid }

// Close ends the worker, and with it its mounts and the loop device.
func (w *Worker) Close() error {
	w.stdin.Close()
	err := w.cmd.Wait()
	if w.served != nil {
		w.served()
	}
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("the worker: %w", err)
	}
	return err
}
