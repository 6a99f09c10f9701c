package vfs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
)

// interrupted runs a workload whose program dies after some steps, if it does, and is
// started anew. It has no file open then.
func interrupted(t interface{ Fatalf(string, ...any) }, setup, before, after []string, dies bool) *vfs.Disk {
	w := recording.Workload{Setup: setup, Steps: before}
	disk, err := w.After(vfs.Options{SectorBytes: 4096}, len(before))
	if err != nil {
		t.Fatalf("%q: %v", before, err)
	}
	if dies {
		im := disk.ProcessCrash()
		disk = im.Mount(vfs.Options{})
		im.Release()
	}
	s := recording.Script{Disk: disk, Handles: map[string]afero.File{}}
	for _, step := range after {
		if err := s.Do(step); err != nil {
			t.Fatalf("%q: %v", step, err)
		}
	}
	return disk
}

// sameWithoutProcess: whether a program died between its steps and was started anew
// makes no difference to what a power cut may leave later on.
func sameWithoutProcess(t interface {
	Fatalf(string, ...any)
	Errorf(string, ...any)
}, setup, before, after []string) {
	lives, dies := interrupted(t, setup, before, after, false), interrupted(t, setup, before, after, true)
	for _, p := range vfs.Profiles() {
		trees := func(d *vfs.Disk) (all []string) {
			for im := range d.Images(p) {
				all = append(all, must(mountedTree(im)).String())
				im.Release()
				if len(all) > mostImages {
					return nil // too many to compare
				}
			}
			slices.Sort(all)
			return all
		}
		if a, b := trees(lives), trees(dies); !slices.Equal(a, b) {
			t.Errorf("%v: %q, durably, then %q and %q may leave\n%s\nand if the program dies in between\n%s",
				p, setup, before, after, strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
	}
}

// TestProcessCrashForgetsNothing: what a filesystem goes by when it decides what is
// lost survives the programs, also where nothing is pending of it.
func TestProcessCrashForgetsNothing(t *testing.T) {
	for name, c := range map[string]struct{ setup, before, after []string }{
		"a new directory above a file whose name is durable": {nil,
			[]string{"mkdir e", "create h e/a", "fsyncdir e", "close h"},
			[]string{"open g e/a", "append g n 100", "fsync g"}},
		"a directory that is durable, and what is new in it": {nil,
			[]string{"mkdir d", "fsyncdir ."},
			[]string{"create h d/a", "fsyncdir ."}},
		"a file that was renamed, durably": {[]string{"mkdir d", "create s d/a", "close s"},
			[]string{"mkdir e", "rename d/a a", "fsyncdir d", "fsyncdir ."},
			[]string{"open f a", "mkdir e/x", "create g d/b", "fsync f"}},
	} {
		t.Run(name, func(t *testing.T) { sameWithoutProcess(t, c.setup, c.before, c.after) })
	}
	rapid.Check(t, func(t *rapid.T) {
		w := recording.Draw(rapidSource{t}, "tmpfile")
		k := rapid.IntRange(0, len(w.Steps)).Draw(t, "dies after")
		before, after, open := slices.Clone(w.Steps[:k]), []string(nil), []string(nil)
		for _, step := range before {
			switch f := strings.Fields(step); f[0] {
			case "create", "open", "opentruncate", "opensync", "opendsync":
				open = append(open, f[1])
			case "close":
				open = slices.DeleteFunc(open, func(h string) bool { return h == f[1] })
			}
		}
		for _, h := range open {
			before = append(before, "close "+h)
		}
		for _, step := range w.Steps[k:] {
			if f := strings.Fields(step); len(f) > 1 && slices.Contains(open, f[1]) {
				continue // of a file that is not open any more
			}
			after = append(after, step)
		}
		sameWithoutProcess(t, w.Setup, before, after)
	})
}
