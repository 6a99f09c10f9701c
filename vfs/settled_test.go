package vfs_test

import (
	"testing"

	"powercut/vfs"
)

// The digest of a settled disk follows what is written, also where it was asked for
// before and no image was taken since.
func TestSettledFollowsWrites(t *testing.T) {
	d := vfs.New(vfs.Options{})
	f := must(d.Create("/f"))
	seen := map[vfs.Digest]string{}
	for _, content := range []string{old, young, old[:3] + young} {
		must(f.WriteAt([]byte(content), 0))
		d.SyncAll()
		digest, settled := d.Settled()
		if other := seen[digest]; !settled || other != "" {
			t.Errorf("%q: settled is %v, and the digest that of %q", content, settled, other)
		}
		seen[digest] = content
	}
	if digest, _ := d.Settled(); d.ProcessCrash().Mount(vfs.Options{}).Tree()["/f"] == nil || d.Crash(vfs.POSIX, &fixedSource{}).Digest() != digest {
		t.Error("the only image has another digest")
	}
}
