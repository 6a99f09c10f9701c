package vfs_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
)

// rangeSteps are those that the reference does not have.
var rangeSteps = []string{"reserve", "punch", "zero"}

// nameDrawer draws steps on few names, of all kinds that there are. What a disk refuses
// is not done.
type nameDrawer struct {
	t      *rapid.T
	script failingScript
	open   []string
	count  int
	next   func() string // draws a step, nil for any
}

var (
	nameDrawerPaths = []string{"a", "b", "d", "d/a", "e", "s"}
	nameDrawerSizes = []int{0, 100, 4096, 5000}
)

func (n *nameDrawer) draw() (w recording.Workload) {
	n.script = failingScript{recording.Script{Disk: vfs.New(vfs.Options{}), Handles: map[string]afero.File{}}}
	defer n.script.Disk.Release()
	w.Setup = n.steps(rapid.IntRange(0, 5).Draw(n.t, "before"))
	for _, h := range n.open {
		w.Setup = append(w.Setup, "close "+h)
		check(n.script.Do("close " + h))
	}
	n.open = nil
	w.Steps = n.steps(rapid.IntRange(2, 9).Draw(n.t, "steps"))
	return w
}

func (n *nameDrawer) steps(count int) (steps []string) {
	next := n.next
	if next == nil {
		next = n.step
	}
	for range count {
		step := next()
		words := strings.Fields(step)
		if words[0] == "fsyncdir" {
			if info, err := n.script.Disk.Stat("/" + words[1]); err != nil || !info.IsDir() {
				continue
			}
		}
		if answer, err := n.script.run(step); err != nil || answer != "" {
			continue
		}
		switch words[0] {
		case "create", "open", "opensync", "tmpfile":
			n.open = append(n.open, words[1])
		case "close":
			n.open = slices.DeleteFunc(n.open, func(h string) bool { return h == words[1] })
		}
		steps = append(steps, step)
	}
	return steps
}

func (n *nameDrawer) step() string {
	path := func() string { return rapid.SampledFrom(nameDrawerPaths).Draw(n.t, "path") }
	size := func() int { return rapid.SampledFrom(nameDrawerSizes).Draw(n.t, "size") }
	kinds := []string{"create", "create", "open", "opensync", "mkdir", "mkdir", "unlink", "rename", "rename", "link", "exchange", "exchange", "exchange",
		"symlink", "tmpfile", "fsyncdir", "setxattr"}
	if len(n.open) > 0 {
		kinds = append(kinds, "append", "append", "ftruncate", "fsync", "fsync", "fdatasync", "close", "linkto", "linkto")
	}
	switch kind := rapid.SampledFrom(kinds).Draw(n.t, "kind"); kind {
	case "create", "open", "opensync":
		n.count++
		return fmt.Sprintf("%s h%d %s", kind, n.count, path())
	case "tmpfile":
		n.count++
		return fmt.Sprintf("%s h%d", kind, n.count)
	case "mkdir", "unlink":
		return kind + " " + path()
	case "fsyncdir":
		return kind + " " + rapid.SampledFrom([]string{".", ".", "d", "e"}).Draw(n.t, "directory")
	case "symlink":
		return kind + " " + rapid.SampledFrom([]string{"a", "b", "d"}).Draw(n.t, "target") + " " + path()
	case "setxattr":
		return kind + " " + path() + " user.x " + string(rune('a'+n.count%26))
	case "rename", "link", "exchange":
		return kind + " " + path() + " " + path()
	default:
		h := rapid.SampledFrom(n.open).Draw(n.t, "handle")
		switch n.count++; kind {
		case "append":
			return fmt.Sprintf("append %s %c %d", h, 'a'+n.count%26, max(size(), 1))
		case "ftruncate":
			return fmt.Sprintf("ftruncate %s %d", h, size())
		case "linkto":
			return kind + " " + h + " " + path()
		}
		return kind + " " + h
	}
}
