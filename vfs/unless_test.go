package vfs_test

import (
	"testing"

	"powercut/vfs"
)

// TestUnlessKnown: whoever knows an image by its digest is not given it, and what is
// drawn after it is the same.
func TestUnlessKnown(t *testing.T) {
	d, made, unmade := busy(), &fixedSource{state: 7}, &fixedSource{state: 7}
	for i := range 300 {
		p := vfs.Profiles()[i%len(vfs.Profiles())]
		var want, got *vfs.Image
		var asked vfs.Digest
		known := func(of vfs.Digest) bool { asked = of; return i%3 > 0 }
		switch i % 4 {
		case 0:
			want, got = d.ProcessCrash(), d.ProcessCrashUnless(known)
		case 1:
			want = d.Special(p, made)
			got, _ = d.SpecialUnless(p, unmade, known)
		default:
			want, got = d.Crash(p, made), d.CrashUnless(p, unmade, known)
		}
		if asked != want.Digest() {
			t.Fatalf("image %d: asked for %s, and it is %s", i, asked, want.Digest())
		}
		if (got == nil) != (i%3 > 0) {
			t.Fatalf("image %d: made %v, and known %v", i, got != nil, i%3 > 0)
		}
		if got != nil && (got.Digest() != asked || vfs.DigestAnew(got) != asked) {
			t.Fatalf("image %d: digest %s, but it was asked for %s, and shows %s", i, got.Digest(), asked, vfs.DigestAnew(got))
		}
	}
	settled := vfs.New(vfs.Options{})
	if im, any := settled.SpecialUnless(vfs.POSIX, made, func(vfs.Digest) bool { return true }); im != nil || any {
		t.Errorf("a disk with nothing pending: %v, pending %v", im, any)
	}
}
