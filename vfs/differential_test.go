package vfs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"powercut/vfs"
)

// drawScript draws a small workload in the language of the recordings. Units
// of 4096 bytes keep its crash images few enough to list them all.
func drawScript(t *rapid.T) recordedWorkload {
	w := recordedWorkload{Setup: []string{"mkdir d"}}
	ref := newRefDisk()
	ref.do(w.Setup[0])
	paths := []string{"a", "b", "d/a", "d/b", "e", "e/a"}
	var handles []string
	fill := byte('a')
	exists := func(p string) bool {
		_, n := ref.lookup(p)
		return n >= 0
	}
	parent := func(p string) bool { return p != "e/a" || exists("e") && ref.inodes[ref.now[refSlot{0, "e"}]].dir }
	isDir := func(p string) bool {
		_, n := ref.lookup(p)
		return n >= 0 && ref.inodes[n].dir
	}
	step := func(setup bool) string {
		p := rapid.SampledFrom(paths).Draw(t, "path")
		q := rapid.SampledFrom(paths).Draw(t, "other")
		if !parent(p) || !parent(q) {
			return ""
		}
		h := fmt.Sprintf("h%d", len(handles))
		kind := rapid.SampledFrom([]string{"create", "create", "append", "append", "pwrite", "ftruncate", "fallocate", "fsync", "fdatasync",
			"close", "rename", "rename", "link", "unlink", "mkdir", "fsyncdir", "open", "opentruncate"}).Draw(t, "kind")
		switch kind {
		case "create":
			if isDir(p) || p == "e" {
				return ""
			}
			handles = append(handles, h)
			return fmt.Sprintf("create %s %s", h, p)
		case "open", "opentruncate":
			if !exists(p) || isDir(p) {
				return ""
			}
			handles = append(handles, h)
			return fmt.Sprintf("%s %s %s", kind, h, p)
		case "rename":
			if p == q || !exists(p) || isDir(q) || isDir(p) && (exists(q) || q == "e/a") || q == "e" && !isDir(p) {
				return ""
			}
			_, m := ref.lookup(p)
			if _, n := ref.lookup(q); m == n {
				return ""
			}
			return fmt.Sprintf("rename %s %s", p, q)
		case "link":
			if !exists(p) || isDir(p) || exists(q) || q == "e" {
				return ""
			}
			return fmt.Sprintf("link %s %s", p, q)
		case "unlink":
			if !exists(p) || isDir(p) {
				return ""
			}
			return "unlink " + p
		case "mkdir":
			if exists("e") {
				return ""
			}
			return "mkdir e"
		case "fsyncdir":
			d := rapid.SampledFrom([]string{".", "d", "e"}).Draw(t, "directory")
			if !isDir(d) && d != "." {
				return ""
			}
			return "fsyncdir " + d
		}
		if len(handles) == 0 {
			return ""
		}
		i := rapid.IntRange(0, len(handles)-1).Draw(t, "handle")
		h = handles[i]
		if handles[i] == "" {
			return ""
		}
		size := rapid.SampledFrom([]int{0, 100, 4096, 5000, 9000}).Draw(t, "bytes")
		fill++
		switch kind {
		case "append":
			return fmt.Sprintf("append %s %c %d", h, fill, max(size, 1))
		case "pwrite":
			off := rapid.SampledFrom([]int{0, 600, 4096, 6000}).Draw(t, "offset")
			return fmt.Sprintf("pwrite %s %d %c %d", h, off, fill, max(size, 1))
		case "ftruncate":
			return fmt.Sprintf("ftruncate %s %d", h, size)
		case "fallocate":
			if size < len(ref.inodes[ref.handles[h]].content) || size == 0 {
				return ""
			}
			return fmt.Sprintf("fallocate %s %d", h, size)
		case "close":
			handles[i] = ""
		}
		return kind + " " + h
	}
	for range rapid.IntRange(0, 4).Draw(t, "setup") {
		if s := step(true); s != "" {
			ref.do(s)
			w.Setup = append(w.Setup, s)
		}
	}
	for i, h := range handles { // a settled disk has no open files
		if h != "" {
			w.Setup = append(w.Setup, "close "+h)
			handles[i] = ""
		}
	}
	for range rapid.IntRange(1, 6).Draw(t, "steps") {
		if s := step(false); s != "" {
			ref.do(s)
			w.Steps = append(w.Steps, s)
		}
	}
	return w
}

// mostImages is how many crash images a drawn state may have to be compared
// whole.
const mostImages = 400

// TestImagesAgainstReference: the crash images that the disk lists are those
// of the reference, all of them, each once, and it accepts what it lists and
// nothing else.
func TestImagesAgainstReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawScript(t)
		ref := refAfter(w, len(w.Steps))
		ref.unit = 4096
		disk, err := diskAfter(vfs.Options{SectorBytes: 4096}, w, len(w.Steps))
		if err != nil {
			t.Fatal(err)
		}
		listed := map[vfs.Profile][]string{}
		for _, p := range vfs.Profiles() {
			if ref.atLeast(p.String()) > mostImages {
				continue
			}
			want := ref.images(p.String())
			var got []string
			seen := map[vfs.Digest]bool{}
			for im := range disk.Images(p) {
				tree, err := mountedTree(im)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, tree.String())
				if seen[im.Digest()] {
					t.Errorf("%v: %s is listed again", p, tree)
				}
				seen[im.Digest()] = true
				if ok, reason := disk.Accepts(p, treeOf(tree)); !ok {
					t.Errorf("%v: the disk lists %s, and refuses it: %s", p, tree, reason)
				}
			}
			slices.Sort(got)
			listed[p] = got
			for _, s := range got {
				if _, ok := slices.BinarySearch(want, s); !ok {
					t.Errorf("%v: the disk lists an image that is not lawful: %s", p, s)
				}
			}
			for _, s := range want {
				if _, ok := slices.BinarySearch(got, s); !ok {
					t.Errorf("%v: the disk does not list %s", p, s)
				}
			}
			if t.Failed() {
				t.Fatalf("%v\n%v", w.Setup, w.Steps)
			}
		}
		// What posix lists, each profile accepts if and only if it lists it.
		for _, s := range listed[vfs.POSIX] {
			tree, err := parseRecordedTree(s)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range vfs.Profiles() {
				if listed[p] == nil {
					continue
				}
				_, lists := slices.BinarySearch(listed[p], s)
				if ok, reason := disk.Accepts(p, treeOf(tree)); ok != lists {
					t.Fatalf("%v: lists %s: %v, accepts it: %v %s\n%v\n%v", p, s, lists, ok, reason, w.Setup, w.Steps)
				}
			}
		}
	})
}

// rapidSource is a vfs.Source whose numbers a rapid test draws and shrinks.
type rapidSource struct{ t *rapid.T }

func (s rapidSource) Uint64n(n uint64) uint64 {
	return rapid.Uint64Range(0, n-1).Draw(s.t, "choice")
}

// TestAcceptsAgainstReference: every drawn crash image is lawful for its own
// profile, and disk and reference agree on whether it is for each other one,
// and on what comes of it when something in it is changed.
func TestAcceptsAgainstReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawScript(t)
		ref := refAfter(w, len(w.Steps))
		disk, err := diskAfter(vfs.Options{}, w, len(w.Steps))
		if err != nil {
			t.Fatal(err)
		}
		drawn := rapid.SampledFrom(vfs.Profiles()).Draw(t, "profile")
		tree, err := mountedTree(disk.Crash(drawn, rapidSource{t}))
		if err != nil {
			t.Fatal(err)
		}
		if ok, reason := disk.Accepts(drawn, treeOf(tree)); !ok {
			t.Fatalf("%v gave %s, and refuses it: %s\n%v\n%v", drawn, tree, reason, w.Setup, w.Steps)
		}
		if rapid.Bool().Draw(t, "spoil") {
			spoil(t, tree)
		}
		for _, p := range vfs.Profiles() {
			ok, reason := disk.Accepts(p, treeOf(tree))
			if err := ref.accepts(p.String(), tree); (err == nil) != ok {
				t.Fatalf("%v: %s\ndisk: %v %s\nreference: %v\n%v\n%v", p, tree, ok, reason, err, w.Setup, w.Steps)
			}
		}
	})
}

// spoil changes a tree a little.
func spoil(t *rapid.T, tree refTree) {
	var files []string
	for p := range tree {
		if !strings.HasSuffix(p, "/") {
			files = append(files, p)
		}
	}
	if len(files) == 0 {
		return
	}
	slices.Sort(files)
	p := rapid.SampledFrom(files).Draw(t, "file")
	b := slices.Clone(tree[p])
	switch at := rapid.IntRange(0, max(len(b)-1, 0)).Draw(t, "at") / refSector * refSector; rapid.IntRange(0, 3).Draw(t, "how") {
	case 0:
		delete(tree, p)
		return
	case 1: // another sector's content
		from := rapid.IntRange(0, max(len(b)-1, 0)).Draw(t, "from") / refSector * refSector
		copy(b[at:min(at+refSector, len(b))], slices.Clone(b[from:]))
	case 2:
		clear(b[at:min(at+refSector, len(b))])
	case 3:
		b = b[:at]
	}
	tree[p] = b
}
