package journal_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/wire"
	"powercut/vfs"
)

// farJournal makes a journal whose log ends at an offset, with entries that are holes but
// for their heads, and which a snapshot covers. It returns what the snapshot holds.
func farJournal(t *testing.T, fs afero.Fs, base string, end int64) []int64 {
	t.Helper()
	const head = wire.HeaderSize + 10 // of a frame, and of a vector of bytes
	closing := (&wire.Marker{Kind: wire.SnapshotMarker}).Size() + wire.CommitSize
	var sizes []int64 // of payloads
	for left := end - wire.GenesisSize - closing; left > 0; {
		size := min(left-wire.HeaderSize-wire.CommitSize, wire.MaxPayload-1<<12)
		sizes = append(sizes, size)
		left -= wire.HeaderSize + size + wire.CommitSize
	}
	held, genesis, snapshot := snapshotOf(t, len(sizes))
	must(t, afero.WriteFile(fs, base+".qdb", snapshot, 0o644))
	ref := genesis.Snapshot
	file, err := fs.OpenFile(base+".log", os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	must(t, err)
	last := wire.Marker{Kind: wire.Genesis, Log: genesis.Log, Generation: 1, Sealed: true}
	at := int64(0)
	put := func(b []byte) {
		_, err := file.WriteAt(b, at)
		must(t, err)
		at += int64(len(b))
	}
	mark := func(m wire.Marker) {
		m.Log, m.Generation, m.Offset = last.Log, last.Generation, at
		frame := wire.AppendMarker(nil, &m)
		put(frame)
		last, err = wire.ParseMarker(frame, m.Offset)
		must(t, err)
	}
	mark(last)
	for i, size := range sizes {
		began := at
		frame := wire.AppendHeader(nil, wire.Header{Type: wire.TypeEntry, Size: size})
		vector := wire.Encode(wire.Bytes(nil))
		for k := range 8 {
			vector[2+k] = byte((size - 10) >> (8 * k))
		}
		frame = append(frame, vector...)
		put(frame)
		at += size + wire.HeaderSize - head
		crc := wire.ShiftOf(size - 10).Zeros(wire.Checksum(last.CRC, frame))
		mark(wire.Marker{Kind: wire.Commit, LastLSN: uint64(i + 1), DurableLSN: uint64(i), DurableBytes: began, BatchBytes: at - began, BatchCRC: crc, Entries: 1})
	}
	for _, kind := range []wire.MarkerKind{wire.SnapshotMarker, wire.Commit} {
		m := wire.Marker{Kind: kind, LastLSN: ref.LSN, DurableLSN: ref.LSN, DurableBytes: at, BatchCRC: last.CRC}
		if kind == wire.SnapshotMarker {
			m.Snapshot = ref
		}
		mark(m)
	}
	must(t, file.Sync())
	must(t, file.Close())
	syncDir(t, fs, filepath.Dir(base))
	if at != end {
		t.Fatalf("the log ends at %d, want %d", at, end)
	}
	return held
}

// snapshotOf has a journal make a snapshot of n entries. It returns what that holds, the
// genesis of the log behind it, and the file.
func snapshotOf(t *testing.T, n int) (held []int64, genesis wire.Marker, file []byte) {
	t.Helper()
	fs := afero.NewMemMapFs()
	must(t, fs.MkdirAll("/d", 0o755))
	j, _, err := journal.Open(fs, "/d/j", &recorder{}, crashOptions(journal.Sync, 5))
	must(t, err)
	for i := range n {
		held = append(held, int64(i))
		_, err := j.Append(bg, number(int64(i)))
		must(t, err)
	}
	must(t, j.Snapshot(bg))
	must(t, j.Close())
	file, err = afero.ReadFile(fs, "/d/j.qdb")
	must(t, err)
	for f, err := range journal.Inspect(fs, "/d/j.log") {
		must(t, err)
		return held, *f.Marker, file
	}
	t.Fatal("no genesis")
	return nil, genesis, nil
}

func syncDir(t *testing.T, fs afero.Fs, dir string) {
	t.Helper()
	d, err := fs.Open(dir)
	must(t, err)
	must(t, d.Sync())
	must(t, d.Close())
}

// farShapes are where logs are that reach far. The end is that of what is there before: a
// little before the offset that is of interest.
func farShapes(t *testing.T) []farShape {
	disk := func() (afero.Fs, string) {
		d := vfs.New(vfs.Options{})
		must(t, d.Mkdir("/data", 0o755))
		syncDir(t, d, "/")
		return d, base
	}
	return []farShape{
		{"disk, 2 GiB", 1 << 31, disk},
		{"disk, 4 GiB", 1 << 32, disk},
		{"disk, 6 GiB", 3 << 31, disk},
		{"real file, 4 GiB", 1 << 32, func() (afero.Fs, string) { return afero.NewOsFs(), filepath.Join(t.TempDir(), "j") }},
		{"memory, which tells no holes", 8 << 20, func() (afero.Fs, string) {
			fs := afero.NewMemMapFs()
			must(t, fs.MkdirAll("/data", 0o755))
			return fs, base
		}},
	}
}

type farShape struct {
	name string
	edge int64
	make func() (fs afero.Fs, base string)
}

// far begins a test of a log that ends a little before an edge.
func (s farShape) far(t *testing.T) (fs afero.Fs, base string, held []int64) {
	fs, base = s.make()
	return fs, base, farJournal(t, fs, base, s.edge-300)
}

// openFar opens it, and expects it to hold that.
func openFar(t *testing.T, fs afero.Fs, base string, opts journal.Options, want []int64) (*journal.Journal, journal.Recovery) {
	t.Helper()
	m := &recorder{}
	j, rec, err := journal.Open(fs, base, m, opts)
	must(t, err)
	if !slices.Equal(m.got, want) {
		t.Fatalf("got %v, want %v", m.got, want)
	}
	return j, rec
}

// appendFar appends some entries to what is held.
func appendFar(t *testing.T, j *journal.Journal, held *[]int64, n int) {
	t.Helper()
	for range n {
		next := int64(len(*held))
		lsn, err := j.Append(bg, number(next))
		must(t, err)
		*held = append(*held, next)
		if lsn != uint64(len(*held)) {
			t.Fatalf("got LSN %d, want %d", lsn, len(*held))
		}
	}
}

// readFar reads the last n entries.
func readFar(t *testing.T, j *journal.Journal, held []int64, n int) {
	t.Helper()
	var got []int64
	for e, err := range j.Read(uint64(len(held) - n + 1)) {
		must(t, err)
		v, err := wire.Decode(e.Payload)
		must(t, err)
		got = append(got, v.(wire.Scalar).Int())
	}
	if want := held[len(held)-n:]; !slices.Equal(got, want) {
		t.Errorf("Read gave %v, want %v", got, want)
	}
}

// A log that goes on across 2 and 4 GiB: appended to, read, validated, cut where its tail
// is torn, repaired, rolled, and pruned.
func TestFar(t *testing.T) {
	for _, shape := range farShapes(t) {
		for _, room := range []int{0, 5000} {
			t.Run(fmt.Sprintf("%s, room %d", shape.name, room), func(t *testing.T) {
				fs, base, held := shape.far(t)
				opts := journal.Options{RoomBytes: room}
				j, _ := openFar(t, fs, base, opts, held)
				appendFar(t, j, &held, 10)
				readFar(t, j, held, 10)
				end := j.Stats().LogBytes
				if end <= shape.edge {
					t.Fatalf("the log ends at %d, which is not behind %d", end, shape.edge)
				}
				if disk, ok := fs.(*vfs.Disk); ok {
					crashed := disk.ProcessCrash().Mount(vfs.Options{})
					j, rec := openFar(t, crashed, base, opts, held)
					if rec.TailOffset != end && room > 0 {
						t.Errorf("the room begins at %d, want %d", rec.TailOffset, end)
					}
					must(t, j.Close())
				}
				must(t, j.Close())
				validateFar(t, fs, base, &held)
				held = tornFar(t, fs, base, held)
				held = repairFar(t, fs, base, shape.edge, held)

				j, _ = openFar(t, fs, base, opts, held)
				appendFar(t, j, &held, 2)
				must(t, j.Roll(bg))
				appendFar(t, j, &held, 2)
				readFar(t, j, held, 5)
				must(t, j.Close())
				j, _ = openFar(t, fs, base, opts, held)
				readFar(t, j, held, 5)
				must(t, j.Snapshot(bg))
				must(t, j.Prune(bg))
				must(t, j.Close())
				j, rec := openFar(t, fs, base, opts, held)
				if rec.Archives != 0 || rec.SnapshotLSN != uint64(len(held)) {
					t.Errorf("after a snapshot of all: %+v", rec)
				}
				must(t, j.Close())
			})
		}
	}
}

// validateFar expects the log of a closed journal to be whole.
func validateFar(t *testing.T, fs afero.Fs, base string, held *[]int64) {
	t.Helper()
	rep, err := journal.Validate(fs, base+".log")
	must(t, err)
	if rep.TailErr != nil || rep.ValidBytes != rep.SizeBytes || rep.ClaimedBytes != rep.ValidBytes-wire.CommitSize || rep.LastLSN != uint64(len(*held)) {
		t.Errorf("Validate: %+v", rep)
	}
}

// tornFar tears a frame at the end, with a hole of a gigabyte behind it, or of less.
func tornFar(t *testing.T, fs afero.Fs, base string, held []int64) []int64 {
	t.Helper()
	info, err := fs.Stat(base + ".log")
	must(t, err)
	end := info.Size()
	tail := min(1<<30, end)
	file, err := fs.OpenFile(base+".log", os.O_RDWR, 0)
	must(t, err)
	_, err = file.WriteAt(wire.AppendHeader(nil, wire.Header{Size: 100})[:8], end)
	must(t, err)
	_, err = file.WriteAt([]byte{7}, end+tail-5000)
	must(t, err)
	must(t, file.Truncate(end+tail))
	must(t, file.Close())

	rep, err := journal.Validate(fs, base+".log")
	must(t, err)
	if rep.TailErr == nil || rep.ValidBytes != end {
		t.Errorf("Validate of a torn log: %+v", rep)
	}
	j, rec := openFar(t, fs, base, journal.Options{}, held)
	if rec.TailOffset != end || rec.TailBytes != tail || rec.TailKept == "" {
		t.Errorf("the tail was found at %d, of %d bytes, and kept as %q; want %d, %d", rec.TailOffset, rec.TailBytes, rec.TailKept, end, tail)
	}
	kept, err := fs.Open(rec.TailKept)
	must(t, err)
	b := make([]byte, 10)
	for at, want := range map[int64]string{0: "\xfa\xde\xfa\xce\x03\x00\x00\x00\x00\x00", tail - 5001: "\x00\x07\x00\x00\x00\x00\x00\x00\x00\x00"} {
		_, err := kept.ReadAt(b, at)
		must(t, err)
		if string(b) != want {
			t.Errorf("at %d the tail that was kept has %q, want %q", at, b, want)
		}
	}
	if info, err := kept.Stat(); err != nil || info.Size() != tail {
		t.Errorf("the tail that was kept has %d bytes, want %d (%v)", info.Size(), tail, err)
	}
	must(t, kept.Close())
	appendFar(t, j, &held, 1)
	must(t, j.Close())
	info, err = fs.Stat(base + ".log")
	must(t, err)
	if info.Size() >= end+1000 {
		t.Errorf("the log has %d bytes, with the tail cut off at %d", info.Size(), end)
	}
	return held
}

// repairFar damages an entry behind an edge, which later ones claim durable, and accepts
// the loss.
func repairFar(t *testing.T, fs afero.Fs, base string, edge int64, held []int64) []int64 {
	t.Helper()
	at, kept := int64(0), uint64(0)
	r, err := fs.OpenFile(base+".log", os.O_RDWR, 0)
	must(t, err)
	info, err := r.Stat()
	must(t, err)
	size := info.Size() // in memory, info goes on telling what is there
	behind := make([]byte, size-edge)
	_, err = r.ReadAt(behind, edge)
	must(t, err)
	for i := range behind {
		m, err := wire.ParseMarker(behind[i:], edge+int64(i))
		if err == nil && m.Entries > 0 && at == 0 {
			at, kept = m.Offset+wire.CommitSize, m.LastLSN
		}
	}
	_, err = r.WriteAt([]byte{0xff}, at+20)
	must(t, err)
	must(t, r.Close())

	_, _, err = journal.Open(fs, base, &recorder{}, journal.Options{})
	corrupt, ok := errors.AsType[*journal.CorruptError](err)
	if !ok || corrupt.Offset != at {
		t.Fatalf("got %v, want damage at %d", err, at)
	}
	if _, err := journal.Validate(fs, base+".log"); !errors.As(err, &corrupt) || corrupt.Offset != at {
		t.Errorf("Validate: %v, want damage at %d", err, at)
	}
	rep, err := journal.Repair(fs, base, journal.RepairOptions{AcceptLoss: true})
	must(t, err)
	if rep.ValidBytes != at || rep.CutBytes != size-at || rep.LastLSN != kept || rep.LostLSN != uint64(len(held)) {
		t.Errorf("Repair: %+v; want %d bytes up to LSN %d left, and up to LSN %d lost", rep, at, kept, len(held))
	}
	return held[:kept]
}

// The frames behind 4 GiB have their places there.
func TestInspectFar(t *testing.T) {
	if os.Getenv("POWERCUT_SOAK") == "" {
		t.Skip("Inspect has every payload in memory: 4 GiB, one after the other; set POWERCUT_SOAK=1")
	}
	fs, base, held := farShapes(t)[1].far(t)
	j, _ := openFar(t, fs, base, journal.Options{}, held)
	appendFar(t, j, &held, 3)
	must(t, j.Close())
	next := int64(0)
	var last wire.Marker
	for f, err := range journal.Inspect(fs, base+".log") {
		must(t, err)
		if f.Offset != next || f.Err != nil {
			t.Fatalf("a frame at %d, want %d (%v)", f.Offset, next, f.Err)
		}
		if next += f.SizeBytes; f.Marker != nil {
			last = *f.Marker
		}
	}
	if last.Offset <= 1<<32 || last.Offset != next-wire.CommitSize || last.LastLSN != uint64(len(held)) {
		t.Errorf("the last marker is at %d, of LSN %d; the log ends at %d", last.Offset, last.LastLSN, next)
	}
}
