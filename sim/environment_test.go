package sim_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim"
	"powercut/vfs"
)

// environment is a toy with a defect that shows in one environment, and its repaired
// twin.
type environment struct {
	name string
	plan string
	cfg  sim.Config
	toy  func(r *sim.Run, repaired bool)
	want string
}

var environments = []environment{
	{"a clock that steps back", "clock-back on sync delay=1s\n", sim.Config{}, stampedFiles, "entry 0 was acknowledged and is lost"},
	{"a clock that stands still", "clock-stands on sync delay=1h\n", sim.Config{}, stampedFiles, "entry 0 was acknowledged and is lost"},
	{"descriptors that run out", "too-many-open n=0 from=6\n", sim.Config{}, recreates, "the first value was acknowledged and is lost"},
	{"files that stay open", "", sim.Config{ClosesFiles: true}, leaks, "works: left open at the end: /f; opened at sim/environment_test.go:"},
	{"modes that bind", "enforce-modes\n", sim.Config{}, readOnly, "permission denied"},
	{"a directory that can't be synced", "no-dir-sync\n", sim.Config{Profiles: []vfs.Profile{vfs.POSIX}}, ignoresDirSync, "/f was acknowledged and is lost"},
	{"a stalled write", "stall on write nth=1 delay=1h\n", sim.Config{Runs: 50}, leases, "the second value was acknowledged, and the first came back"},
	{"a quota", "quota n=4096\n", sim.Config{}, knowsOneFullDisk, "was acknowledged and is lost"},
	{"a device that is away", "away on sync from=3 until=3\n", sim.Config{Profiles: []vfs.Profile{vfs.Ext4, vfs.POSIX}}, syncsAgain, "was acknowledged and is lost"},
	{"a filesystem that turns read-only", "read-only on write nth=3\n", sim.Config{Profiles: []vfs.Profile{vfs.Ext4}}, shrugsAtReadOnly, "was acknowledged and is lost"},
	{"sectors of 512 bytes", "", sim.Config{Runs: 50}, pageRecord, "half a page was taken for whole"},
}

func TestEnvironment(t *testing.T) {
	for _, e := range environments {
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
		})
	}
}

// write makes a file of its own, durable with its name.
func write(fsys afero.Fs, name, text string, flag int) error {
	f, err := fsys.OpenFile(name, os.O_WRONLY|os.O_CREATE|flag, 0o644)
	if err != nil {
		return err
	}
	if _, err = f.WriteString(text); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return syncRoot(fsys)
}

func syncRoot(fsys afero.Fs) error {
	root, err := fsys.Open("/")
	if err != nil {
		return err
	}
	return errors.Join(root.Sync(), root.Close())
}

// stampedFiles gives each entry a file that the time names. Repaired, it takes the next
// free name.
func stampedFiles(r *sim.Run, repaired bool) {
	acked := 0
	r.Workload(func(fsys afero.Fs) error {
		start := r.Now()
		for i := range 5 {
			sim.Sleep(r, time.Second)
			name := fmt.Sprintf("/%.0f", r.Now().Sub(start).Seconds())
			flag := os.O_TRUNC
			for repaired {
				if _, err := fsys.Stat(name); errors.Is(err, fs.ErrNotExist) {
					flag = os.O_EXCL
					break
				}
				name += "x"
			}
			if err := write(fsys, name, fmt.Sprint("entry ", i), flag); err != nil {
				return err
			}
			acked++
		}
		return nil
	})
	r.Recover(func(fsys afero.Fs) error {
		infos, err := afero.ReadDir(fsys, "/")
		if err != nil {
			return err
		}
		all := ""
		for _, info := range infos {
			text, err := afero.ReadFile(fsys, "/"+info.Name())
			if err != nil {
				return err
			}
			all += string(text)
		}
		for i := range acked {
			if !strings.Contains(all, fmt.Sprint("entry ", i)) {
				return fmt.Errorf("entry %d was acknowledged and is lost", i)
			}
		}
		return nil
	})
}

// recreates takes a store that it can't open for one that isn't there.
func recreates(r *sim.Run, repaired bool) {
	acked := false
	r.Workload(func(fsys afero.Fs) error {
		if err := write(fsys, "/f", "first", 0); err != nil {
			return err
		}
		acked = true
		for range 6 {
			f, err := fsys.Open("/f")
			switch {
			case err == nil:
				err = f.Close()
			case !repaired || errors.Is(err, fs.ErrNotExist):
				err = fsys.Remove("/f") // to begin anew
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	r.Recover(func(fsys afero.Fs) error {
		text, err := afero.ReadFile(fsys, "/f")
		if acked && string(text) != "first" {
			return fmt.Errorf("the first value was acknowledged and is lost (%w)", err)
		}
		return nil
	})
}

// leaks opens a file and forgets it.
func leaks(r *sim.Run, repaired bool) {
	r.Workload(func(fsys afero.Fs) error {
		if err := write(fsys, "/f", "x", 0); err != nil {
			return err
		}
		f, err := fsys.Open("/f")
		if err != nil || !repaired {
			return err
		}
		return f.Close()
	})
	r.Recover(func(afero.Fs) error { return nil })
}

// readOnly makes its file one that it can't write to when it opens it again.
func readOnly(r *sim.Run, repaired bool) {
	mode := os.FileMode(0o400)
	if repaired {
		mode = 0o600
	}
	r.Workload(func(fsys afero.Fs) error {
		for range 2 {
			f, err := fsys.OpenFile("/f", os.O_WRONLY|os.O_CREATE, mode)
			if err != nil {
				return err
			}
			if err := f.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	r.Recover(func(afero.Fs) error { return nil })
}

// ignoresDirSync takes it that a directory's sync can't fail.
func ignoresDirSync(r *sim.Run, repaired bool) {
	acked := false
	r.Workload(func(fsys afero.Fs) error {
		f, err := fsys.Create("/f")
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
		if err := syncRoot(fsys); err != nil && repaired {
			return err
		}
		acked = true
		_, err = fsys.Stat("/f")
		return err
	})
	r.Recover(func(fsys afero.Fs) error {
		if _, err := fsys.Stat("/f"); err != nil && acked {
			return errors.New("/f was acknowledged and is lost")
		}
		return nil
	})
}

// leases lets a second writer at a file when the first one's lease has run out, be it
// that the first is still at it. Repaired, the two exclude each other.
func leases(r *sim.Run, repaired bool) {
	acked := ""
	r.Workload(func(fsys afero.Fs) error {
		lock := func() func() { return func() {} }
		if repaired {
			m := r.Monitor()
			lock = func() func() { m.Lock(); return m.Unlock }
		}
		begun := false
		lease, cancel := sim.WithTimeout(r, context.Background(), time.Minute)
		r.Go("second", func() error {
			defer cancel()
			sim.WaitUntil(r, func() bool { return begun })
			<-lease.Done()
			defer lock()()
			if err := write(fsys, "/f", "second", 0); err != nil {
				return err
			}
			r.Ack(func() { acked = "second" })
			_, err := fsys.Stat("/f")
			return err
		})
		defer lock()()
		begun = true
		return write(fsys, "/f", "first", 0)
	})
	r.Recover(func(fsys afero.Fs) error {
		text, err := afero.ReadFile(fsys, "/f")
		if acked != "" && !strings.HasPrefix(string(text), acked) {
			return fmt.Errorf("the second value was acknowledged, and the first came back: %q, %w", text, err)
		}
		return nil
	})
}

// pageRecord takes a page for something that the device writes as a whole. Repaired, it
// is used on one that does.
func pageRecord(r *sim.Run, repaired bool) {
	page := func(b string) string { return strings.Repeat(b, 512) }
	r.Setup(func(fsys afero.Fs) error { return write(fsys, "/f", page("aaaaaaaa"), 0) })
	r.Workload(func(fsys afero.Fs) error {
		if repaired { // as a whole, under another name
			return errors.Join(write(fsys, "/g", page("bbbbbbbb"), 0), fsys.Rename("/g", "/f"), syncRoot(fsys))
		}
		return write(fsys, "/f", page("bbbbbbbb"), 0)
	})
	r.Recover(func(fsys afero.Fs) error {
		text, err := afero.ReadFile(fsys, "/f")
		if err == nil && string(text) != page("aaaaaaaa") && string(text) != page("bbbbbbbb") {
			return errors.New("half a page was taken for whole")
		}
		return err
	})
}

// On a device that writes pages as a whole the toy above is sound.
func TestSectorBytes(t *testing.T) {
	sim.Test(t, sim.Config{Runs: 50, SectorBytes: 4096, Promises: sim.Nothing, Corpus: "none"}, func(r *sim.Run) { pageRecord(r, false) })
}

// Time passes when everybody waits for it, and for whoever sleeps.
func TestClockOfTheRun(t *testing.T) {
	sim.Test(t, sim.Config{Runs: 20, Promises: sim.Nothing, Corpus: "none", HangAfter: 20 * time.Second}, func(r *sim.Run) {
		r.Workload(func(fsys afero.Fs) error {
			begin := r.Now()
			sim.Sleep(r, time.Hour)
			if passed := r.Now().Sub(begin); passed < time.Hour || passed > time.Hour+time.Second {
				return fmt.Errorf("%s passed in an hour", passed)
			}
			ctx, cancel := sim.WithTimeout(r, context.Background(), time.Hour)
			if err := ctx.Err(); err != nil {
				return err
			}
			<-ctx.Done()
			if err := ctx.Err(); !errors.Is(err, context.DeadlineExceeded) {
				return fmt.Errorf("after the deadline: %w", err)
			}
			cancel()
			ctx, cancel = sim.WithTimeout(r, context.Background(), time.Hour)
			cancel()
			if err := ctx.Err(); !errors.Is(err, context.Canceled) {
				return fmt.Errorf("cancelled before it: %w", err)
			}
			return writesOnce(fsys)
		})
		r.Recover(func(afero.Fs) error { return nil })
	})
}
