package vfs_test

import (
	"testing"

	"pgregory.net/rapid"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
	"powercut/vfs/internal/tight"
)

// TestAllowances: without an allowance a profile accepts less, never more.
func TestAllowances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := recording.Draw(rapidSource{t})
		disk, err := w.After(vfs.Options{}, len(w.Steps))
		if err != nil {
			t.Fatal(err)
		}
		trees := []vfs.Tree{}
		for _, p := range vfs.Profiles() {
			trees = append(trees, disk.Crash(p, rapidSource{t}).Tree())
		}
		for _, p := range vfs.Profiles() {
			for _, a := range tight.Allowances(uint8(p)) {
				if a.Name == "log" {
					continue // which keeps things too
				}
				for _, tree := range trees {
					ok, reason := disk.Accepts(p, tree)
					if tight.Accepts(disk, uint8(p), a.Name, tree) && !ok {
						t.Fatalf("%v accepts %s without %q, and with it not: %s\n%v\n%v", p, recording.FormatTree(tree), a.Name, reason, w.Setup, w.Steps)
					}
				}
			}
		}
	})
}

// An allowance that was once something that forbids: what ext4 protects in a new block is not
// what the page had before, holes or not.
func TestWithoutHolesNothingIsProtectedLess(t *testing.T) {
	w := recording.Workload{Setup: []string{"create s b", "append s d 100", "close s"},
		Steps: []string{"opentruncate h b", "pwrite h 4096 i 100", "append h o 5000", "close h", "create a a"}}
	disk := must(w.After(vfs.Options{}, len(w.Steps)))
	tree := must(recording.ParseTree("a[0]={} b[9196]={04096 i100 03996 o1004}"))
	if tight.Accepts(disk, uint8(vfs.Ext4), "hole", tree) {
		t.Error("without holes a page of a replaced file shows a part of what was written before its close")
	}
}

// TestWhatRestsOnAnAllowance: each makes something lawful that is not without it.
func TestWhatRestsOnAnAllowance(t *testing.T) {
	page := []string{"create s f", "append s o 4096", "close s"}
	for name, c := range map[string]struct {
		p            vfs.Profile
		setup, steps []string
		tree         string
	}{
		"torn page":         {vfs.Ext4, page, []string{"open f f", "pwrite f 0 n 4096"}, "f[4096]={n512 o3584}"},
		"hole":              {vfs.Ext4, nil, []string{"create f f", "append f n 8192"}, "f[8192]={04096 n4096}"},
		"page size":         {vfs.XFS, nil, []string{"create f f", "append f n 9000"}, "f[4096]={n4096}"},
		"size alone":        {vfs.Ext4, nil, []string{"create f f", "append f n 8192"}, "f[8192]={08192}"},
		"order of names":    {vfs.POSIX, nil, []string{"create a a", "create b b"}, "b[0]={}"},
		"log":               {vfs.Btrfs, nil, []string{"create a a", "create b b", "fsync b"}, "b[0]={}"},
		"short replacement": {vfs.Ext4NoAutoDAAlloc, page, []string{"create h g", "append h n 5000", "close h", "rename g f"}, "f[0]={}"},
		"reused block":      {vfs.Ext4Writeback, page, []string{"unlink f", "create g g", "append g n 4096"}, "f[4096]={n4096}"},
	} {
		t.Run(name, func(t *testing.T) {
			w := recording.Workload{Setup: c.setup, Steps: c.steps}
			disk, err := w.After(vfs.Options{}, len(w.Steps))
			if err != nil {
				t.Fatal(err)
			}
			tree, err := recording.ParseTree(c.tree)
			if err != nil {
				t.Fatal(err)
			}
			if ok, reason := disk.Accepts(c.p, tree); !ok {
				t.Errorf("%v refuses %s: %s", c.p, c.tree, reason)
			}
			if tight.Accepts(disk, uint8(c.p), name, tree) {
				t.Errorf("%v accepts %s without it", c.p, c.tree)
			}
		})
	}
	for _, p := range vfs.Profiles() {
		if len(tight.Allowances(uint8(p))) == 0 {
			t.Errorf("%v allows nothing of its own", p)
		}
	}
}
