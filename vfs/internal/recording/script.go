package recording

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// Script runs the language of the recordings on a disk.
type Script struct {
	Disk    *vfs.Disk
	Handles map[string]afero.File
}

// After runs a workload's setup, makes it durable, and runs its first steps.
func (w *Workload) After(options vfs.Options, steps int) (*vfs.Disk, error) {
	s, err := w.after(options, steps)
	if err != nil {
		return nil, err
	}
	return s.Disk, nil
}

// During is After when the step after those is in progress: nothing that it
// syncs is durable yet.
func (w *Workload) During(options vfs.Options, steps int) (*vfs.Disk, error) {
	s, err := w.after(options, steps)
	if err != nil {
		return nil, err
	}
	s.Disk.SetInjector(lying{})
	defer s.Disk.SetInjector(nil)
	if err := s.Do(w.Steps[steps]); err != nil {
		return nil, fmt.Errorf("%q: %w", w.Steps[steps], err)
	}
	return s.Disk, nil
}

// lying makes no sync do anything.
type lying struct{}

func (lying) Inject(op vfs.Op) (out vfs.Outcome) {
	if op.Kind == vfs.OpSync {
		out.Sync = vfs.SyncLies
	}
	return out
}

func (w *Workload) after(options vfs.Options, steps int) (*Script, error) {
	s := &Script{Disk: vfs.New(options), Handles: map[string]afero.File{}}
	for _, step := range w.Setup {
		if err := s.Do(step); err != nil {
			return nil, fmt.Errorf("setup %q: %w", step, err)
		}
	}
	s.Disk.SyncAll()
	for _, step := range w.Steps[:min(steps, len(w.Steps))] {
		if err := s.Do(step); err != nil {
			return nil, fmt.Errorf("%q: %w", step, err)
		}
	}
	return s, nil
}

// arguments says how many each step has.
var arguments = map[string]int{
	"create": 2, "open": 2, "opentruncate": 2, "opensync": 2, "opendsync": 2, "append": 3, "pwrite": 4, "ftruncate": 2, "fallocate": 2,
	"fsync": 1, "fdatasync": 1, "close": 1, "rename": 2, "link": 2, "unlink": 1, "mkdir": 1, "rmdir": 1, "fsyncdir": 1,
}

// Do runs one step.
func (s *Script) Do(step string) error {
	w := strings.Fields(step)
	if len(w) == 0 || arguments[w[0]] == 0 || arguments[w[0]] != len(w)-1 {
		return fmt.Errorf("recording: unknown step %q", step)
	}
	var numErr error
	num := func(k int) int64 {
		n, err := strconv.ParseInt(w[k], 10, 64)
		if err != nil && numErr == nil {
			numErr = fmt.Errorf("recording: step %q: %w", step, err)
		}
		return n
	}
	switch w[0] {
	case "create":
		return s.open(w[1], w[2], os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	case "open":
		return s.open(w[1], w[2], os.O_RDWR)
	case "opentruncate":
		return s.open(w[1], w[2], os.O_RDWR|os.O_TRUNC)
	case "opensync":
		return s.open(w[1], w[2], os.O_RDWR|os.O_SYNC)
	case "opendsync":
		return s.open(w[1], w[2], os.O_RDWR|vfs.O_DSYNC)
	case "rename":
		return s.Disk.Rename(w[1], w[2])
	case "link":
		return s.Disk.Link(w[1], w[2])
	case "unlink", "rmdir":
		return s.Disk.Remove(w[1])
	case "mkdir":
		return s.Disk.Mkdir(w[1], 0o755)
	case "fsyncdir":
		dir, err := s.Disk.Open(w[1])
		if err != nil {
			return err
		}
		defer dir.Close()
		return dir.Sync()
	}
	f := s.Handles[w[1]]
	if f == nil {
		return fmt.Errorf("recording: step %q: no such handle", step)
	}
	switch w[0] {
	case "append":
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return write(f, info.Size(), w[2][0], num(3), &numErr)
	case "pwrite":
		return write(f, num(2), w[3][0], num(4), &numErr)
	case "ftruncate":
		n := num(2)
		if numErr != nil {
			return numErr
		}
		return f.Truncate(n)
	case "fallocate":
		n := num(2)
		if numErr != nil {
			return numErr
		}
		return f.(vfs.Allocator).Allocate(n)
	case "fsync":
		return f.Sync()
	case "fdatasync":
		return f.(vfs.DataSyncer).Datasync()
	}
	delete(s.Handles, w[1]) // close
	return f.Close()
}

func (s *Script) open(handle, path string, flags int) error {
	f, err := s.Disk.OpenFile(path, flags, 0o644)
	if err == nil {
		s.Handles[handle] = f
	}
	return err
}

func write(f afero.File, off int64, fill byte, n int64, numErr *error) error {
	if *numErr != nil {
		return *numErr
	}
	if n < 0 || n > mostFileBytes {
		return fmt.Errorf("recording: a write of %d bytes", n)
	}
	_, err := f.WriteAt(bytes.Repeat([]byte{fill}, int(n)), off)
	return err
}
