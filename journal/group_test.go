package journal_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/wire"
	"powercut/vfs"
)

// mixedEntry is an entry of one of many writers: short or long, of noise or one that
// compression makes shorter, so that batches have each behind each.
func mixedEntry(rnd *rand.Rand) []byte {
	b := make([]byte, []int{1, 100, 5000, 20_000}[rnd.IntN(4)])
	if rnd.IntN(3) > 0 {
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
	}
	return wire.Encode(wire.Bytes(b))
}

// Whatever many writers append at once is in the log, each entry once and under the
// LSN that its writer was told, and the log is whole; some of them leave early.
func TestManyWritersOfAllSizes(t *testing.T) {
	const writers, each = 16, 60
	for _, mode := range []journal.Mode{journal.Sync, journal.Async} {
		t.Run(mode.String(), func(t *testing.T) {
			fs := afero.NewOsFs()
			base := t.TempDir() + "/j"
			j, _, err := journal.Open(fs, base, nothing{}, journal.Options{Mode: mode})
			must(t, err)
			var mu sync.Mutex
			told := make(map[uint64]string)
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					rnd := rand.New(rand.NewPCG(1, uint64(w)))
					for range each {
						e := mixedEntry(rnd)
						lsn, err := appendSomehow(j, rnd, e)
						if err != nil {
							continue // who left early knows nothing
						}
						mu.Lock()
						told[lsn] = string(e)
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			must(t, j.Close())
			report, err := journal.Validate(fs, base+".log")
			must(t, err)
			if report.TailErr != nil || report.Entries < len(told) {
				t.Errorf("got %d entries and %v, want %d", report.Entries, report.TailErr, len(told))
			}
			m := &tellTale{told: told}
			_, err = journal.Replay(fs, base+".log", m)
			must(t, err)
			if m.err != nil || m.found != len(told) {
				t.Errorf("%d of %d entries are there: %v", m.found, len(told), m.err)
			}
		})
	}
}

// appendSomehow appends with one of the ways to do so.
func appendSomehow(j *journal.Journal, rnd *rand.Rand, e []byte) (uint64, error) {
	entry := journal.Entry{Payload: e}
	switch rnd.IntN(8) {
	case 0:
		p, err := j.AppendAsync(entry)
		if err != nil {
			return 0, err
		}
		return p.Wait(bg)
	case 1:
		ctx, cancel := context.WithCancel(bg)
		go cancel()
		return j.Append(ctx, entry)
	}
	return j.Append(bg, entry)
}

// tellTale compares what is replayed with what writers were told.
type tellTale struct {
	nothing
	told  map[uint64]string
	found int
	err   error
}

func (m *tellTale) Apply(e journal.Entry) error {
	if want, ok := m.told[e.LSN]; ok {
		m.found++
		if string(e.Payload) != want && m.err == nil {
			m.err = fmt.Errorf("the entry with LSN %d is another", e.LSN)
		}
	}
	return nil
}

// failingSync lets each fsync of a file fail.
type failingSync struct{ now bool }

// Inject implements vfs.Injector.
func (f *failingSync) Inject(op vfs.Op) vfs.Outcome {
	if f.now && op.Kind == vfs.OpSync {
		return vfs.Outcome{Err: syscall.EIO}
	}
	return vfs.Outcome{}
}

// Who leads an older batch, and poisons the journal by it, is told what became of
// its own entry, which waited behind.
func TestLeaderOfAnotherBatchIsTold(t *testing.T) {
	fault := &failingSync{}
	disk := vfs.New(vfs.Options{Injector: fault})
	must(t, disk.Mkdir("/data", 0o755))
	j, _, err := journal.Open(disk, base, &recorder{}, journal.Options{MaxBatchEntries: 1})
	must(t, err)
	mustAppend(t, j, number(1))
	fault.now = true
	older, err := j.AppendAsync(number(2))
	must(t, err)
	if _, err := j.Append(bg, number(3)); !errors.Is(err, journal.ErrPoisoned) {
		t.Errorf("the leader's own entry: got %v, want %v", err, journal.ErrPoisoned)
	}
	if _, err := older.Wait(bg); !errors.Is(err, journal.ErrIndeterminate) {
		t.Errorf("the older entry: got %v, want %v", err, journal.ErrIndeterminate)
	}
	if !older.Done() {
		t.Error("the older entry is not done")
	}
}
