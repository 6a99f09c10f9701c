package vfs_test

import (
	"os"
	"testing"

	"pgregory.net/rapid"

	"powercut/vfs"
)

// TestCrashOfFew: what is taken is one of the images that are listed, and unknown; when all
// of them are known nothing is; and there are as many as were to be told.
func TestCrashOfFew(t *testing.T) {
	const most = 16
	listed := 0
	rapid.Check(t, func(t *rapid.T) {
		d := fewOperations(t)
		p := rapid.SampledFrom(vfs.Profiles()).Draw(t, "profile")
		want := map[vfs.Digest]bool{}
		for im := range d.Images(p) {
			want[im.Digest()] = true
			im.Release()
			if len(want) > most {
				break
			}
		}
		known := takeAll(t, d, p, most, want)
		switch {
		case known == nil:
			return // it may say so of few as well, where that takes long to tell
		case len(want) > most:
			t.Fatalf("more than %d images, and they are called few", most)
		case len(known) != len(want):
			t.Fatalf("%d images were taken, of %d", len(known), len(want))
		}
		listed++
	})
	if listed < 20 {
		t.Errorf("only %d disks had few images", listed)
	}
}

// takeAll takes unknown images until there are none, and returns them; nil where they are
// not few.
func takeAll(t *rapid.T, d *vfs.Disk, p vfs.Profile, most int, listed map[vfs.Digest]bool) map[vfs.Digest]bool {
	src, known := &fixedSource{state: 3}, map[vfs.Digest]bool{}
	for {
		im, few := d.CrashOfFew(p, src, most, func(of vfs.Digest) bool { return known[of] })
		if !few {
			if len(known) > 0 {
				t.Fatalf("few at first, and no more when %d were known", len(known))
			}
			return nil
		}
		if im == nil {
			return known
		}
		digest := im.Digest()
		if !listed[digest] && len(listed) <= most || known[digest] || vfs.DigestAnew(im) != digest {
			t.Fatalf("image %s: listed %v, known %v, shows %s", digest, listed[digest], known[digest], vfs.DigestAnew(im))
		}
		again, err := d.Choose(im.Choice())
		if err != nil || again.Digest() != digest {
			t.Fatalf("%s: its choice %s gives %v", digest, im.Choice(), err)
		}
		known[digest] = true
		im.Release()
	}
}

// fewOperations is a disk on which a few operations are pending.
func fewOperations(t *rapid.T) *vfs.Disk {
	d := vfs.New(vfs.Options{})
	for range rapid.IntRange(0, 6).Draw(t, "operations") {
		name := rapid.SampledFrom([]string{"/a", "/b", "/c"}).Draw(t, "name")
		switch rapid.IntRange(0, 4).Draw(t, "operation") {
		case 0:
			f, err := d.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
			if err == nil {
				_, err = f.Write([]byte(name)[:rapid.IntRange(1, 2).Draw(t, "bytes")])
				_ = f.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
		case 1:
			_ = d.Rename(name, "/b")
		case 2:
			_ = d.Remove(name)
		case 3:
			_ = d.Truncate(name, 1)
		case 4:
			_ = d.Persist(name)
		}
	}
	return d
}
