package vfs_test

import (
	"testing"

	"github.com/spf13/afero"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
)

// TestWhatIsAccepted: trees that lie so near to lawful ones, or are so rare among them,
// that drawing hardly meets them.
func TestWhatIsAccepted(t *testing.T) {
	removed := []string{"unlink x", "create y y", "append y a 4096", "create z z", "append z b 4096"}
	cutOff := []string{"create h a", "append h o 100", "close h"}
	rewritten := []string{"opentruncate h a", "rename a b", "append h h 9000", "close h"}
	cutOffBeside := append([]string{"create z z", "append z z 600"}, cutOff...)
	cutBeside := []string{"opentruncate h a", "append h h 9000", "close h", "open z z", "ftruncate z 60"}
	growBeside := []string{"opentruncate h a", "append h h 9000", "close h", "open z z", "fallocate z 6000"}
	for _, c := range []struct {
		name         string
		p            vfs.Profile
		setup, steps []string
		tree         string
		ok           bool
	}{
		{"a reused block shows one file, torn", vfs.Ext4Writeback, []string{"create x x", "append x o 4096"}, removed, "x[4096]={a512 o3584}", true},
		{"a reused block shows no two files", vfs.Ext4Writeback, []string{"create x x", "append x o 4096"}, removed, "x[4096]={a512 b512 o3072}", false},
		{"two names of one file show the same", vfs.Ext4, []string{"create x x", "append x o 600", "link x y"},
			[]string{"open x x", "pwrite x 0 n 600"}, "x[600]={n600} y[600]={o600}", false},
		{"zeros where a durable write had been that was cut off", vfs.POSIX, []string{"create f f", "append f o 100"},
			[]string{"open h f", "append h p 3996", "opensync s f", "pwrite s 4096 a 1024", "ftruncate h 4096", "pwrite h 4096 c 1024"},
			"f[5120]={o100 p3996 c512 0512}", true},
		{"what an exchange leaves is one name of each", vfs.POSIX, []string{"create a a", "append a x 600", "create b b", "append b y 600"},
			[]string{"exchange a b"}, "a[600]={y600} b[600]={y600}", false},
		{"where overwrites keep an order, the earlier one alone", vfs.Btrfs, []string{"create f f", "append f o 12288"},
			[]string{"open h f", "pwrite h 0 a 4096", "pwrite h 4096 b 4096", "pwrite h 8192 c 4096"}, "f[12288]={a4096 o8192}", true},
		{"where overwrites keep an order, no later one alone", vfs.Btrfs, []string{"create f f", "append f o 12288"},
			[]string{"open h f", "pwrite h 0 a 4096", "pwrite h 4096 b 4096", "pwrite h 8192 c 4096"}, "f[12288]={o4096 b4096 o4096}", false},
		{"where overwrites keep an order, none behind the torn one", vfs.Btrfs, []string{"create f f", "append f o 12288"},
			[]string{"open h f", "pwrite h 0 a 8192", "pwrite h 8192 c 4096"}, "f[12288]={a4096 o4096 c4096}", false},
		{"a commit before the rename has nothing of what was written after it", vfs.Ext4, cutOff, rewritten, "a[9000]={h9000}", false},
		{"a commit before the rename may have the truncation", vfs.Ext4, cutOff, rewritten, "a[0]={}", true},
		{"a commit behind the rename, before the close", vfs.Ext4, cutOff, rewritten, "b[4096]={h4096}", true},
		{"a commit behind the close", vfs.Ext4, cutOff, rewritten, "b[9000]={h9000}", true},
		{"a commit before a name has nothing of the close after it", vfs.Ext4, cutOff, []string{"opentruncate h a", "create o o", "append h h 9000", "close h"}, "a[9000]={h9000}", false},
		{"a commit before an attribute has nothing of the close after it", vfs.Ext4, cutOffBeside, []string{"opentruncate h a", "setxattr z user.x k", "append h h 9000", "close h"}, "a[9000]={h9000} z[600]={z600}", false},
		{"a commit that has a truncation has the close before it", vfs.Ext4, cutOffBeside, cutBeside, "a[4096]={h4096} z[60]={z60}", false},
		{"a commit before a truncation may have no close", vfs.Ext4, cutOffBeside, cutBeside, "a[4096]={h4096} z[600]={z600}", true},
		{"a commit that has space given out has the close before it", vfs.Ext4, cutOffBeside, growBeside, "a[4096]={h4096} z[6000]={z600 05400}", false},
		{"a commit that has an attribute has the close before it", vfs.Ext4, cutOffBeside, []string{"opentruncate h a", "append h h 9000", "close h", "setxattr z user.x k"}, "a[4096]={h4096} z[600]={z600} z//user.x[1]={k1}", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := recording.Workload{Setup: c.setup}
			disk, err := w.After(vfs.Options{}, 0)
			if err != nil {
				t.Fatal(err)
			}
			s := &goldenScript{recording.Script{Disk: disk, Handles: map[string]afero.File{}}}
			for _, step := range c.steps {
				if answer := s.run(step); answer != "" {
					t.Fatalf("%s: %s", step, answer)
				}
			}
			if ok, why := disk.Accepts(c.p, treeOf(mustTree(t, c.tree))); ok != c.ok {
				t.Errorf("%v accepts %s: %v, want %v; %s", c.p, c.tree, ok, c.ok, why)
			}
		})
	}
}

// TestDrawsReachEveryImage: whatever is lawful is drawn sooner or later. The sampler
// draws in several ways, of which each reaches only some.
func TestDrawsReachEveryImage(t *testing.T) {
	for _, c := range []struct{ setup, steps []string }{
		{nil, []string{"create f f", "append f a 8192"}},
		{[]string{"create f f", "append f o 8192"}, []string{"open f f", "pwrite f 0 a 100", "pwrite f 4096 b 100", "append f c 4096"}},
		{[]string{"create x x", "append x o 4096"}, []string{"unlink x", "create y y", "append y n 4096", "create z z", "append z m 4096"}},
		{[]string{"create f f", "append f o 9000"}, []string{"opentruncate f f", "append f a 5000", "close f", "rename f g"}},
		{[]string{"mkdir d", "create a d/a", "create b b"}, []string{"rename d/a a", "rename b d/a", "create c c", "fsync c"}},
	} {
		w := recording.Workload{Setup: c.setup, Steps: c.steps}
		disk := must(w.After(vfs.Options{SectorBytes: 4096}, len(c.steps)))
		src := &fixedSource{}
		for _, p := range vfs.Profiles() {
			left := map[vfs.Digest]string{}
			for im := range disk.Images(p) {
				left[im.Digest()] = im.Choice().String()
				im.Release()
			}
			for range 100 * len(left) {
				im := disk.Crash(p, src)
				delete(left, im.Digest())
				im.Release()
				if len(left) == 0 {
					break
				}
			}
			for _, choice := range left {
				t.Errorf("%v: after %q no draw gave %s", p, c.steps, choice)
			}
		}
	}
}
