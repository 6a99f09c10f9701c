package vfs_test

import (
	"testing"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
)

// TestInterimOwners: a file that had a name between two others, and was renamed away, need
// not be there for the sake of the one that has the name now. Seen on btrfs of Linux 6.18;
// ext4 and xfs commit all names in their order.
func TestInterimOwners(t *testing.T) {
	old := []string{"create s a", "append s o 100", "close s"}
	for _, c := range []struct {
		name               string
		setup, steps       []string
		tree               string
		posix, btrfs, ext4 bool
	}{
		{"a new file in between", nil, []string{"create g a", "rename a b", "create h a", "fsync h"}, "a[0]={}", true, true, false},
		{"and it is there", nil, []string{"create g a", "rename a b", "create h a", "fsync h"}, "a[0]={} b[0]={}", true, true, true},
		{"the fsynced file is there", nil, []string{"create g a", "rename a b", "create h a", "fsync h"}, "b[0]={}", true, false, false},
		{"and one before it, that was removed", old, []string{"unlink a", "create g a", "rename a b", "create h a", "fsync h"}, "a[0]={}", true, true, false},
		{"and one before it, that was renamed", old, []string{"rename a x", "create g a", "rename a b", "create h a", "fsync h"}, "a[0]={} x[100]={o100}", true, true, false},
		{"the one before it is durable under its new name", old, []string{"rename a x", "create g a", "rename a b", "create h a", "fsync h"}, "a[0]={} b[0]={}", false, false, false},
		{"an old file in between", []string{"create g t", "append g o 100", "close g"}, []string{"rename t a", "rename a b", "create h a", "fsync h"}, "a[0]={} t[100]={o100}", true, true, false},
		{"an old file in between is somewhere", []string{"create g t", "append g o 100", "close g"}, []string{"rename t a", "rename a b", "create h a", "fsync h"}, "a[0]={}", false, false, false},
		{"one that was fsynced", nil, []string{"create g a", "rename a b", "fsync g", "create h a", "fsync h"}, "a[0]={}", true, false, false},
		{"a new directory in between", nil, []string{"mkdir a", "rename a b", "create h a", "fsync h"}, "a[0]={}", true, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := recording.Workload{Setup: c.setup, Steps: c.steps}
			disk, tree := must(w.After(vfs.Options{}, len(c.steps))), mustTree(t, c.tree)
			for profile, want := range map[vfs.Profile]bool{vfs.POSIX: c.posix, vfs.Btrfs: c.btrfs, vfs.Ext4: c.ext4, vfs.XFS: c.ext4} {
				if ok, why := disk.Accepts(profile, treeOf(tree)); ok != want {
					t.Errorf("on %v the disk accepts %s: %v, want %v; %s", profile, c.tree, ok, want, why)
				}
				if err := refAfter(w, len(c.steps)).accepts(profile.String(), tree); (err == nil) != want {
					t.Errorf("on %v the reference accepts %s: %v, want %v; %v", profile, c.tree, err == nil, want, err)
				}
			}
		})
	}
}
