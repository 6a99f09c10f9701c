package journal_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
)

// Followers read while the log is appended to, rolled, snapshotted and pruned,
// on a real directory: they see every LSN once, in order.
func TestReadMeanwhile(t *testing.T) {
	fs, base := afero.NewOsFs(), t.TempDir()+"/j"
	j, _, err := journal.Open(fs, base, &recorder{}, journal.Options{Mode: journal.Async})
	must(t, err)
	mustAppend(t, j, number(1))
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			next := uint64(1)
			for last := false; ; {
				for e, err := range j.Read(next) {
					if err != nil {
						t.Error(err)
						return
					}
					if e.LSN != next {
						t.Errorf("got LSN %d, want %d", e.LSN, next)
						return
					}
					next++
				}
				if last {
					break
				}
				select {
				case <-done:
					last = true
				default:
				}
			}
			if want := j.LastLSN() + 1; next != want {
				t.Errorf("read up to LSN %d, want %d", next-1, want-1)
			}
		})
	}
	for i := range int64(400) {
		mustAppend(t, j, number(i))
		if i%20 == 7 {
			must(t, j.Roll(bg))
		}
		if i%50 == 33 {
			must(t, j.Snapshot(bg))
		}
	}
	close(done)
	wg.Wait()
	must(t, j.Prune(bg))
	must(t, j.Close())
}

// A copy of the files that was taken between a roll and the next snapshot is a
// backup: it opens, under its own name too.
func TestBackup(t *testing.T) {
	fs := newFs(t)
	m := &recorder{}
	j, _, err := journal.Open(fs, base, m, journal.Options{})
	must(t, err)
	mustAppend(t, j, number(1), number(2))
	must(t, j.Snapshot(bg))
	mustAppend(t, j, number(3))
	must(t, j.Roll(bg))
	mustAppend(t, j, number(4))
	infos, err := afero.ReadDir(fs, "/data")
	must(t, err)
	must(t, fs.MkdirAll("/copy", 0o755))
	for _, info := range infos {
		raw, err := afero.ReadFile(fs, "/data/"+info.Name())
		must(t, err)
		must(t, afero.WriteFile(fs, "/copy/"+info.Name(), raw, 0o644))
	}
	mustAppend(t, j, number(5))
	must(t, j.Close())
	c := &recorder{}
	j, _, err = journal.Open(fs, "/copy/j", c, journal.Options{})
	must(t, err)
	if !slices.Equal(c.got, []int64{1, 2, 3, 4}) {
		t.Errorf("got %v, want 1 to 4", c.got)
	}
	must(t, j.Close())
}

// What an interrupted creation left is kept aside, and a log is made.
func TestInterruptedCreation(t *testing.T) {
	for name, content := range map[string]string{"nothing": "", "zeros": string(make([]byte, 512)), "bytes": "half a genesis"} {
		c := newCrashFs()
		c.put(base+".log", []byte(content))
		m := &recorder{}
		j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 1))
		must(t, err)
		mustAppend(t, j, number(1))
		must(t, j.Close())
		if kept := rec.TailKept != ""; kept != (name == "bytes") || rec.TailBytes != int64(len(content)) {
			t.Errorf("%s: got %+v", name, rec)
		}
		if ino := c.names[rec.TailKept]; rec.TailKept != "" && string(ino.data) != content {
			t.Errorf("%s: kept %q", name, ino.data)
		}
		if _, _, err := journal.Open(c, base, m, crashOptions(journal.Sync, 1)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
