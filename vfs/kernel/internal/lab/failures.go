//go:build linux

package lab

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"

	"powercut/vfs/internal/recording"
	"powercut/vfs/kernel/internal/block"
	"powercut/vfs/kernel/internal/worker"
)

// Scenarios are what the table of failed fsyncs is recorded by, point by point.
var Scenarios = []recording.Scenario{
	{Name: "overwrite", About: "told once, cached until evicted, then the old data",
		Setup: oldFile, Steps: []string{"open f f", "pwrite f 0 n 8192", "fault data", "fsync f", "fsync f", "read f", "evict f", "read f", "fsync f", "close f"}},
	{Name: "overwrite-fdatasync", About: "fdatasync as fsync",
		Setup: oldFile, Steps: []string{"open f f", "pwrite f 0 n 8192", "fault data", "fdatasync f", "fdatasync f", "fsync f", "read f"}},
	{Name: "append", About: "zeros, or the old size",
		Setup: oldFile, Steps: []string{"open f f", "append f n 8192", "fault data", "fsync f", "fsync f", "read f", "evict f", "read f"}},
	{Name: "create", About: "a new file's data fails",
		Steps: []string{"create f f", "append f n 8192", "fault data", "fsync f", "fsync f", "read f", "evict f", "read f"}},
	{Name: "create-and-directory", About: "the name is durable, the data failed",
		Steps: []string{"create f f", "append f n 8192", "fault data", "fsync f", "fsyncdir .", "fsync f"}},
	{Name: "written-again", About: "writing the data again and syncing works",
		Setup: oldFile, Steps: []string{"open f f", "pwrite f 0 n 8192", "fault data", "fsync f", "heal", "fsync f", "pwrite f 0 m 8192", "fsync f", "evict f", "read f"}},
	{Name: "written-again-too-early", About: "and fails again while the device does",
		Setup: oldFile, Steps: []string{"open f f", "pwrite f 0 n 8192", "fault data", "fsync f", "pwrite f 0 m 8192", "fsync f", "heal", "fsync f", "evict f", "read f"}},
	{Name: "retry-after-heal", About: "a healed device doesn't bring the data back",
		Setup: oldFile, Steps: []string{"open f f", "pwrite f 0 n 8192", "fault data", "fsync f", "heal", "fsync f", "evict f", "read f"}},
	{Name: "descriptors", About: "each descriptor that was open is told once; one opened since is not",
		Setup: oldFile, Steps: []string{"open f f", "open g f", "open h f", "pwrite f 0 n 4096", "fault data", "fsync f", "open late f", "fsync late", "fsync g", "fsync g", "fdatasync h", "fsync h", "fsync f"}},
	{Name: "flusher", About: "written back unasked: the next fsync of each descriptor tells it",
		Setup: oldFile, Steps: []string{"open f f", "open g f", "fault flusher", "pwrite f 0 n 8192", "evict f", "read f", "fsync f", "fsync f", "fsync g", "fsync g"}},
	{Name: "flusher-cached", About: "what shows after the flusher failed, until the pages are evicted",
		Setup: oldFile, Steps: []string{"open f f", "fault flusher", "pwrite f 0 n 8192", "read f", "fsync f"}},
	{Name: "flusher-append", About: "an append that the flusher lost",
		Setup: oldFile, Steps: []string{"open f f", "fault flusher", "append f n 8192", "evict f", "read f", "fsync f", "fsync f"}},
	{Name: "flusher-opened-late", About: "if nobody was told, who opens the file later is",
		Setup: oldFile, Steps: []string{"open f f", "fault flusher", "pwrite f 0 n 8192", "open late f", "fsync late", "fsync late", "fsync f", "open later f", "fsync later"}},
	{Name: "page", About: "one page of three, of an overwrite",
		Setup: []string{"create s f", "append s o 12288", "close s"},
		Steps: []string{"open f f", "pwrite f 0 a 4096", "pwrite f 4096 b 4096", "pwrite f 8192 c 4096", "fault page b", "fsync f", "fsync f", "read f", "evict f", "read f"}},
	{Name: "page-append", About: "one page of three, of an append",
		Setup: oldPage, Steps: []string{"open f f", "pwrite f 4096 a 4096", "pwrite f 8192 b 4096", "pwrite f 12288 c 4096", "fault page b", "fsync f", "fsync f", "read f", "evict f", "read f"}},
	{Name: "page-append-last", About: "the last page of an append",
		Setup: oldPage, Steps: []string{"open f f", "pwrite f 4096 a 4096", "pwrite f 8192 b 4096", "fault page b", "fsync f", "fsync f", "read f", "evict f", "read f"}},
	{Name: "page-apart", About: "one of two pages that are not beside each other",
		Setup: []string{"create s f", "append s o 20480", "close s"},
		Steps: []string{"open f f", "pwrite f 0 a 4096", "pwrite f 16384 b 4096", "fault page b", "fsync f", "fsync f", "read f", "evict f", "read f"}},
	{Name: "page-truncated", About: "one page of three, where blocks were cut off before",
		Setup: []string{"create s f", "append s o 12288", "close s"},
		Steps: []string{"open f f", "ftruncate f 0", "pwrite f 0 a 4096", "pwrite f 4096 b 4096", "pwrite f 8192 c 4096", "fault page b", "fsync f", "fsync f", "read f", "evict f", "read f"}},
	{Name: "page-beside-new", About: "a page in a new block fails, and the one in its place beside it does not",
		Setup: oldFile,
		Steps: []string{"open f f", "pwrite f 4096 a 4096", "pwrite f 8192 b 4096", "fault page b", "fsync f", "fsync f", "read f", "evict f", "read f"}},
	{Name: "page-holes", About: "two pages in a hole, apart from each other: one fails",
		Setup: []string{"create s f", "ftruncate s 20480", "close s"},
		Steps: []string{"open f f", "pwrite f 0 a 4096", "pwrite f 12288 b 4096", "fault page a", "fsync f", "fsync f", "read f", "evict f", "read f"}},
	{Name: "page-allocated", About: "one page of three, in preallocated blocks",
		Setup: []string{"create s f", "fallocate s 12288", "close s"},
		Steps: []string{"open f f", "pwrite f 0 a 4096", "pwrite f 4096 b 4096", "pwrite f 8192 c 4096", "fault page b", "fsync f", "fsync f", "read f", "evict f", "read f"}},
	{Name: "truncated", About: "a file written anew, where all was cut off before",
		Setup: oldFile, Steps: []string{"open f f", "ftruncate f 0", "append f n 8192", "fault data", "fsync f", "fsync f", "read f", "evict f", "read f"}},
	{Name: "truncated-in-part", About: "where a part was cut off before",
		Setup: oldFile, Steps: []string{"open f f", "ftruncate f 4096", "append f n 4096", "fault data", "fsync f", "fsync f", "read f", "evict f", "read f"}},
	{Name: "truncated-in-a-page", About: "where the end of a page was cut off before",
		Setup: oldFile, Steps: []string{"open f f", "ftruncate f 1000", "append f n 7192", "fault data", "fsync f", "fsync f", "read f", "evict f", "read f"}},
	{Name: "allocated", About: "data in preallocated blocks fails",
		Steps: []string{"create f f", "fallocate f 8192", "fsync f", "pwrite f 0 n 8192", "fault data", "fsync f", "fsync f", "read f", "evict f", "read f"}},
	{Name: "osync", About: "a write through O_SYNC that fails",
		Setup: oldFile, Steps: []string{"opensync f f", "open g f", "fault data", "pwrite f 0 n 4096", "fsync f", "fsync g", "fsync g", "read f", "evict f", "read f"}},
	{Name: "odsync", About: "a write through O_DSYNC that fails",
		Setup: oldFile, Steps: []string{"opendsync f f", "open g f", "fault data", "pwrite f 0 n 4096", "fsync f", "fsync g", "fsync g", "read f", "evict f", "read f"}},
	{Name: "thin", About: "a thin-provisioned device has no space: ENOSPC from fsync, once",
		Setup: oldFile, Steps: []string{"open f f", "append f n 8192", "fault space", "fsync f", "fsync f", "heal", "fsync f", "evict f", "read f"}},
	{Name: "journal", About: "the filesystem's own blocks fail, at an fsync of a new file",
		Setup: []string{"mkdir d", "create s d/g", "append s o 4096", "close s"},
		Steps: []string{"open g d/g", "create f d/f", "append f n 4096", "fault journal", "fsync f", "fsync f", "fsync f", "fsync g", "fsyncdir d", "readdir d", "stat d/f", "read g", "pwrite f 0 m 4096",
			"ftruncate f 0", "create h d/h", "open h d/g", "rename d/f d/i", "unlink d/f", "mkdir e", "link d/g d/l", "heal", "fsync f", "pwrite f 0 m 4096", "fsyncdir d", "close f"}},
	{Name: "journal-directory", About: "at an fsync of a directory",
		Setup: []string{"mkdir d"}, Steps: []string{"create f d/f", "fault journal", "fsyncdir d", "fsyncdir d", "readdir d", "heal", "fsync f", "mkdir d/e", "close f"}},
	{Name: "flush", About: "the device's flush fails, at an fsync of a new file",
		Setup: []string{"mkdir d", "create s d/g", "append s o 4096", "close s"},
		Steps: []string{"open g d/g", "create f d/f", "append f n 4096", "fault flush", "fsync f", "fsync f", "fsync g", "fsyncdir d", "read g", "pwrite f 0 m 4096", "mkdir e", "heal", "fsync f", "pwrite f 0 m 4096", "close f"}},
	{Name: "flush-once", About: "one flush fails, no more",
		Setup: []string{"mkdir d", "create s d/g", "append s o 4096", "close s"},
		Steps: []string{"open g d/g", "create f d/f", "append f n 4096", "fault flush once", "fsync f", "fsync f", "fsync g", "fsync f", "pwrite f 0 m 4096", "fsync f", "close f"}},
	{Name: "flush-overwrite", About: "one flush fails, at an fdatasync of data in place",
		Setup: oldFile, Steps: []string{"open f f", "pwrite f 0 n 8192", "fault flush-in-place once", "fdatasync f", "read f", "fdatasync f", "pwrite f 0 m 4096", "fdatasync f", "close f"}},
	{Name: "flush-overwrite-cut", About: "and the power goes before the next",
		Setup: oldFile, Steps: []string{"open f f", "pwrite f 0 n 8192", "fault flush-in-place once", "fdatasync f"}},
	{Name: "away", About: "the device is away and back, and no fsync comes meanwhile",
		Setup: oldFile, Steps: []string{"open f f", "fault away", "pwrite f 0 n 4096", "create g g", "append g n 4096", "read f", "stat g", "heal", "fsync f", "fsync g", "fsyncdir .", "read f"}},
	{Name: "away-overwrite", About: "an fsync of data in place, while the device is away",
		Setup: oldFile, Steps: []string{"open f f", "pwrite f 0 n 8192", "fault away", "fdatasync f", "read f", "fdatasync f", "heal", "fdatasync f", "pwrite f 0 m 4096", "fdatasync f", "create g g", "fsync g"}},
	{Name: "away-create", About: "an fsync of a new file",
		Setup: oldFile, Steps: []string{"open f f", "create g g", "append g n 4096", "fault away", "fsync g", "fsync g", "read f", "heal", "fsync g", "pwrite f 0 m 4096", "fsync f", "mkdir d"}},
	{Name: "away-directory", About: "an fsync of a directory",
		Setup: []string{"mkdir d"}, Steps: []string{"create f d/f", "fault away", "fsyncdir d", "heal", "fsyncdir d", "fsync f", "mkdir d/e"}},
	{Name: "away-clean", About: "an fsync that has nothing to write",
		Setup: oldFile, Steps: []string{"open f f", "fsync f", "fault away", "fsync f", "fsyncdir .", "heal", "fsync f", "pwrite f 0 n 4096", "fsync f"}},
}

var (
	oldFile = []string{"create s f", "append s o 8192", "close s"}
	oldPage = []string{"create s f", "append s o 4096", "close s"}
)

// isData says whether a page holds what a workload wrote: letters, and zeros
// where nothing was written.
func isData(page []byte) bool {
	letters := 0
	for _, c := range page[:min(4096, len(page))] {
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			letters++
		case c != 0:
			return false
		}
	}
	return letters >= 64
}

// fault is what a scenario's step makes the device do.
func fault(words []string) ([]*block.Fault, error) {
	data := &block.Fault{Kind: block.Write, Fails: isData}
	times := 0
	if words[len(words)-1] == "once" {
		times = 1
	}
	switch words[0] {
	case "data", "flusher":
		return []*block.Fault{data}, nil
	case "space":
		data.Err = syscall.ENOSPC
		return []*block.Fault{data}, nil
	case "page":
		c := words[1][0]
		data.Fails = func(page []byte) bool { return isData(page) && page[0] == c }
		return []*block.Fault{data}, nil
	case "journal":
		return []*block.Fault{{Kind: block.Write, Times: times, Fails: func(page []byte) bool { return !isData(page) }}}, nil
	case "away":
		return []*block.Fault{{Kind: block.Write, Fails: func([]byte) bool { return true }}, {Kind: block.Flush}}, nil
	case "flush", "flush-in-place":
		return []*block.Fault{{Kind: block.Flush, Times: times}}, nil
	}
	return nil, fmt.Errorf("no fault %q", words[0])
}

// Fail runs a scenario and returns it with the kernel's answers, and with what
// so many crash images of its end showed.
func (r *Rig) Fail(s recording.Scenario, src *rand.Rand, images int) (recording.Scenario, error) {
	out := recording.Scenario{Name: s.Name, About: s.About, Setup: append([]string{}, s.Setup...)}
	if err := r.Begin(s.Setup); err != nil {
		r.Worker.Unmount(r.FS.Type)
		return out, err
	}
	r.Worker.Device.Record()
	failed := &failing{rig: r}
	for _, step := range s.Steps {
		answer, err := failed.step(step)
		if err != nil {
			r.Worker.Unmount(r.FS.Type)
			return out, fmt.Errorf("scenario %s: %q: %w", s.Name, step, err)
		}
		out.Steps = append(out.Steps, recording.Answered(step, answer))
	}
	r.Worker.Device.SetFaults()
	l := r.Worker.Device.Recorded()
	if err := r.Worker.Unmount(r.FS.Type); err != nil {
		return out, err
	}
	after := map[string]bool{}
	for c := range l.Crashes(src, images) {
		if c.To != len(l.Entries) {
			continue
		}
		t, err := r.recovered(c.Store)
		if refused, ok := errors.AsType[*worker.SyscallError](err); ok {
			r.Unmountable[refused.Error()]++
			continue
		}
		if err != nil {
			return out, err
		}
		after[recording.FormatTree(t)] = true
	}
	out.After = slices.Sorted(maps.Keys(after))
	return out, nil
}

// failing runs a scenario's steps.
type failing struct {
	rig     *Rig
	flusher bool // the next write is written back unasked
}

// step returns the kernel's answer, and an error only for what is the
// harness's.
func (f *failing) step(step string) (answer string, err error) {
	w := strings.Fields(step)
	worker := f.rig.Worker
	switch w[0] {
	case "fault":
		faults, err := fault(w[1:])
		if err != nil {
			return "", err
		}
		if f.flusher = w[1] == "flusher"; !f.flusher {
			worker.Device.SetFaults(faults...)
		}
		return "", nil
	case "heal":
		worker.Device.SetFaults()
		return "", nil
	case "read":
		b, err := worker.Read(w[1])
		if err == nil {
			return recording.Content(b), nil
		}
		return answered(err)
	}
	answer, err = answered(worker.Step(step))
	if err != nil || !f.flusher {
		return answer, err
	}
	f.flusher = false
	faults, err := fault([]string{"flusher"})
	if err != nil {
		return "", err
	}
	worker.Device.SetFaults(faults...)
	worker.Step("syncfs") // fails, which is another descriptor's affair
	worker.Device.SetFaults()
	return answer, nil
}

func answered(err error) (string, error) {
	if err == nil {
		return "", nil
	}
	if refused, ok := errors.AsType[*worker.SyscallError](err); ok {
		return recording.ErrnoName(refused.Errno), nil
	}
	return "", err
}
