package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

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
//	fault away        everything does: the device can't be reached
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
