package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// addSeeds feeds a fuzz target with every file of a kind that there is.
func addSeeds(f *testing.F, name string) {
	f.Helper()
	paths, err := filepath.Glob("testdata/rayforce*/*/" + name)
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
}

func addOwnSeeds(f *testing.F) {
	f.Helper()
	c := newCrashFs()
	j, _, err := journal.Open(c, base, rayfall.New(), crashOptions(journal.Sync, 7))
	must(f, err)
	mustAppend(f, j, source("(set x 1)"), source("(set x (+ x 1))"))
	must(f, j.Snapshot(bg))
	mustAppend(f, j, source("(set x (+ x 1))"))
	must(f, j.Close())
	for _, name := range sortedKeys(c.names) {
		f.Add(c.names[name].data)
	}
}

// typed says whether an error is one that a caller can tell what to do about.
func typed(err error) bool {
	_, corrupt := errors.AsType[*journal.CorruptError](err)
	_, tail := errors.AsType[*journal.BadTailError](err)
	_, version := errors.AsType[*journal.VersionError](err)
	_, snapshot := errors.AsType[*journal.SnapshotError](err)
	return err == nil || corrupt || tail || version || snapshot
}

// modest fails if f allocated more than the bytes of its input justify.
func modest(t *testing.T, input []byte, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	// A byte may stand for 64 of compressed data, and each of those for 16 of
	// decoded values; the constant is for buffers and the runtime itself.
	if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(8<<20+4096*len(input)); got > limit {
		t.Errorf("%d bytes of input: allocated %d bytes, want at most %d", len(input), got, limit)
	}
}

func FuzzValidate(f *testing.F) {
	addSeeds(f, "j.log")
	addOwnSeeds(f)
	f.Fuzz(func(t *testing.T, log []byte) {
		fs := newFs(t)
		must(t, afero.WriteFile(fs, "/data/f", log, 0o644))
		modest(t, log, func() {
			rep, err := journal.Validate(fs, "/data/f")
			if !typed(err) || rep.ValidBytes > int64(len(log)) {
				t.Errorf("got %+v, %v", rep, err)
			}
			for frame, err := range journal.Inspect(fs, "/data/f") {
				if err == nil && frame.Offset+frame.SizeBytes > int64(len(log)) {
					t.Errorf("frame at %d of %d bytes in a file of %d", frame.Offset, frame.SizeBytes, len(log))
				}
			}
		})
	})
}

func FuzzReplay(f *testing.F) {
	addSeeds(f, "j.log")
	addOwnSeeds(f)
	f.Fuzz(func(t *testing.T, log []byte) {
		fs := newFs(t)
		must(t, afero.WriteFile(fs, base+".log", log, 0o644))
		rep, err := journal.Replay(fs, base+".log", rayfall.New())
		if !typed(err) {
			t.Errorf("replay: %v", err)
		}
		m := rayfall.New()
		j, rec, openErr := journal.Open(fs, base, m, journal.Options{AdoptForeign: true})
		if !typed(openErr) {
			t.Errorf("open: %v", openErr)
		}
		if openErr != nil {
			return
		}
		if err == nil && rec.Entries != rep.Entries {
			t.Errorf("entries: Open found %d, Replay %d", rec.Entries, rep.Entries)
		}
		_, err = j.Append(bg, source("(set fuzz 1)"))
		if _, ok := errors.AsType[*journal.IncompleteError](err); ok && !rec.Complete() {
			// Refused, and nothing changed: whoever accepts it may go on.
			must(t, j.Close())
			if j, _, err = journal.Open(fs, base, rayfall.New(), journal.Options{AdoptForeign: true, AllowIncomplete: true}); err != nil {
				t.Fatalf("open to go on: %v", err)
			}
			_, err = j.Append(bg, source("(set fuzz 1)"))
		}
		if err != nil {
			t.Errorf("append: %v", err)
		}
		if err := j.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		j, rec2, err := journal.Open(fs, base, rayfall.New(), journal.Options{})
		if err != nil || rec2.LastLSN != rec.LastLSN+1 {
			t.Errorf("open again: got LSN %d and %v, want %d", rec2.LastLSN, err, rec.LastLSN+1)
		}
		if err == nil {
			must(t, j.Close())
		}
	})
}

func FuzzSnapshot(f *testing.F) {
	addSeeds(f, "j.qdb")
	addOwnSeeds(f)
	f.Fuzz(func(t *testing.T, qdb []byte) {
		fs := newFs(t)
		must(t, afero.WriteFile(fs, base+".qdb", qdb, 0o644))
		m := rayfall.New()
		modest(t, qdb, func() {
			j, rec, err := journal.Open(fs, base, m, journal.Options{AdoptForeign: true})
			if !typed(err) {
				t.Errorf("open: %v", err)
			}
			if err != nil {
				if m.Len() != 0 {
					t.Errorf("%d bindings of a snapshot that was refused", m.Len())
				}
				return
			}
			if rec.SnapshotBindings < m.Len() || (m.Len() == 0) != (rec.SnapshotBindings == 0) {
				t.Errorf("bindings: reported %d, there are %d", rec.SnapshotBindings, m.Len())
			}
			if (rec.SnapshotSkipped > 0) == rec.Complete() || (rec.SnapshotSkipped > 0) != (rec.SnapshotSkip != nil) {
				t.Errorf("skipped %d (%v), and complete: %v", rec.SnapshotSkipped, rec.SnapshotSkip, rec.Complete())
			}
			state, err := m.Snapshot()
			must(t, err)
			if n, err := rayfall.New().Restore(state); err != nil || n != m.Len() {
				t.Errorf("restored again: got %d bindings and %v, want %d", n, err, m.Len())
			}
			must(t, j.Close())
		})
	})
}

// Entries without a commit behind the end of a log take no memory, however many
// there are: they are skipped, and not kept until a marker comes.
func TestUncommittedEntriesTakeNoMemory(t *testing.T) {
	fs := newFs(t)
	j, _, _ := mustOpen(t, fs, journal.Options{})
	mustAppend(t, j, number(1))
	defer j.Close() // it was not closed when what follows was appended
	file, err := fs.OpenFile(base+".log", os.O_RDWR|os.O_APPEND, 0)
	must(t, err)
	payload := wire.Encode(wire.Bytes(make([]byte, 1<<20)))
	frame := append(wire.AppendHeader(nil, wire.Header{Type: wire.TypeEntry, Size: int64(len(payload))}), payload...)
	for range 64 {
		_, err := file.Write(frame)
		must(t, err)
	}
	must(t, file.Close())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	rep, err := journal.Replay(fs, base+".log", &recorder{})
	runtime.ReadMemStats(&after)
	must(t, err)
	if took := after.TotalAlloc - before.TotalAlloc; rep.Entries != 1 || took > 8<<20 {
		t.Errorf("%d entries, %d KiB of memory", rep.Entries, took>>10)
	}
}
