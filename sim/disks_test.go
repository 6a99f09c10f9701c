package sim_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim"
	"powercut/vfs"
)

// logDisk is a machine with a disk for the log.
var logDisk = []sim.DiskConfig{{Name: "log"}}

// twoDisks are toys with their log on a disk of its own, which have a defect that only
// this shows, or shows best.
var twoDisks = []environment{
	{"the log goes before what it covers is synced", "", sim.Config{Disks: logDisk}, checkpoints(forgetsSync), "entry 0 was acknowledged and is lost"},
	{"an fsync of the log counts for the other disk's names", "", sim.Config{Disks: logDisk, Profiles: []vfs.Profile{vfs.Ext4}},
		checkpoints(forgetsDirSync), "entry 0 was acknowledged and is lost"},
	{"a rename across is taken for atomic", "", sim.Config{Disks: logDisk}, archives, "the segment was acknowledged and is lost"},
	{"the log's disk is full", "", sim.Config{Disks: []sim.DiskConfig{{Name: "log", CapacityBytes: 4096}}}, fillsLog, "entry 5 was acknowledged and is lost"},
	{"the log's disk loses its power alone", "offline on write disk=log nth=3\n", sim.Config{Disks: logDisk}, fillsLog, "entry 2 was acknowledged and is lost"},
}

func TestTwoDisks(t *testing.T) {
	for _, e := range twoDisks {
		t.Run(e.name, func(t *testing.T) {
			plan, err := faults.Parse(e.plan)
			if err != nil {
				t.Fatal(err)
			}
			e.cfg.Plan, e.cfg.Promises, e.cfg.Corpus, e.cfg.HangAfter = plan, sim.Nothing, "none", 20*time.Second
			message := failureOf(t, func(t sim.TB) { sim.Test(t, e.cfg, func(r *sim.Run) { e.toy(r, false) }) })
			if !strings.Contains(message, e.want) {
				t.Errorf("want %q:\n%s", e.want, message)
			}
			sim.Test(t, e.cfg, func(r *sim.Run) { e.toy(r, true) })
			// The repaired one holds where one of the disks is drawn to lose its power.
			e.cfg.Plan, e.cfg.Faults = faults.Plan{}, &faults.Mix{Kinds: []faults.Kind{faults.Offline}}
			sim.Test(t, e.cfg, func(r *sim.Run) { e.toy(r, true) })
		})
	}
}

// On one disk, whose journal has the names of both, ext4 hides the second defect.
func TestOneDiskHidesWhatTwoShow(t *testing.T) {
	cfg := sim.Config{Profiles: []vfs.Profile{vfs.Ext4}, Corpus: "none"}
	sim.Test(t, cfg, func(r *sim.Run) {
		r.Setup(func(fsys afero.Fs) error { return fsys.Mkdir("/log", 0o755) })
		checkpoints(forgetsDirSync)(r, false)
	})
}

type checkpointDefect int

const (
	forgetsSync checkpointDefect = iota
	forgetsDirSync
)

// checkpoints appends each entry to /log/wal, and then replaces /state, which has them
// all, and empties the log.
func checkpoints(defect checkpointDefect) func(r *sim.Run, repaired bool) {
	return func(r *sim.Run, repaired bool) {
		acked := 0
		r.Workload(func(fsys afero.Fs) error {
			state := ""
			for i := range 3 {
				entry := fmt.Sprint("entry ", i, "\n")
				if err := appendSynced(fsys, "/log", "wal", entry); err != nil {
					return err
				}
				acked++
				state += entry
				if err := replace(fsys, "/state", state, repaired || defect != forgetsSync); err != nil {
					return err
				}
				if repaired {
					if err := syncRoot(fsys); err != nil {
						return err
					}
				}
				if err := replace(fsys, "/log/wal", "", true); err != nil {
					return err
				}
				if err := syncDir(fsys, "/log"); err != nil {
					return err
				}
			}
			return nil
		})
		r.Recover(func(fsys afero.Fs) error { return holds(fsys, acked, "/state", "/log/wal") })
	}
}

// holds says which entry none of the files has.
func holds(fsys afero.Fs, acked int, names ...string) error {
	all := ""
	for _, name := range names {
		text, err := afero.ReadFile(fsys, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		all += string(text)
	}
	for i := range acked {
		if !strings.Contains(all, fmt.Sprint("entry ", i, "\n")) {
			return fmt.Errorf("entry %d was acknowledged and is lost", i)
		}
	}
	return nil
}

// replace puts a file in the place of another.
func replace(fsys afero.Fs, name, text string, sync bool) error {
	f, err := fsys.Create(name + ".tmp")
	if err != nil {
		return err
	}
	if _, err = f.WriteString(text); err == nil && sync {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return fsys.Rename(name+".tmp", name)
}

// appendSynced makes an entry durable at the end of a file.
func appendSynced(fsys afero.Fs, dir, name, text string) error {
	f, err := fsys.OpenFile(dir+"/"+name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if _, err = f.WriteString(text); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return syncDir(fsys, dir)
}

func syncDir(fsys afero.Fs, name string) error {
	dir, err := fsys.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// archives moves a segment of the log to the main disk. To move is to copy between two
// disks, which is not one step, and not durable by itself.
func archives(r *sim.Run, repaired bool) {
	acked := false
	r.Workload(func(fsys afero.Fs) error {
		if err := appendSynced(fsys, "/log", "segment", "the segment"); err != nil {
			return err
		}
		acked = true
		err := fsys.Rename("/log/segment", "/archive")
		if !errors.Is(err, syscall.EXDEV) {
			return fmt.Errorf("a rename from disk to disk: %w", err)
		}
		text, err := afero.ReadFile(fsys, "/log/segment")
		if err != nil {
			return err
		}
		if err := replace(fsys, "/archive", string(text), repaired); err != nil {
			return err
		}
		if repaired {
			if err := syncRoot(fsys); err != nil {
				return err
			}
		}
		return fsys.Remove("/log/segment")
	})
	r.Recover(func(fsys afero.Fs) error {
		for _, name := range []string{"/archive", "/log/segment"} {
			if text, err := afero.ReadFile(fsys, name); err == nil && string(text) == "the segment" || !acked {
				return nil
			}
		}
		return errors.New("the segment was acknowledged and is lost")
	})
}

// fillsLog goes on without the log when that takes nothing any more, and takes what it
// wrote to the other disk for durable. Repaired, it refuses.
func fillsLog(r *sim.Run, repaired bool) {
	acked := 0
	r.Workload(func(fsys afero.Fs) error {
		for i := range 8 {
			entry := fmt.Sprint("entry ", i, "\n")
			if err := appendSynced(fsys, "/log", "wal", entry+strings.Repeat(".", 700)); err != nil {
				if repaired {
					return err
				}
				if err := replace(fsys, fmt.Sprint("/kept", i), entry, false); err != nil {
					return err
				}
			}
			acked++
		}
		return nil
	})
	r.Recover(func(fsys afero.Fs) error {
		names := []string{"/log/wal"}
		for i := range 8 {
			names = append(names, fmt.Sprint("/kept", i))
		}
		return holds(fsys, acked, names...)
	})
}

// A case has the disks, replays, and tells of which one an operation or a loss is.
func TestCaseOfTwoDisks(t *testing.T) {
	dir := t.TempDir()
	cfg := sim.Config{Disks: logDisk, Profiles: []vfs.Profile{vfs.Ext4}, Corpus: dir, Seed: 1}
	body := func(r *sim.Run) { checkpoints(forgetsDirSync)(r, false) }
	message := failureOf(t, func(t sim.TB) { sim.Test(t, cfg, body) })
	for _, want := range []string{"lost: operation", "rename /state.tmp to /state [disk main]", "[disk log]"} {
		if !strings.Contains(message, want) {
			t.Errorf("want %q in it:\n%s", want, message)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.case"))
	if err != nil || len(files) != 1 {
		t.Fatalf("cases: %v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "\nsector 512\nseed 1\ndisk log\n") {
		t.Errorf("the disk is not in the case:\n%s", text)
	}
	page, err := os.ReadFile(strings.TrimSuffix(files[0], ".case") + ".html")
	if err != nil || !strings.Contains(string(page), "[disk log]") {
		t.Errorf("the page does not name the disk (%v)", err)
	}
	// It is run first the next time, and shows the same.
	again := failureOf(t, func(t sim.TB) { sim.Test(t, cfg, body) })
	if first, _, _ := strings.Cut(message, "\n"); !strings.Contains(again, first) {
		t.Errorf("the kept case says something else:\n%s", again)
	}
}

func TestDisksOfAConfig(t *testing.T) {
	plan, err := faults.Parse("no-space disk=wal\n")
	if err != nil {
		t.Fatal(err)
	}
	for want, cfg := range map[string]sim.Config{
		"Disks: vfs: device \"a/b\": want the name of a directory":            {Disks: []sim.DiskConfig{{Name: "a/b"}}},
		"Disks: vfs: device \"log\": there is one of that name":               {Disks: []sim.DiskConfig{{Name: "log"}, {Name: "log"}}},
		"Disks: vfs: device \"log\": a capacity of -1 bytes":                  {Disks: []sim.DiskConfig{{Name: "log", CapacityBytes: -1}}},
		"Plan: rule \"no-space disk=wal\": there is no such disk among Disks": {Disks: logDisk, Plan: plan},
	} {
		cfg.Corpus = "none"
		if message := failureOf(t, func(t sim.TB) { sim.Test(t, cfg, func(*sim.Run) {}) }); !strings.Contains(message, want) {
			t.Errorf("want %q:\n%s", want, message)
		}
	}
}
