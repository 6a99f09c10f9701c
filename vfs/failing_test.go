package vfs_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
)

// failingScript adds "evict" and "fault KIND STEP" to the language of the
// recordings; see refFault.
type failingScript struct{ recording.Script }

var scriptFaults = map[string]struct {
	kind vfs.OpKind
	out  vfs.Outcome
}{
	"lies":              {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncLies}},
	"next":              {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncNextFails}},
	"keep":              {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncKeepDirty}},
	"drop":              {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropClean}},
	"revert":            {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncRevert}},
	"page:0":            {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropPage, Page: 0}},
	"page:1":            {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropPage, Page: 1}},
	"page:2":            {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropPage, Page: 2}},
	"flusher":           {vfs.OpWrite, vfs.Outcome{Sync: vfs.SyncFlusherFails}},
	"flusher-ftruncate": {vfs.OpTruncate, vfs.Outcome{Sync: vfs.SyncFlusherFails}},
	"flusher-rename":    {vfs.OpRename, vfs.Outcome{Sync: vfs.SyncFlusherFails}},
	"flusher-close":     {vfs.OpClose, vfs.Outcome{Sync: vfs.SyncFlusherFails}},
}

// run runs a step, and returns what the program is told.
func (s *failingScript) run(step string) (answer string, err error) {
	if step == "evict" {
		s.Disk.Evict()
		return "", nil
	}
	if rest, ok := strings.CutPrefix(step, "fault "); ok {
		kind, rest, _ := strings.Cut(rest, " ")
		f, ok := scriptFaults[kind]
		if !ok {
			return "", fmt.Errorf("no fault %q", kind)
		}
		s.Disk.SetInjector(once(f.kind, f.out))
		defer s.Disk.SetInjector(nil)
		step = rest
	}
	switch err := s.Do(step); {
	case err == nil:
		return "", nil
	case errors.Is(err, syscall.EIO):
		return "EIO", nil
	case errors.Is(err, syscall.ENOSPC):
		return "ENOSPC", nil
	case errors.Is(err, syscall.ENOENT): // a full disk refused the name
		return "ENOENT", nil
	default:
		return "", fmt.Errorf("%q: %w", step, err)
	}
}

// failingWorkload is one whose steps may fail, on a disk that may be full.
type failingWorkload struct {
	recording.Workload
	options vfs.Options
}

// String says what is done.
func (w failingWorkload) String() string {
	return fmt.Sprintf("on %v, capacity %d: %q and durably, then %q", w.options.Filesystem, w.options.CapacityBytes, w.Setup, w.Steps)
}

// run runs the workload on a disk.
func (w failingWorkload) run() (disk *vfs.Disk, answers []string, err error) {
	s := &failingScript{recording.Script{Disk: vfs.New(w.options), Handles: map[string]afero.File{}}}
	for i, step := range slices.Concat(w.Setup, w.Steps) {
		if i == len(w.Setup) {
			s.Disk.SyncAll()
		}
		answer, err := s.run(step)
		if err != nil {
			return nil, nil, err
		}
		answers = append(answers, answer)
	}
	if len(w.Steps) == 0 {
		s.Disk.SyncAll()
	}
	return s.Disk, answers, nil
}

// reference runs the workload on the reference.
func (w failingWorkload) reference() (ref *refDisk, answers []string) {
	d := newRefDisk()
	d.filesystem, d.capacity = w.options.Filesystem.String(), int(w.options.CapacityBytes/refPage)
	if w.options.SectorBytes > 0 {
		d.unit = w.options.SectorBytes
	}
	for i, step := range slices.Concat(w.Setup, w.Steps) {
		if i == len(w.Setup) {
			d.settle()
		}
		answers = append(answers, d.do(step))
	}
	if len(w.Steps) == 0 {
		d.settle()
	}
	return d, answers
}

// both runs the workload on a disk and on the reference, which tell the program
// the same.
func (w failingWorkload) both(t *rapid.T) (*vfs.Disk, *refDisk) {
	t.Log(w)
	disk, told, err := w.run()
	if err != nil {
		t.Fatalf("%v\n%v", err, w)
	}
	ref, want := w.reference()
	for i, step := range slices.Concat(w.Setup, w.Steps) {
		if told[i] != want[i] {
			t.Fatalf("step %d, %q: the disk answers %q, the reference %q\n%v", i+1, step, told[i], want[i], w)
		}
	}
	return disk, ref
}

// drawWorkload draws a workload: one in which nothing fails, one of the same kind
// with failures in it, or one that is about a single file.
func drawWorkload(t *rapid.T, sector int) failingWorkload {
	w := failingWorkload{options: vfs.Options{SectorBytes: sector}}
	switch rapid.IntRange(0, 5).Draw(t, "failures") {
	case 4, 5:
		w.Workload = (&nameDrawer{t: t}).draw()
		if rapid.Bool().Draw(t, "fails") {
			w.Steps = withFailures(t, w.Steps)
		}
	case 0:
		w.Workload = recording.Draw(rapidSource{t}, rangeSteps...)
		return w
	case 1:
		w.Workload = recording.Draw(rapidSource{t}, rangeSteps...)
		w.Steps = withFailures(t, w.Steps)
	default:
		f := &fileDrawer{t: t}
		w.Workload = f.draw()
		if rapid.IntRange(0, 2).Draw(t, "capacity") == 0 {
			w.options.CapacityBytes = refPage * int64(rapid.IntRange(4, 6).Draw(t, "blocks"))
		}
	}
	w.options.Filesystem = rapid.SampledFrom(filesystems).Draw(t, "filesystem")
	return w
}

// withFailures puts failures among the steps of a workload.
func withFailures(t *rapid.T, steps []string) []string {
	var out, open, durable []string
	for _, step := range steps {
		switch w := strings.Fields(step); w[0] {
		case "create", "open", "opentruncate":
			open = append(open, w[1])
		case "opensync", "opendsync":
			open, durable = append(open, w[1]), append(durable, w[1])
		case "close":
			open = slices.DeleteFunc(open, func(h string) bool { return h == w[1] })
		case "append", "pwrite":
			step = drawnFault(t, step, slices.Contains(durable, w[1]))
		}
		out = append(out, step)
		if len(open) > 0 && rapid.IntRange(0, 2).Draw(t, "fails") == 0 {
			h := rapid.SampledFrom(open).Draw(t, "handle")
			out = append(out, rapid.SampledFrom([]string{"fault drop fsync " + h, "fault page:0 fsync " + h, "fault page:1 fdatasync " + h,
				"fault revert fsync " + h, "fault keep fsync " + h, "fault next fsync " + h, "fault lies fsync " + h, "evict", "fsync " + h}).Draw(t, "failure"))
		}
	}
	return out
}

// drawnFault lets a write fail, now and then; one that is durable at once, as a
// sync does.
func drawnFault(t *rapid.T, step string, durable bool) string {
	kinds := []string{"", "", "", "", "flusher"}
	if durable {
		kinds = []string{"", "", "", "flusher", "drop", "page:0", "page:1", "page:2", "revert", "keep", "next", "lies"}
	}
	if kind := rapid.SampledFrom(kinds).Draw(t, "fault"); kind != "" {
		return "fault " + kind + " " + step
	}
	return step
}

// fileDrawer draws what is done to a single file, open through a plain handle and
// perhaps through one of which the writes are durable at once.
type fileDrawer struct {
	t       *rapid.T
	name    string
	handles []string
	fill    int
	spare   bool // there is another file, to replace it with
	last    string
}

func (f *fileDrawer) draw() (w recording.Workload) {
	t := f.t
	f.name = "f"
	if size := rapid.SampledFrom([]int{-1, 0, 5000, 8192, 12288}).Draw(t, "size"); size >= 0 {
		w.Setup = append(w.Setup, "create s f", fmt.Sprintf("append s o %d", size), "close s")
		if size == 0 {
			w.Setup = slices.Delete(w.Setup, 1, 2)
		}
		w.Steps = append(w.Steps, "open h f")
	} else {
		w.Steps = append(w.Steps, "create h f")
	}
	if f.spare = rapid.IntRange(0, 2).Draw(t, "spare") == 0; f.spare {
		w.Setup = append(w.Setup, "create s u", "append s p 600", "close s")
	}
	f.handles = []string{"h"}
	second := rapid.SampledFrom([]string{"", "opensync", "opendsync"}).Draw(t, "second")
	switch {
	case f.spare && rapid.Bool().Draw(t, "two files"):
		f.handles = append(f.handles, "k")
		w.Steps = append(w.Steps, "open k u")
	case second != "":
		f.handles = append(f.handles, "s")
		w.Steps = append(w.Steps, second+" s f")
	}
	for range rapid.IntRange(2, 7).Draw(t, "steps") {
		w.Steps = append(w.Steps, f.step())
	}
	return w
}

// likely is what mostly follows a kind of step, so that failures meet something
// that is pending, and something is done after them.
var likely = map[string][]string{
	"":      {"write", "write", "cut", "reserve", "name"},
	"write": {"fail", "fail", "fail", "write", "write", "cut", "name", "sync"},
	"cut":   {"write", "write", "write", "fail", "name", "sync"},
	"fail":  {"write", "write", "cut", "fail", "sync", "sync", "name", "reserve"},
	"name":  {"write", "write", "write", "fail", "name", "sync"},
}

func (f *fileDrawer) step() string {
	t := f.t
	next := likely[f.last]
	if next == nil {
		next = likely[""]
	}
	f.last = rapid.SampledFrom(next).Draw(t, "kind")
	h := rapid.SampledFrom(f.handles).Draw(t, "handle")
	draw := func(from ...int) int { return rapid.SampledFrom(from).Draw(t, "n") }
	switch f.last {
	case "write":
		step := fmt.Sprintf("append %s %c %d", h, 'a'+f.fill, draw(100, 4096, 5000, 8192))
		if rapid.IntRange(0, 2).Draw(t, "where") > 0 {
			step = fmt.Sprintf("pwrite %s %d %c %d", h, draw(0, 600, 4096, 6000, 8192), 'a'+f.fill, draw(100, 512, 4096, 9000))
		}
		f.fill++
		return drawnFault(t, step, h == "s")
	case "cut":
		return f.flushed(fmt.Sprintf("ftruncate %s %d", h, draw(0, 0, 100, 4096, 5000, 9000)))
	case "reserve":
		return fmt.Sprintf("fallocate %s %d", h, draw(4096, 8192, 9000, 16384))
	case "name":
		if len(f.handles) > 1 && h != "k" && rapid.IntRange(0, 3).Draw(t, "close") == 0 {
			f.handles = slices.DeleteFunc(f.handles, func(g string) bool { return g == h })
			return f.flushed("close " + h)
		}
		return f.nameStep()
	case "sync":
		return rapid.SampledFrom([]string{"fsync " + h, "fdatasync " + h, "evict"}).Draw(t, "sync")
	}
	kind := rapid.SampledFrom([]string{"drop", "drop", "page:0", "page:0", "page:1", "page:1", "page:2", "revert", "keep", "next", "lies"}).Draw(t, "fault")
	return "fault " + kind + " " + rapid.SampledFrom([]string{"fsync ", "fsync ", "fdatasync "}).Draw(t, "sync") + h
}

// flushed lets the kernel fail to write the file back after a step, now and then.
func (f *fileDrawer) flushed(step string) string {
	if rapid.IntRange(0, 5).Draw(f.t, "flusher") == 0 {
		word, _, _ := strings.Cut(step, " ")
		return "fault flusher-" + word + " " + step
	}
	return step
}

// nameStep does something to the file's name.
func (f *fileDrawer) nameStep() string {
	switch k := rapid.IntRange(0, 4).Draw(f.t, "name"); {
	case f.name == "" || k == 0:
		return "fsyncdir ."
	case k == 1:
		name := f.name
		f.name = ""
		return "unlink " + name
	case k == 2 && f.spare:
		name := f.name
		f.spare, f.name = false, ""
		return f.flushed("rename u " + name)
	case k == 3 && f.spare:
		name := f.name
		f.spare, f.name = false, "u"
		return f.flushed("rename " + name + " u")
	default:
		name := f.name
		f.name = "f" + name
		return f.flushed("rename " + name + " " + f.name)
	}
}
