package vfs_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
)

// otherwise are the answers of real kernels that the disk does not give, with
// the reason why it gives another. A step is named by filesystem, scenario and
// number.
var otherwise = map[string]string{}

func init() {
	note := func(why string, steps ...string) {
		for _, s := range steps {
			otherwise[s] = why
		}
	}
	note("the pages that a flusher failed to write are evicted at once, which a kernel may do at any time",
		"ext4 flusher-cached 4", "xfs flusher-cached 4", "btrfs flusher-cached 4")
	note("once ext4 has noticed that its journal failed, because a change was refused, fsync says so too; the disk leaves a program that only tries again without a sign",
		"ext4 journal 22", "ext4 journal 24", "ext4 flush 13", "ext4 flush-once 10", "ext4 away-create 11")
	note("the device's flush fails again; the disk's failed once",
		"ext4 flush 6", "ext4 flush 7")
	note("the transaction was aborted before the fsync returned, so that the next one is refused; a commit that fails later leaves a second fsync that returns nil",
		"btrfs journal 6", "btrfs journal 7", "btrfs journal 22", "btrfs journal-directory 7", "btrfs flush 6", "btrfs flush 13",
		"btrfs away-create 9", "btrfs away-directory 6", "btrfs flush-once 6", "btrfs flush-once 8", "btrfs flush-once 10", "btrfs flush-overwrite 6", "btrfs flush-overwrite 8")
	note("a block of the directory that was not written is missing already when the name is looked up",
		"btrfs journal 15", "btrfs journal 19", "btrfs journal 20", "btrfs journal-directory 8", "btrfs away-create 12", "btrfs away-directory 7")
}

// TestRecordedFailures: while a device failed, real kernels told programs what
// the disk tells them, showed what it shows, and left what it may leave.
func TestRecordedFailures(t *testing.T) {
	paths, err := filepath.Glob("testdata/failures/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recorded failures: %v", err)
	}
	met := map[string]bool{}
	for _, path := range paths {
		f, err := recording.ReadFailures(path)
		if err != nil {
			t.Fatal(err)
		}
		p, err := vfs.ParseProfile(f.Filesystem)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range f.Scenarios {
			t.Run(f.Filesystem+"/"+s.Name, func(t *testing.T) {
				disk, steps, err := s.Simulate(p)
				if err != nil {
					t.Fatal(err)
				}
				for i, step := range steps {
					if step == s.Steps[i] {
						continue
					}
					key := fmt.Sprintf("%s %s %d", f.Filesystem, s.Name, i+1)
					if met[key] = true; otherwise[key] == "" {
						t.Errorf("%s: the kernel: %s, the disk: %s", key, s.Steps[i], step)
					}
				}
				if len(s.After) == 0 {
					t.Error("nothing is recorded of a crash")
				}
				for _, state := range s.After {
					tree, err := recording.ParseTree(state)
					if err != nil {
						t.Fatal(err)
					}
					if ok, reason := disk.Accepts(p, tree); !ok {
						t.Errorf("after a crash the kernel left %s: %s", state, reason)
					}
				}
			})
		}
	}
	for key := range otherwise {
		if !met[key] {
			t.Errorf("%s is no exception any more", key)
		}
	}
}
