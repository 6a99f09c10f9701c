package journal_test

import (
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"powercut/journal"
	"powercut/journal/wire"
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

// What an interrupted creation left is reported, and a log is made.
func TestInterruptedCreation(t *testing.T) {
	for name, content := range map[string]string{"nothing": "", "zeros": string(make([]byte, 512)), "a page of zeros": string(make([]byte, 4096))} {
		c := newCrashFs()
		c.put(base+".log", []byte(content))
		m := &recorder{}
		j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 1))
		must(t, err)
		mustAppend(t, j, number(1))
		must(t, j.Close())
		if rec.TailKept != "" || rec.TailBytes != int64(len(content)) || (rec.TailReason != nil) != (content != "") {
			t.Errorf("%s: got %+v", name, rec)
		}
		if _, _, err := journal.Open(c, base, m, crashOptions(journal.Sync, 1)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// payloads is a machine that keeps what it was given.
type payloads []string

func (m *payloads) Apply(e journal.Entry) error {
	*m = append(*m, string(e.Payload))
	return nil
}

func (*payloads) Snapshot() ([]byte, error) { return wire.Encode(wire.Int(0)), nil }

func (*payloads) Restore([]byte) (int, error) { return 0, nil }

// Batches of every size come back entry by entry, however they lie in the
// reader's buffer: smaller than it, across its end, larger than it.
func TestReadBatchesOfEverySize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fs := afero.NewMemMapFs()
		if err := fs.Mkdir(filepath.Dir(base), 0o755); err != nil {
			t.Fatal(err)
		}
		j, _, err := journal.Open(fs, base, new(payloads), journal.Options{MaxBatchBytes: 4 << 20})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for range rapid.IntRange(1, 6).Draw(t, "batches") {
			most := rapid.SampledFrom([]int{10, 1000, 100_000, 400_000}).Draw(t, "size")
			for range rapid.IntRange(1, 8).Draw(t, "entries") {
				b := make([]byte, rapid.IntRange(0, most).Draw(t, "bytes"))
				for i := range b {
					b[i] = byte(i*i>>8 + i*len(want) + i%251)
				}
				e := wire.Encode(wire.Bytes(b))
				want = append(want, string(e))
				if _, err := j.AppendAsync(journal.Entry{Payload: e}); err != nil {
					t.Fatal(err)
				}
			}
			if err := j.Sync(bg); err != nil {
				t.Fatal(err)
			}
		}
		var read []string
		for e, err := range j.Read(1) {
			if err != nil {
				t.Fatal(err)
			}
			read = append(read, string(e.Payload))
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		var replayed payloads
		rep, err := journal.Replay(fs, base+".log", &replayed)
		if err != nil || rep.Entries != len(want) {
			t.Fatalf("replay found %d entries, want %d: %v", rep.Entries, len(want), err)
		}
		for i, w := range want {
			if i >= len(read) || read[i] != w || i >= len(replayed) || replayed[i] != w {
				t.Fatalf("entry %d of %d, of %d bytes, is another", i, len(want), len(w))
			}
		}
	})
}
