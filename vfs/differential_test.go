package vfs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"powercut/vfs"
)

// scripter draws small workloads in the language of the recordings.
type scripter struct {
	ref   *refDisk // to know which steps are possible
	open  []string // handles
	fill  byte
	count int
}

// drawScript draws a workload. Some are mostly about names, some about content:
// few of each make more crash images than can be listed.
func drawScript(t *rapid.T) recordedWorkload {
	s := &scripter{ref: newRefDisk(), fill: 'a'}
	w := recordedWorkload{Setup: []string{"mkdir d"}}
	s.ref.do(w.Setup[0])
	names := rapid.IntRange(1, 4).Draw(t, "names")
	for range rapid.IntRange(0, 5).Draw(t, "setup") {
		w.Setup = append(w.Setup, s.step(t, names))
	}
	for _, h := range s.open { // a settled disk has no open files
		w.Setup = append(w.Setup, "close "+h)
	}
	s.open = nil
	for range rapid.IntRange(2, 8).Draw(t, "steps") {
		w.Steps = append(w.Steps, s.step(t, names))
	}
	return w
}

// step draws one of the possible steps and does it; of five, so many are about
// names.
func (s *scripter) step(t *rapid.T, names int) string {
	candidates := s.nameSteps()
	if len(s.open) > 0 && rapid.IntRange(1, 5).Draw(t, "about") > names {
		candidates = s.fileSteps(t)
	}
	group := rapid.SampledFrom(candidates).Draw(t, "kind")
	step := rapid.SampledFrom(group).Draw(t, "step")
	s.ref.do(step)
	switch w := strings.Fields(step); w[0] {
	case "create", "open", "opentruncate":
		s.open = append(s.open, w[1])
		s.count++
	case "close":
		s.open = slices.DeleteFunc(s.open, func(h string) bool { return h == w[1] })
	}
	return step
}

// nameSteps lists the possible steps about names, by kind.
func (s *scripter) nameSteps() [][]string {
	h := fmt.Sprintf("h%d", s.count)
	var creates, opens, renames, moves, links, unlinks, mkdirs, syncs []string
	kind := func(path string) (dir int, exists, isDir bool) {
		slot, n := s.ref.lookup(path)
		return slot.dir, n >= 0, n >= 0 && s.ref.inodes[n].dir
	}
	possible := func(path string) bool { // its directory is there
		dir, _, _ := kind(path)
		return !strings.Contains(path, "/") || dir != 0
	}
	files := []string{"a", "b", "d/a", "d/b", "e/a"}
	for _, p := range files {
		_, exists, _ := kind(p)
		if !possible(p) {
			continue
		}
		creates = append(creates, "create "+h+" "+p)
		if !exists {
			continue
		}
		opens = append(opens, "open "+h+" "+p, "opentruncate "+h+" "+p)
		unlinks = append(unlinks, "unlink "+p)
		for _, q := range files {
			_, there, _ := kind(q)
			_, from := s.ref.lookup(p)
			if _, to := s.ref.lookup(q); possible(q) && from != to {
				renames = append(renames, "rename "+p+" "+q)
				if !there {
					links = append(links, "link "+p+" "+q)
				}
			}
		}
	}
	for _, p := range []string{"d", "e", "f", "g"} {
		if _, exists, _ := kind(p); !exists {
			mkdirs = append(mkdirs, "mkdir "+p)
			continue
		}
		syncs = append(syncs, "fsyncdir "+p)
		for _, q := range []string{"d", "e", "f", "g"} {
			if _, there, _ := kind(q); !there {
				moves = append(moves, "rename "+p+" "+q)
			}
		}
	}
	syncs = append(syncs, "fsyncdir .")
	out := [][]string{creates, creates, opens, renames, renames, moves, links, unlinks, mkdirs, syncs}
	for _, handle := range s.open {
		out = append(out, []string{"fsync " + handle})
	}
	return slices.DeleteFunc(out, func(g []string) bool { return len(g) == 0 })
}

// fileSteps lists steps on an open file, by kind.
func (s *scripter) fileSteps(t *rapid.T) [][]string {
	h := rapid.SampledFrom(s.open).Draw(t, "handle")
	size := len(s.ref.inodes[s.ref.handles[h]].content)
	s.fill++
	var appends, writes, truncates, allocates []string
	for _, n := range []int{100, 4096, 5000, 9000} {
		appends = append(appends, fmt.Sprintf("append %s %c %d", h, s.fill, n))
		for _, off := range []int{0, 600, 4096, 6000} {
			writes = append(writes, fmt.Sprintf("pwrite %s %d %c %d", h, off, s.fill, n))
		}
		if n > size {
			allocates = append(allocates, fmt.Sprintf("fallocate %s %d", h, n))
		}
	}
	for _, n := range []int{0, 100, 4096, 5000, 9000} {
		truncates = append(truncates, fmt.Sprintf("ftruncate %s %d", h, n))
	}
	out := [][]string{appends, writes, truncates, allocates, {"fsync " + h}, {"fdatasync " + h}, {"close " + h}}
	return slices.DeleteFunc(out, func(g []string) bool { return len(g) == 0 })
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
			if only, settled := disk.Settled(); settled && (len(got) != 1 || !seen[only]) {
				t.Errorf("%v: nothing is pending, but %d images are listed", p, len(got))
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
	prop := rapid.MakeCheck(func(t *rapid.T) {
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
	for range 10 { // it is quick
		t.Run("", prop)
	}
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
