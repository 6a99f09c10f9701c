package recording

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// Simulate runs a scenario on a disk that acts like a filesystem, and returns
// its steps with the answers of the disk.
func (s *Scenario) Simulate(filesystem vfs.Profile) (*vfs.Disk, []string, error) {
	sim := &simulation{
		Script:     Script{Disk: vfs.New(vfs.Options{Filesystem: filesystem}), Handles: map[string]afero.File{}},
		filesystem: filesystem,
		waiting:    map[byte]int64{},
		dirty:      map[string]bool{},
	}
	for _, step := range s.Setup {
		if err := sim.Do(step); err != nil {
			return nil, nil, fmt.Errorf("recording: scenario %s: setup %q: %w", s.Name, step, err)
		}
	}
	sim.Disk.SyncAll()
	sim.Disk.SetInjector(sim)
	var out []string
	for _, step := range s.Steps {
		q := Question(step)
		answer, err := sim.answer(q)
		if err != nil {
			return nil, nil, fmt.Errorf("recording: scenario %s: %q: %w", s.Name, q, err)
		}
		out = append(out, Answered(q, answer))
	}
	sim.Disk.SetInjector(nil)
	return sim.Disk, out, nil
}

// simulation is a script with a device that fails.
type simulation struct {
	Script
	filesystem vfs.Profile
	fault      string
	failed     bool            // the filesystem's journal
	page       int64           // of "fault page"
	waiting    map[byte]int64  // the pages that wait to be written back, by their byte
	dirty      map[string]bool // paths with something to write back
}

// Inject makes the sync that first meets a failing device fail.
func (s *simulation) Inject(op vfs.Op) (out vfs.Outcome) {
	switch op.Kind {
	case vfs.OpWrite:
		if s.fault == "flusher" {
			out.Sync, s.fault = vfs.SyncFlusherFails, ""
			return out
		}
		s.dirty[op.Path] = true
	case vfs.OpCreate, vfs.OpTruncate:
		s.dirty[op.Path] = true
	case vfs.OpSync:
		if s.fault == "away" {
			out.Sync = vfs.SyncDeviceAway
			return out
		}
		if s.dirty[op.Path] {
			return s.failSync(op.Path)
		}
	case vfs.OpSyncDir: // which has no data
		if s.fault == "away" {
			out.Sync = vfs.SyncDeviceAway
			return out
		}
		if s.fault == "journal" || s.fault == "flush" {
			return s.failSync(op.Path)
		}
	}
	return out
}

// failSync is what becomes of a sync that has something to write.
func (s *simulation) failSync(path string) (out vfs.Outcome) {
	switch s.fault {
	case "data":
		out.Sync = vfs.SyncDropClean
	case "space":
		out.Sync, out.Err = vfs.SyncDropClean, syscall.ENOSPC
	case "page":
		out.Sync, out.Page = vfs.SyncDropPage, s.page
	case "flush-in-place":
		out.Sync, s.fault = vfs.SyncKeepDirty, ""
		if s.filesystem == vfs.Btrfs { // which writes nothing in place
			out.Sync, s.failed = vfs.SyncJournalFails, true
		}
	case "journal", "flush":
		if !s.failed { // once is for good
			out.Sync, s.failed = vfs.SyncJournalFails, true
		}
	}
	delete(s.dirty, path)
	clear(s.waiting)
	return out
}

// answer runs a step and says what the program is told, "" for success. The error
// says that there is no such step.
func (s *simulation) answer(text string) (answer string, err error) {
	t := step{text, strings.Fields(text)}
	if len(t.words) == 0 {
		return "", errors.New("an empty step")
	}
	if ask, known := questions[t.words[0]]; known && slices.Contains(ask.arguments, len(t.words)-1) {
		return ask.do(s, t)
	}
	if t.words[0] == "pwrite" && len(t.words) == 5 {
		if off, err := t.number(2); err == nil {
			s.waiting[t.words[3][0]] = off / 4096
		}
	}
	return answerOf(s.Do(text)), nil
}

// questions are the steps that a scenario has beside those of a workload.
var questions = map[string]struct {
	arguments []int
	do        func(s *simulation, t step) (answer string, err error)
}{
	"fault":   {[]int{1, 2}, (*simulation).fail},
	"heal":    {[]int{0}, func(s *simulation, _ step) (string, error) { s.fault = ""; return "", nil }},
	"evict":   {[]int{1}, func(s *simulation, _ step) (string, error) { s.Disk.Evict(); return "", nil }},
	"syncfs":  {[]int{0}, func(s *simulation, _ step) (string, error) { s.Disk.SyncAll(); return "", nil }},
	"read":    {[]int{1}, (*simulation).read},
	"readdir": {[]int{1}, (*simulation).readDir},
	"stat": {[]int{1}, func(s *simulation, t step) (string, error) {
		_, err := s.Disk.Stat(t.words[1])
		return answerOf(err), nil
	}},
}

// fail makes the device fail from now on. A page that does is counted among those
// that wait, in the order in which they are written back.
func (s *simulation) fail(t step) (string, error) {
	s.fault = t.words[1]
	if s.fault != "page" {
		return "", nil
	}
	if len(t.words) != 3 {
		return "", errors.New("no byte")
	}
	s.page = 0
	for _, at := range s.waiting {
		if at < s.waiting[t.words[2][0]] {
			s.page++
		}
	}
	return "", nil
}

func (s *simulation) read(t step) (string, error) {
	f := s.Handles[t.words[1]]
	if f == nil {
		return "", errors.New("no such handle")
	}
	info, err := f.Stat()
	if err != nil {
		return ErrnoName(err), nil
	}
	b := make([]byte, info.Size())
	if len(b) > 0 { // of nothing, a read says that it is at the end
		if _, err := f.ReadAt(b, 0); err != nil {
			return ErrnoName(err), nil
		}
	}
	return Content(b), nil
}

func (s *simulation) readDir(t step) (string, error) {
	dir, err := s.Disk.Open(t.words[1])
	if err == nil {
		_, err = dir.Readdirnames(-1)
		dir.Close()
	}
	return answerOf(err), nil
}

func answerOf(err error) string {
	if err == nil {
		return ""
	}
	return ErrnoName(err)
}
