package vfs_test

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// mostChecked is how many images of each kind are looked at.
const mostChecked = 12

// check takes images of all kinds under all profiles, and looks at each.
func (r *driver) check() {
	d := r.disk
	show := d.ProcessCrash()
	if got, want := show.Tree().String(), r.visible(); got != want {
		r.failf("a process crash shows\n%s\nthe disk\n%s", got, want)
	}
	r.image(vfs.POSIX, show)
	if capacity, free, bound := d.Space(); bound {
		d.SetCapacity(capacity) // counts what is in use anew
		if _, again, _ := d.Space(); again != free {
			r.failf("%d bytes are free, and counted anew %d", free, again)
		}
	}
	_ = fmt.Sprint(d.Pending())
	for _, p := range vfs.Profiles() {
		for range 3 {
			r.image(p, d.Crash(p, r))
		}
		if im := d.Special(p, r); im != nil {
			r.image(p, im)
		}
		n := 0
		for im := range d.Images(p) { // the special ones first
			r.image(p, im)
			if n++; n == mostChecked {
				break
			}
		}
		only, settled := d.Settled()
		if im := d.Crash(p, r); settled && im.Digest() != only {
			r.failf("%v: nothing is pending, and a crash leaves another image than foretold", p)
		}
	}
}

// visible is what programs see, read with no faults.
func (r *driver) visible() (text string) {
	r.disk.Quietly(func() {
		tree := r.disk.Tree()
		text = tree.String()
	})
	return text
}

// image looks at one image: it has a name, its profile accepts it, posix too, it
// can be mounted and read, and says where its bytes are from.
func (r *driver) image(p vfs.Profile, im *vfs.Image) {
	defer im.Release()
	text := im.Choice().String()
	r.chosenAgain(p, im, text)
	if want := vfs.DigestAnew(im); im.Digest() != want {
		r.failf("%v: %s has the digest %v, and all of it %v", p, text, im.Digest(), want)
	}
	tree := im.Tree()
	if im.Kind() == vfs.PowerCut {
		if ok, why := r.disk.Accepts(p, tree); !ok {
			r.failf("%v refuses its own %s %q: %s\n%v", p, im.Name(), text, why, tree)
		}
		if ok, why := r.disk.Accepts(vfs.POSIX, tree); !ok && p != vfs.Ext4Writeback {
			r.failf("posix refuses what %v allows, %s %q: %s\n%v", p, im.Name(), text, why, tree)
		}
	}
	_ = fmt.Sprint(im.Lost())
	for e := range im.Walk() {
		for off := 0; off < len(e.Data); off += 2000 {
			if _, err := im.Origin(e.Path, int64(off)); err != nil {
				r.failf("origin of %s at %d: %v", e.Path, off, err)
			}
		}
	}
	r.mounted(p, im, text)
	r.transferred(p, im, text)
}

// transferred: an image that went to another process is what it was, and so are those
// that a crash of a disk leaves that begins with it.
func (r *driver) transferred(p vfs.Profile, im *vfs.Image, text string) {
	data, err := im.MarshalBinary()
	if err != nil {
		r.failf("%v: %q: %v", p, text, err)
	}
	other, err := vfs.UnmarshalImage(data)
	if err != nil {
		r.failf("%v: %q: %v", p, text, err)
	}
	defer other.Release()
	here, there := im.Mount(vfs.Options{}), other.Mount(vfs.Options{})
	defer here.Release()
	defer there.Release()
	if h, t := fmt.Sprint(here.Pending(), here.Failed()), fmt.Sprint(there.Pending(), there.Failed()); h != t || im.Digest() != other.Digest() {
		r.failf("%v: %q went as\n%s, and came as\n%s", p, text, h, t)
	}
	for _, d := range []*vfs.Disk{here, there} {
		_ = afero.WriteFile(d, "/later", []byte("x"), 0o644) // a disk that failed refuses
	}
	h, t := here.Crash(p, &fixedSource{}), there.Crash(p, &fixedSource{})
	defer h.Release()
	defer t.Release()
	if h.Digest() != t.Digest() {
		r.failf("%v: %q: a crash behind it leaves\n%v, and of what was transferred\n%v", p, text, h.Tree(), t.Tree())
	}
}

// chosenAgain: the choice of an image, by way of its text, is that image.
func (r *driver) chosenAgain(p vfs.Profile, im *vfs.Image, text string) {
	c, err := vfs.ParseChoice(text)
	if err != nil {
		r.failf("%v", err)
	}
	again, err := r.disk.Choose(c)
	if err != nil {
		r.failf("%v: %s %q: %v", p, im.Name(), text, err)
	}
	defer again.Release()
	if again.Digest() != im.Digest() {
		r.failf("%v: %s %q chooses\n%v, want\n%v", p, im.Name(), text, again.Tree(), im.Tree())
	}
}

// mounted: the disk that an image is mounted as holds what the image shows, and
// nothing is pending on it.
func (r *driver) mounted(p vfs.Profile, im *vfs.Image, text string) {
	tree := im.Tree()
	m := im.Mount(vfs.Options{})
	defer m.Release()
	if im.Kind() == vfs.ProcessCrash && m.Failed() {
		return // nobody may read what an xfs shut down
	}
	if got, err := vfs.ReadTree(m); err != nil || got.String() != tree.String() {
		r.failf("%v: %q reads back as\n%v, %v, want\n%v", p, text, got, err, tree)
	}
	for name, data := range tree {
		if strings.HasSuffix(name, "/") || strings.Contains(name, "//") { // no file
			continue
		}
		if got, err := afero.ReadFile(m, name); err != nil || !bytes.Equal(got, data) {
			r.failf("%v: %q: %s reads back otherwise: %v", p, text, name, err)
		}
	}
	if only, settled := m.Settled(); im.Kind() == vfs.PowerCut && (!settled || only != im.Digest()) {
		r.failf("%v: %q, mounted, is not settled as it was", p, text)
	}
}
