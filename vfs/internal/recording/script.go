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

// step is one step of a script, as words.
type step struct {
	text  string
	words []string
}

// numbers are the words at two places.
func (t step) numbers(j, k int) (a, b int64, err error) {
	if a, err = t.number(j); err == nil {
		b, err = t.number(k)
	}
	return a, b, err
}

func (t step) number(k int) (int64, error) {
	n, err := strconv.ParseInt(t.words[k], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("recording: step %q: %w", t.text, err)
	}
	return n, nil
}

// actions are what the words of the language do: to the disk, or to the open file
// whose handle comes first.
var actions = map[string]struct {
	arguments int
	disk      func(s *Script, t step) error
	file      func(f afero.File, t step) error
}{
	"create":       {arguments: 2, disk: open(os.O_RDWR | os.O_CREATE | os.O_TRUNC)},
	"open":         {arguments: 2, disk: open(os.O_RDWR)},
	"opentruncate": {arguments: 2, disk: open(os.O_RDWR | os.O_TRUNC)},
	"opensync":     {arguments: 2, disk: open(os.O_RDWR | os.O_SYNC)},
	"opendsync":    {arguments: 2, disk: open(os.O_RDWR | vfs.O_DSYNC)},
	"close":        {arguments: 1, disk: closeHandle},

	"rename":   {arguments: 2, disk: func(s *Script, t step) error { return s.Disk.Rename(t.words[1], t.words[2]) }},
	"exchange": {arguments: 2, disk: func(s *Script, t step) error { return s.Disk.RenameWith(t.words[1], t.words[2], vfs.RenameExchange) }},
	"symlink":  {arguments: 2, disk: func(s *Script, t step) error { return s.Disk.SymlinkIfPossible(t.words[1], t.words[2]) }},
	"link":     {arguments: 2, disk: func(s *Script, t step) error { return s.Disk.Link(t.words[1], t.words[2]) }},
	"unlink":   {arguments: 1, disk: func(s *Script, t step) error { return s.Disk.Remove(t.words[1]) }},
	"rmdir":    {arguments: 1, disk: func(s *Script, t step) error { return s.Disk.Remove(t.words[1]) }},
	"mkdir":    {arguments: 1, disk: func(s *Script, t step) error { return s.Disk.Mkdir(t.words[1], 0o755) }},
	"fsyncdir": {arguments: 1, disk: syncDir},

	"tmpfile": {arguments: 1, disk: openNameless},
	"linkto":  {arguments: 2, file: func(f afero.File, t step) error { return f.(vfs.LinkTaker).LinkTo(t.words[2]) }},

	"setxattr": {arguments: 3, disk: func(s *Script, t step) error {
		return s.Disk.XattrsAt(t.words[1], true).SetXattr(t.words[2], []byte(t.words[3]), 0)
	}},
	"removexattr": {arguments: 2, disk: func(s *Script, t step) error { return s.Disk.XattrsAt(t.words[1], true).RemoveXattr(t.words[2]) }},

	"append":    {arguments: 3, file: appendTo},
	"pwrite":    {arguments: 4, file: writeAt},
	"ftruncate": {arguments: 2, file: sized(afero.File.Truncate)},
	"fallocate": {arguments: 2, file: sized(func(f afero.File, n int64) error { return f.(vfs.Allocator).Allocate(n) })},
	"reserve":   {arguments: 3, file: ranged(vfs.FallocateKeepSize)},
	"punch":     {arguments: 3, file: ranged(vfs.FallocatePunchHole | vfs.FallocateKeepSize)},
	"zero":      {arguments: 3, file: ranged(vfs.FallocateZeroRange)},
	"fsync":     {arguments: 1, file: func(f afero.File, _ step) error { return f.Sync() }},
	"fdatasync": {arguments: 1, file: func(f afero.File, _ step) error { return f.(vfs.DataSyncer).Datasync() }},
}

// Do runs one step.
func (s *Script) Do(text string) error {
	t := step{text, strings.Fields(text)}
	if len(t.words) == 0 {
		return fmt.Errorf("recording: unknown step %q", text)
	}
	action, known := actions[t.words[0]]
	if !known || action.arguments != len(t.words)-1 {
		return fmt.Errorf("recording: unknown step %q", text)
	}
	if action.disk != nil {
		return action.disk(s, t)
	}
	f, err := s.handle(t)
	if err != nil {
		return err
	}
	return action.file(f, t)
}

// handle is the open file that a step is about.
func (s *Script) handle(t step) (afero.File, error) {
	if f := s.Handles[t.words[1]]; f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("recording: step %q: no such handle", t.text)
}

func open(flags int) func(*Script, step) error {
	return func(s *Script, t step) error {
		f, err := s.Disk.OpenFile(t.words[2], flags, 0o644)
		if err == nil {
			s.Handles[t.words[1]] = f
		}
		return err
	}
}

func openNameless(s *Script, t step) error {
	f, err := s.Disk.OpenFile("/", os.O_RDWR|vfs.O_TMPFILE, 0o644)
	if err == nil {
		s.Handles[t.words[1]] = f
	}
	return err
}

func closeHandle(s *Script, t step) error {
	f, err := s.handle(t)
	if err != nil {
		return err
	}
	delete(s.Handles, t.words[1])
	return f.Close()
}

func syncDir(s *Script, t step) error {
	dir, err := s.Disk.Open(t.words[1])
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// sized is an action whose second argument is a size in bytes.
func sized(f func(afero.File, int64) error) func(afero.File, step) error {
	return func(file afero.File, t step) error {
		n, err := t.number(2)
		if err != nil {
			return err
		}
		return f(file, n)
	}
}

// ranged is fallocate with a mode, on a range.
func ranged(mode vfs.FallocateMode) func(afero.File, step) error {
	return func(f afero.File, t step) error {
		off, n, err := t.numbers(2, 3)
		if err != nil {
			return err
		}
		return f.(vfs.RangeAllocator).Fallocate(mode, off, n)
	}
}

func appendTo(f afero.File, t step) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	n, err := t.number(3)
	if err != nil {
		return err
	}
	return write(f, info.Size(), t.words[2][0], n)
}

func writeAt(f afero.File, t step) error {
	off, n, err := t.numbers(2, 4)
	if err != nil {
		return err
	}
	return write(f, off, t.words[3][0], n)
}

func write(f afero.File, off int64, fill byte, n int64) error {
	if n < 0 || n > mostFileBytes {
		return fmt.Errorf("recording: a write of %d bytes", n)
	}
	_, err := f.WriteAt(bytes.Repeat([]byte{fill}, int(n)), off)
	return err
}
