package vfs_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
)

// mostImages is how many crash images a drawn state may have to be compared
// whole.
const mostImages = 400

// TestImagesAgainstReference: the crash images that the disk lists are those
// of the reference, all of them, each once, and it accepts what it lists and
// nothing else.
func TestImagesAgainstReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := recording.Draw(rapidSource{t})
		ref := refAfter(w, len(w.Steps))
		ref.unit = 4096
		disk, err := w.After(vfs.Options{SectorBytes: 4096}, len(w.Steps))
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
				again, err := disk.Choose(im.Choice())
				if err != nil || again.Digest() != im.Digest() {
					t.Fatalf("%v: %q does not choose %s: %v\n%v\n%v", p, im.Choice(), tree, err, w.Setup, w.Steps)
				}
				again.Release()
			}
			drawn := []*vfs.Image{disk.Crash(p, rapidSource{t}), disk.Crash(p, &fixedSource{}), disk.Special(p, &fixedSource{})}
			for im := range disk.Specials(p) {
				drawn = append(drawn, im)
			}
			for _, im := range drawn {
				if im == nil {
					continue // nothing is pending
				}
				if tree := must(mountedTree(im)); !slices.Contains(want, tree.String()) {
					t.Errorf("%v: %q %s shows an image that is not lawful: %s", p, im.Name(), im.Choice(), tree)
				}
				im.Release()
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
		w := recording.Draw(rapidSource{t})
		ref := refAfter(w, len(w.Steps))
		disk, err := w.After(vfs.Options{}, len(w.Steps))
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
