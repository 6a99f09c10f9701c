package vfs_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"powercut/vfs"
)

// gallery is some disks, and images of them with what they showed when they were
// taken.
type gallery struct {
	t      *rapid.T
	disks  []*vfs.Disk
	images []*vfs.Image
	showed []string
}

func show(im *vfs.Image) string { return fmt.Sprint(im.Tree(), im.Tree().String(), im.Digest()) }

func (g *gallery) take(im *vfs.Image) {
	g.images, g.showed = append(g.images, im), append(g.showed, show(im))
}

func (g *gallery) anImage() int {
	return rapid.IntRange(0, len(g.images)-1).Draw(g.t, "image")
}

// onFile changes a file of a disk, or its names.
func (g *gallery) onFile(d *vfs.Disk, what, name string) {
	t := g.t
	switch what {
	case "write":
		f := must(d.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644))
		fill := strings.Repeat(rapid.StringMatching("[a-z]{3}").Draw(t, "fill"), rapid.IntRange(1, 4000).Draw(t, "n"))
		must(f.WriteAt([]byte(fill), int64(rapid.IntRange(0, 9000).Draw(t, "off"))))
		check(f.Close())
	case "truncate":
		if f, err := d.OpenFile(name, os.O_RDWR, 0); err == nil {
			check(f.Truncate(int64(rapid.IntRange(0, 9000).Draw(t, "size"))))
			check(f.Close())
		}
	case "remove":
		_ = d.Remove(name) // it may not be there
	case "rename":
		_ = d.Rename(name, "/b")
	case "sync":
		if f, err := d.OpenFile(name, os.O_RDWR, 0); err == nil {
			check(f.Sync())
			check(f.Close())
		}
	case "syncdir":
		dir := must(d.Open("/"))
		check(dir.Sync())
		check(dir.Close())
	}
}

// onDisk takes an image of a disk, or mounts or releases one.
func (g *gallery) onDisk(i int, what string) {
	t, d := g.t, g.disks[i]
	switch what {
	case "crash":
		im := d.Crash(rapid.SampledFrom(vfs.Profiles()).Draw(t, "profile"), rapidSource{t})
		if only, settled := d.Settled(); settled && im.Digest() != only {
			t.Fatalf("nothing is pending, but the image is %v and not the %v that was foretold", im.Digest(), only)
		}
		g.take(im)
	case "kill":
		im := d.ProcessCrash()
		if got, want := im.Tree().String(), d.Tree().String(); got != want {
			t.Fatalf("a process crash shows %s, the disk %s", got, want)
		}
		g.take(im)
	case "mount":
		if len(g.images) > 0 {
			g.disks = append(g.disks, g.images[g.anImage()].Mount(vfs.Options{}))
		}
	case "release":
		if len(g.images) > 0 {
			k := g.anImage()
			g.images[k].Release()
			g.images, g.showed = slices.Delete(g.images, k, k+1), slices.Delete(g.showed, k, k+1)
		}
	case "drop":
		if len(g.disks) > 1 {
			d.Release()
			g.disks = slices.Delete(g.disks, i, i+1)
		}
	}
}

// TestImagesAreImmutable: what is done to the disk, or to a disk mounted from
// an image, changes no image; and memory is used again only when nobody reads
// it any more.
func TestImagesAreImmutable(t *testing.T) {
	onFile := []string{"write", "write", "truncate", "remove", "rename", "sync", "syncdir"}
	onDisk := []string{"crash", "crash", "kill", "mount", "release", "drop"}
	rapid.Check(t, func(t *rapid.T) {
		g := &gallery{t: t, disks: []*vfs.Disk{vfs.New(vfs.Options{})}}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			i := rapid.IntRange(0, len(g.disks)-1).Draw(t, "disk")
			name := rapid.SampledFrom([]string{"/a", "/b", "/c"}).Draw(t, "name")
			what := rapid.SampledFrom(slices.Concat(onFile, onDisk)).Draw(t, "what")
			if slices.Contains(onFile, what) {
				g.onFile(g.disks[i], what, name)
			} else {
				g.onDisk(i, what)
			}
			for k, im := range g.images {
				if got := show(im); got != g.showed[k] {
					t.Fatalf("an image changed: %s, was %s", got, g.showed[k])
				}
			}
		}
	})
}
