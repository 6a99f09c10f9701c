package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// Failures is what programs were told when a device failed under a real
// filesystem.
type Failures struct {
	Filesystem string     `json:"filesystem"` // a profile's name
	Kernel     string     `json:"kernel,omitempty"`
	Scenarios  []Scenario `json:"scenarios"`
}

// Scenario is a program during which the device fails. Beside those of a
// Workload, its steps are
//
//	fault data        each data page that is written fails, until "heal"
//	fault page BYTE   each data page of that byte does; the others are written
//	fault space       as "fault data", but with ENOSPC: a thin-provisioned device
//	fault journal     all but data fails
//	fault flush       each flush does; with "once" behind it, as with the one before, the first alone
//	fault flush-in-place   the same, at a sync of data that needs nothing else
//	fault flusher     the data of the next write fails, written back unasked
//	heal              nothing fails any more
//	syncfs            makes all durable
//	evict H           drops the clean pages of a file
//	read H            answers the content
//	readdir PATH, stat PATH
//
// A step that was answered anything but success ends in "-> ANSWER": an error's
// name, or what was read.
type Scenario struct {
	Name  string   `json:"name"`
	About string   `json:"about,omitempty"`
	Setup []string `json:"setup"`
	Steps []string `json:"steps"`
	// After are the trees that were seen after a crash behind the last step.
	After []string `json:"after"`
}

// Answered joins a step and its answer, "" for success.
func Answered(step, answer string) string {
	if answer == "" {
		return step
	}
	return step + " -> " + answer
}

// Question is a step without its answer.
func Question(step string) string {
	q, _, _ := strings.Cut(step, " -> ")
	return q
}

// ErrnoName is an error as an answer.
func ErrnoName(err error) string {
	e, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return fmt.Sprint(err)
	}
	for name, known := range map[string]syscall.Errno{"EIO": syscall.EIO, "ENOSPC": syscall.ENOSPC, "EROFS": syscall.EROFS, "ENOENT": syscall.ENOENT} {
		if e == known {
			return name
		}
	}
	return e.Error()
}

// Content writes what a file holds as a tree does, without its size.
func Content(b []byte) string {
	s := FormatTree(vfs.Tree{"/f": b})
	return s[strings.IndexByte(s, '=')+1:]
}

// Simulate runs a scenario on a disk that acts like a filesystem, and returns
// its steps with the answers of the disk.
func (s *Scenario) Simulate(filesystem vfs.Profile) (*vfs.Disk, []string, error) {
	sim := &simulation{filesystem: filesystem, Script: Script{Disk: vfs.New(vfs.Options{Filesystem: filesystem}), Handles: map[string]afero.File{}}}
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
	where      map[byte]int64  // the pages that wait to be written back, by their byte
	dirty      map[string]bool // paths with something to write back
}

// Inject makes the sync that first meets a failing device fail.
func (s *simulation) Inject(op vfs.Op) (out vfs.Outcome) {
	if op.Kind == vfs.OpWrite {
		if s.fault == "flusher" {
			out.Sync, s.fault = vfs.SyncFlusherFails, ""
			return out
		}
		s.dirty[op.Path] = true
		return out
	}
	if op.Kind == vfs.OpCreate || op.Kind == vfs.OpTruncate {
		s.dirty[op.Path] = true
	}
	if op.Kind != vfs.OpSync && op.Kind != vfs.OpSyncDir || op.Kind == vfs.OpSync && !s.dirty[op.Path] {
		return out
	}
	if op.Kind == vfs.OpSyncDir && s.fault != "journal" && s.fault != "flush" {
		return out // there is no data
	}
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
	delete(s.dirty, op.Path)
	clear(s.where)
	return out
}

func (s *simulation) answer(step string) (answer string, err error) {
	if s.dirty == nil {
		s.dirty, s.where = map[string]bool{}, map[byte]int64{}
	}
	w := strings.Fields(step)
	if len(w) == 0 {
		return "", errors.New("an empty step")
	}
	switch {
	case w[0] == "fault" && len(w) > 1:
		s.fault = w[1]
		if s.fault == "page" {
			if len(w) != 3 {
				return "", errors.New("no byte")
			}
			s.page = 0 // counted among those that wait
			for _, at := range s.where {
				if at < s.where[w[2][0]] {
					s.page++
				}
			}
		}
		return "", nil
	case w[0] == "heal":
		s.fault = ""
		return "", nil
	case w[0] == "evict":
		s.Disk.Evict()
		return "", nil
	case w[0] == "syncfs":
		s.Disk.SyncAll()
		return "", nil
	case w[0] == "read" && len(w) == 2:
		f := s.Handles[w[1]]
		if f == nil {
			return "", errors.New("no such handle")
		}
		info, err := f.Stat()
		if err != nil {
			return ErrnoName(err), nil
		}
		b := make([]byte, info.Size())
		if len(b) == 0 {
			return Content(b), nil
		}
		if _, err := f.ReadAt(b, 0); err != nil {
			return ErrnoName(err), nil
		}
		return Content(b), nil
	case w[0] == "readdir" && len(w) == 2:
		dir, err := s.Disk.Open(w[1])
		if err == nil {
			_, err = dir.Readdirnames(-1)
			dir.Close()
		}
		return answerOf(err), nil
	case w[0] == "stat" && len(w) == 2:
		_, err := s.Disk.Stat(w[1])
		return answerOf(err), nil
	case w[0] == "pwrite" && len(w) == 5:
		if off, err := strconv.ParseInt(w[2], 10, 64); err == nil {
			s.where[w[3][0]] = off / 4096
		}
	}
	return answerOf(s.Do(step)), nil
}

func answerOf(err error) string {
	if err == nil {
		return ""
	}
	return ErrnoName(err)
}

// Differs says where a disk that acts like a filesystem answers otherwise than
// was recorded, or refuses what a crash left; "" if nowhere.
func (s *Scenario) Differs(filesystem vfs.Profile) (string, error) {
	disk, steps, err := s.Simulate(filesystem)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i, step := range steps {
		if step != s.Steps[i] {
			fmt.Fprintf(&b, "  step %d: the kernel: %s\n          the disk:   %s\n", i+1, s.Steps[i], step)
		}
	}
	for _, state := range s.After {
		t, err := ParseTree(state)
		if err != nil {
			return "", err
		}
		if ok, reason := disk.Accepts(filesystem, t); !ok {
			fmt.Fprintf(&b, "  after a crash: the kernel left %s\n                 the disk: %s\n", state, reason)
		}
	}
	return b.String(), nil
}

// ReadFailures reads a file of recorded failures.
func ReadFailures(path string) (*Failures, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := new(Failures)
	if err := json.Unmarshal(b, f); err != nil {
		return nil, fmt.Errorf("%s holds no recorded failures: %w", path, err)
	}
	return f, nil
}

// Write writes the file, whole or not at all.
func (f *Failures) Write(path string) error { return writeFile(path, text(f)) }
