package vfs_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"powercut/vfs"
)

// fateOf says what an image has of a pending change: "kept", "lost", or "part".
func fateOf(im *vfs.Image, p vfs.Pending) string {
	if im.Lacks(p) {
		return "lost"
	}
	for _, l := range im.Lost() {
		if l.Seq == p.Seq && l.Kind == p.Kind && l.Ino == p.Ino {
			if l.Part != "" && l.Part != p.Part {
				return "part"
			}
			return "lost"
		}
	}
	return "kept"
}

// flipsBeside counts the pending changes, beside one, of which two images make something
// else.
func flipsBeside(change vfs.Pending, pending []vfs.Pending, a, b *vfs.Image) int {
	n := 0
	for _, p := range pending {
		same := p.Seq == change.Seq && p.Kind == change.Kind && p.Ino == change.Ino
		if !same && fateOf(a, p) != fateOf(b, p) {
			n++
		}
	}
	return n
}

// asked is one change that is wanted in an image, and what came of that.
type asked struct {
	w       failingWorkload
	disk    *vfs.Disk
	profile vfs.Profile
	from    *vfs.Image
	change  vfs.Pending
	want    string
	nearest int // of the images that were listed and have it: how many other changes fare otherwise; -1: none has
}

// list looks for what is wanted in the images that the disk lists.
func (a *asked) list() {
	const most = 400
	count := 0
	a.nearest = -1
	for other := range a.disk.Images(a.profile) {
		if fateOf(other, a.change) == a.want {
			if n := flipsBeside(a.change, a.disk.Pending(), a.from, other); a.nearest < 0 || n < a.nearest {
				a.nearest = n
			}
		}
		other.Release()
		if count++; count == most {
			return
		}
	}
}

// refused fails if an image that was listed has what was refused.
func (a *asked) refused(t *rapid.T, err error) {
	if !errors.Is(err, vfs.ErrUnlawful) {
		t.Fatal(err)
	}
	if a.nearest >= 0 {
		t.Fatalf("%v\n%v from %q: %s is to be %s, which is refused: %v; but an image has it", a.w, a.profile, a.from.Choice(), a.change, a.want, err)
	}
}

// granted fails unless an image is lawful, and has what is wanted.
func (a *asked) granted(t *rapid.T, im *vfs.Image, because []string) {
	if got := fateOf(im, a.change); got != a.want {
		t.Fatalf("%v\n%v from %q: %s is to be %s, and %q has it %s", a.w, a.profile, a.from.Choice(), a.change, a.want, im.Choice(), got)
	}
	if ok, why := a.disk.Accepts(a.profile, im.Tree()); !ok {
		t.Fatalf("%v\n%v refuses %q: %s", a.w, a.profile, im.Choice(), why)
	}
	again, err := a.disk.Choose(im.Choice())
	if err != nil || again.Digest() != im.Digest() {
		t.Fatalf("%v\n%q is not the name of the image: %v", a.w, im.Choice(), err)
	}
	got := flipsBeside(a.change, a.disk.Pending(), a.from, im)
	if got > 0 && len(because) == 0 {
		t.Fatalf("%v\n%d changes beside it became something else, because %v", a.w, got, because)
	}
	if a.nearest >= 0 && got > a.nearest {
		t.Fatalf("%v\n%v from %q: %s is to be %s: %q has %d changes otherwise, another image %d", a.w, a.profile, a.from.Choice(), a.change, a.want, im.Choice(), got, a.nearest)
	}
}

// TestChooseWith: what is asked for of one change comes true in a lawful image, and
// where it is refused no image that can be listed has it. What can be had alone is.
func TestChooseWith(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &asked{w: drawWorkload(t, rapid.SampledFrom([]int{512, 4096}).Draw(t, "sector"))}
		var err error
		if a.disk, _, err = a.w.run(); err != nil {
			t.Fatal(err)
		}
		pending := a.disk.Pending()
		if len(pending) == 0 {
			t.Skip("nothing is pending")
		}
		a.profile = rapid.SampledFrom(vfs.Profiles()).Draw(t, "profile")
		a.from = a.disk.Crash(a.profile, rapidSource{t})
		a.change = rapid.SampledFrom(pending).Draw(t, "change")
		kept := rapid.Bool().Draw(t, "kept")
		a.want = map[bool]string{true: "kept", false: "lost"}[kept]
		a.list()
		im, because, err := a.disk.ChooseWith(a.from.Choice(), a.change, kept)
		if err != nil {
			a.refused(t, err)
			return
		}
		a.granted(t, im, because)
	})
}

// What forces something else along with a change is said as a rule.
func TestChooseWithSaysWhy(t *testing.T) {
	d := vfs.New(vfs.Options{})
	write := func(name, text string) {
		t.Helper()
		f, err := d.Create(name)
		if err == nil {
			_, err = f.WriteString(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write("/a", "one")
	write("/b", "two")
	if err := d.Rename("/a", "/c"); err != nil {
		t.Fatal(err)
	}
	write("/a", "three")
	of := func(kind vfs.OpKind, path string) vfs.Pending {
		t.Helper()
		for _, p := range d.Pending() {
			if p.Kind == kind && (p.Path == path || p.NewPath == path) {
				return p
			}
		}
		t.Fatalf("no %v of %s is pending:\n%v", kind, path, d.Pending())
		return vfs.Pending{}
	}
	rename := of(vfs.OpRename, "/c")
	for _, test := range []struct {
		profile string
		change  vfs.Pending
		because string // "": nothing else is lost
	}{
		{profile: "posix", change: of(vfs.OpWrite, "/b")},
		{profile: "posix", change: of(vfs.OpCreate, "/b"), because: "what is written to a file is there only where a path leads to it"},
		{profile: "posix", change: rename, because: "a name that is taken again persists only with the change that gave it up"},
		{profile: "ext4", change: of(vfs.OpCreate, "/b"), because: "ext4 commits changes of names, and truncations, in the order of the operations"},
	} {
		c, err := vfs.ParseChoice("power-cut " + test.profile)
		if err != nil {
			t.Fatal(err)
		}
		im, because, err := d.ChooseWith(c, test.change, false)
		if err != nil {
			t.Fatalf("%s: %v", test.change, err)
		}
		if test.because == "" && len(because) > 0 || test.because != "" && !slices.Contains(because, test.because) {
			t.Errorf("%s, in %s: %q, because %q, want %q", test.change, test.profile, im.Choice(), because, test.because)
		}
	}
}
