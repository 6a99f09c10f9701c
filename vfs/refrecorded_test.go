package vfs_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"powercut/vfs/internal/recording"
)

// failingDevice runs a recorded scenario on the reference: what the device does
// becomes what happens to the steps that meet it.
type failingDevice struct {
	*refDisk
	fault string
	page  byte // of "fault page"
}

// canRun says whether the reference knows all faults of a scenario: it has no
// journal that could fail.
func canRun(s recording.Scenario) bool {
	for _, step := range s.Steps {
		if strings.HasPrefix(step, "fault journal") || strings.HasPrefix(step, "fault flush ") || strings.HasPrefix(step, "fault flush-") || step == "fault flush" || step == "fault away" {
			return false
		}
	}
	return true
}

func (d *failingDevice) answer(step string) string {
	w := strings.Fields(step)
	switch w[0] {
	case "fault":
		if d.fault = w[1]; len(w) > 2 {
			d.page = w[2][0]
		}
		return ""
	case "heal":
		d.fault = ""
		return ""
	case "evict":
		return d.do("evict")
	case "read":
		return recording.Content(d.opened(w[1]).content)
	case "fsync", "fdatasync":
		if len(d.opened(w[1]).dirtyPages(refScope{})) > 0 {
			step = d.strikes(d.opened(w[1])) + step
		}
	case "pwrite", "append":
		if d.syncHandles[w[1]] != "" {
			step = d.strikes(d.opened(w[1])) + step
		} else if d.fault == "flusher" {
			step, d.fault = "fault flusher "+step, ""
		}
	}
	answer := d.do(step)
	if answer == "EIO" && d.fault == "space" {
		return "ENOSPC"
	}
	return answer
}

// strikes is what the device does to a sync of a file.
func (d *failingDevice) strikes(i *refInode) string {
	switch d.fault {
	case "data", "space":
		return "fault drop "
	case "page":
		for k, at := range i.dirtyPages(refScope{}) {
			if i.content[at] == d.page {
				return fmt.Sprintf("fault page:%d ", k)
			}
		}
	}
	return ""
}

// TestReferenceOfRecordedFailures: the reference tells programs what real kernels
// told them while a device failed, and may leave what they left.
func TestReferenceOfRecordedFailures(t *testing.T) {
	paths, err := filepath.Glob("testdata/failures/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recorded failures: %v", err)
	}
	for _, path := range paths {
		f := must(recording.ReadFailures(path))
		ran := 0
		for _, s := range f.Scenarios {
			if !canRun(s) {
				continue
			}
			ran++
			t.Run(f.Filesystem+"/"+s.Name, func(t *testing.T) {
				d := &failingDevice{refDisk: newRefDisk()}
				d.filesystem = f.Filesystem
				for _, step := range s.Setup {
					d.do(step)
				}
				d.settle()
				for i, step := range s.Steps {
					q := recording.Question(step)
					key := fmt.Sprintf("%s %s %d", f.Filesystem, s.Name, i+1)
					if got := recording.Answered(q, d.answer(q)); got != step && otherwise[key] == "" {
						t.Errorf("%s: the kernel: %s, the reference: %s", key, step, got)
					}
				}
				for _, state := range s.After {
					if err := d.accepts(f.Filesystem, mustTree(t, state)); err != nil {
						t.Errorf("after a crash the kernel left %s: %v", state, err)
					}
				}
			})
		}
		if ran < 20 {
			t.Errorf("%s: the reference knows only %d of the scenarios", path, ran)
		}
	}
}
