package vfs_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"powercut/vfs"
)

// mostImages is how many crash images a drawn state may have to be compared
// whole.
const mostImages = 400

// TestImagesAgainstReference: the crash images that the disk lists are those
// of the reference, all of them, each once, and it accepts what it lists and
// nothing else.
func TestImagesAgainstReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorkload(t, 4096)
		c := comparison{T: t}
		c.disk, c.ref = w.both(t)
		listed := map[vfs.Profile][]string{}
		for _, p := range vfs.Profiles() {
			if c.ref.atLeast(p.String()) > mostImages {
				continue
			}
			want := c.ref.images(p.String())
			listed[p] = c.images(p, want)
			c.drawn(p, want)
			if t.Failed() {
				t.Fatal(w)
			}
		}
		c.acceptsWhatItLists(listed)
		if t.Failed() {
			t.Fatal(w)
		}
	})
}

// TestImagesOnceFoundWrong: workloads whose images the disk and the reference were once
// of two minds about. An image that the disk left out is named.
func TestImagesOnceFoundWrong(t *testing.T) {
	for _, c := range []struct {
		name, steps string
		profile     vfs.Profile
		lawful      string
		setup       string // else there is a file u
	}{
		{
			"a page carries the size to its end, over a page that was dropped",
			"create h f|opensync s f|pwrite h 4096 a 100|pwrite h 600 b 4096|fault drop append s c 100", vfs.XFS, "f[4096]={0600 b3496} u[600]={p600}", "",
		},
		{
			"so does the page after it",
			"create h f|opensync s f|pwrite h 4096 a 904|fault drop fsync h|pwrite h 0 b 9000|fault drop pwrite s 8192 c 808", vfs.XFS, "f[8192]={b8192} u[600]={p600}", "",
		},
		{
			"a page that is written from its middle on has its own block, which no other file's content comes to",
			"create h f|open k u|ftruncate k 5000|pwrite h 6000 a 4096|append k b 4096|fsync h|fdatasync k|unlink f|append k c 5000", vfs.Ext4Writeback, "", "",
		},
		{
			"a page that was durable has its own block, also where a later write to it failed",
			"create h f|opensync s f|pwrite s 600 a 9000|fault flusher pwrite h 600 b 512|ftruncate h 5000|pwrite s 0 c 512", vfs.Ext4Writeback, "", "",
		},
		{
			"a directory that was exchanged is in the log with what is new in it",
			"setxattr a user.x e|create h d/a|exchange d a|fsyncdir .", vfs.Btrfs, "a/ a/a[0]={} d/", "mkdir a|mkdir d",
		},
		{
			"so it is where the exchange is durable",
			"setxattr a user.x e|exchange d a|fsyncdir .|create h a/a|fsyncdir .", vfs.Btrfs, "a/ a/a[0]={} d/", "mkdir a|mkdir d",
		},
		{
			"a name that was given up twice is not taken over what had it first",
			"rename a c|mkdir a|rename a d/a|fsyncdir d|create h a|rename a b|fsync h", vfs.Btrfs, "", "create s a|create s b|mkdir d",
		},
		{
			"and the log of who takes it has both",
			"rename a b|mkdir a|rename a d/a|create h a|fsync h|rename a b|fsyncdir d", vfs.Btrfs, "", "create s a|create s b|mkdir d",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := failingWorkload{options: vfs.Options{SectorBytes: 4096}}
			w.Setup, w.Steps = strings.Split(cmp.Or(c.setup, "create s u|append s p 600|close s"), "|"), strings.Split(c.steps, "|")
			disk, _, err := w.run()
			check(err)
			ref, _ := w.reference()
			var images []string
			for im := range disk.Images(c.profile) {
				images = append(images, must(mountedTree(im)).String())
				if _, err := disk.Choose(im.Choice()); err != nil {
					t.Errorf("%q does not choose its own image: %v", im.Choice(), err)
				}
			}
			slices.Sort(images)
			if want := ref.images(c.profile.String()); !slices.Equal(images, want) || c.lawful != "" && !slices.Contains(images, c.lawful) {
				t.Errorf("the disk lists %v, the reference %v", images, want)
			}
		})
	}
}

// comparison is of a disk and the reference, after the same steps.
type comparison struct {
	*rapid.T
	disk *vfs.Disk
	ref  *refDisk
}

// images compares what the disk lists with what the reference does, and returns it.
func (c *comparison) images(p vfs.Profile, want []string) (got []string) {
	seen := map[vfs.Digest]bool{}
	for im := range c.disk.Images(p) {
		tree := must(mountedTree(im))
		got = append(got, tree.String())
		if seen[im.Digest()] {
			c.Errorf("%v: %s is listed again", p, tree)
		}
		seen[im.Digest()] = true
		if ok, reason := c.disk.Accepts(p, treeOf(tree)); !ok {
			c.Errorf("%v: the disk lists %s, and refuses it: %s", p, tree, reason)
		}
		again, err := c.disk.Choose(im.Choice())
		if err != nil || again.Digest() != im.Digest() {
			c.Fatalf("%v: %q does not choose %s: %v", p, im.Choice(), tree, err)
		}
		again.Release()
	}
	if only, settled := c.disk.Settled(); settled && (len(got) != 1 || !seen[only]) {
		c.Errorf("%v: nothing is pending, but %d images are listed", p, len(got))
	}
	slices.Sort(got)
	for _, s := range got {
		if _, ok := slices.BinarySearch(want, s); !ok {
			c.Errorf("%v: the disk lists an image that is not lawful: %s", p, s)
		}
	}
	for _, s := range want {
		if _, ok := slices.BinarySearch(got, s); !ok {
			c.Errorf("%v: the disk does not list %s", p, s)
		}
	}
	return got
}

// drawn holds the images that are drawn, and the special ones, to be among those of
// the reference.
func (c *comparison) drawn(p vfs.Profile, want []string) {
	images := []*vfs.Image{c.disk.Crash(p, rapidSource{c.T}), c.disk.Crash(p, &fixedSource{}), c.disk.Special(p, &fixedSource{})}
	for im := range c.disk.Specials(p) {
		images = append(images, im)
	}
	for _, im := range images {
		if im == nil {
			continue // nothing is pending
		}
		if tree := must(mountedTree(im)); !slices.Contains(want, tree.String()) {
			c.Errorf("%v: %q %s shows an image that is not lawful: %s", p, im.Name(), im.Choice(), tree)
		}
		im.Release()
	}
}

// acceptsWhatItLists: what posix lists, each profile accepts if and only if it
// lists it.
func (c *comparison) acceptsWhatItLists(listed map[vfs.Profile][]string) {
	for _, s := range listed[vfs.POSIX] {
		tree := must(parseRecordedTree(s))
		for _, p := range vfs.Profiles() {
			if listed[p] == nil {
				continue
			}
			_, lists := slices.BinarySearch(listed[p], s)
			if ok, reason := c.disk.Accepts(p, treeOf(tree)); ok != lists {
				c.Errorf("%v: lists %s: %v, accepts it: %v %s", p, s, lists, ok, reason)
			}
		}
	}
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
		w := drawWorkload(t, 0)
		disk, ref := w.both(t)
		drawn := rapid.SampledFrom(vfs.Profiles()).Draw(t, "profile")
		tree, err := mountedTree(disk.Crash(drawn, rapidSource{t}))
		if err != nil {
			t.Fatal(err)
		}
		if ok, reason := disk.Accepts(drawn, treeOf(tree)); !ok {
			t.Fatalf("%v gave %s, and refuses it: %s\n%v", drawn, tree, reason, w)
		}
		if rapid.Bool().Draw(t, "spoil") {
			spoil(t, tree)
		}
		for _, p := range vfs.Profiles() {
			ok, reason := disk.Accepts(p, treeOf(tree))
			if err := ref.accepts(p.String(), tree); (err == nil) != ok {
				t.Fatalf("%v: %s\ndisk: %v %s\nreference: %v\n%v", p, tree, ok, reason, err, w)
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
