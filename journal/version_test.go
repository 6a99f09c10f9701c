package journal_test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"powercut/journal"
	"powercut/journal/wire"
)

// restamp gives the marker at an offset another version or kind, and a checksum that
// proves it.
func restamp(data []byte, at int, kind, version byte) {
	frame := data[at : at+16+int(binary.LittleEndian.Uint64(data[at+8:]))]
	frame[wire.MarkerPrefixSize], frame[wire.MarkerPrefixSize+1] = kind, version
	const crcAt = 38
	clear(frame[crcAt : crcAt+4])
	binary.LittleEndian.PutUint32(frame[crcAt:], wire.Checksum(0, frame))
}

// markersOf returns the offsets of a log's markers.
func markersOf(t *testing.T, c *crashFs, path string) []int {
	t.Helper()
	var at []int
	for f, err := range journal.Inspect(c, path) {
		must(t, err)
		if f.Marker != nil {
			at = append(at, int(f.Offset))
		}
	}
	return at
}

// wantVersion expects everything that reads the files to refuse them by name, and to
// change nothing. path is what Validate, Replay and Inspect are asked about.
func wantVersion(t *testing.T, c *crashFs, path string, got uint8) {
	t.Helper()
	before := c.tree()
	check := func(what string, err error) {
		t.Helper()
		v, ok := errors.AsType[*journal.VersionError](err)
		if !ok || v.Got != got || v.Path != path || strings.Contains(err.Error(), "Repair") {
			t.Errorf("%s: got %v, want a VersionError of %s with %d", what, err, path, got)
		}
		if journal.StatusOf(err) != journal.StatusVersion {
			t.Errorf("%s: got status %q", what, journal.StatusOf(err))
		}
	}
	_, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
	check("Open", err)
	for _, accept := range []bool{false, true} {
		_, err = journal.Repair(c, base, journal.RepairOptions{AcceptLoss: accept})
		check("Repair", err)
	}
	_, err = journal.Validate(c, path)
	check("Validate", err)
	_, err = journal.Replay(c, path, &payloads{})
	check("Replay", err)
	for _, err = range journal.Inspect(c, path) {
	}
	check("Inspect", err)
	if c.tree() != before {
		t.Error("files changed although they were refused")
	}
}

// A marker of a version, or of a kind, that is not known is refused by name, in
// whichever log and wherever in it it stands.
func TestUnknownMarkers(t *testing.T) {
	const log = base + ".log"
	for _, tt := range []struct {
		name          string
		kind, version byte // 0 for the marker's own
		got           uint8
	}{{"version 2", 0, 2, 2}, {"version 0", 0, 0xff, 0xff}, {"a fourth kind", 4, 1, 4}, {"a fourth kind of version 3", 4, 3, 3}, {"no kind", 0xff, 1, 0xff}} {
		t.Run(tt.name, func(t *testing.T) {
			whole := newCrashFs()
			closedJournal(t, whole)
			for _, path := range []string{log, whole.newest(t)} {
				for i, at := range markersOf(t, whole, path) {
					c := whole.clone()
					data := slices.Clone(c.names[path].data)
					kind := tt.kind
					if kind == 0 {
						kind = data[at+wire.MarkerPrefixSize]
					}
					restamp(data, at, kind, tt.version)
					c.put(path, data)
					t.Logf("%s: marker %d", filepath.Base(path), i)
					wantVersion(t, c, path, tt.got)
				}
			}
		})
	}
}

// So is a log that waits for its name in the middle of a roll.
func TestUnknownMarkerOfTheNextLog(t *testing.T) {
	c := newCrashFs()
	interruptedRoll(t, c)
	data := slices.Clone(c.names[base+".log.tmp"].data)
	restamp(data, 0, byte(wire.Genesis), 2)
	c.put(base+".log.tmp", data)
	before := c.tree()
	_, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
	if v, ok := errors.AsType[*journal.VersionError](err); !ok || v.Got != 2 || c.tree() != before {
		t.Errorf("got %v, changed: %v", err, c.tree() != before)
	}
}

// What a later version was writing when the power went may look torn, but is not
// ours to cut: its marker, wherever it stands, tells whose it is.
func TestTornTailOfALaterVersion(t *testing.T) {
	c := newCrashFs()
	shortJournal(t, c, 1)
	data := slices.Clone(c.names[base+".log"].data)
	end := len(data)
	genesis, err := wire.ParseMarker(data, 0)
	must(t, err)
	data = append(data, "torn"...)
	m := wire.Marker{Kind: wire.Commit, Log: genesis.Log, Generation: 1, Offset: int64(len(data)), LastLSN: 1, DurableBytes: 0}
	at := len(data)
	data = wire.AppendMarker(data, &m)
	restamp(data, at, byte(wire.Commit), 2)
	c.put(base+".log", data)
	before := c.tree()
	_, _, err = journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
	if v, ok := errors.AsType[*journal.VersionError](err); !ok || v.Offset != int64(at) || c.tree() != before {
		t.Errorf("got %v, changed: %v", err, c.tree() != before)
	}
	// Of another log, it is what stood there before.
	data = data[:end+4]
	m.Log[0]++
	data = wire.AppendMarker(data, &m)
	restamp(data, at, byte(wire.Commit), 2)
	c.put(base+".log", data)
	j, rec, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
	if err != nil || rec.TailBytes == 0 {
		t.Fatalf("got %+v, %v", rec, err)
	}
	must(t, j.Close())
}

// A marker that only says that it is of another version proves nothing: where a good
// one behind it claims it, it is damage.
func TestRottenVersion(t *testing.T) {
	c := newCrashFs()
	shortJournal(t, c, 2)
	data := slices.Clone(c.names[base+".log"].data)
	at := markersOf(t, c, base+".log")[2]
	data[at+wire.MarkerPrefixSize+1] ^= 2
	c.put(base+".log", data)
	_, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
	if _, ok := errors.AsType[*journal.CorruptError](err); !ok {
		t.Errorf("got %v, want a CorruptError", err)
	}
}

// Logs that were made by hand.
func TestOddLogs(t *testing.T) {
	for name, got := range map[string]uint8{
		"genesis-of-version-2":                             2,
		"all-commits-of-version-2-behind-two-of-version-1": 2,
		"a-fourth-kind-of-marker-behind-two-commits":       4,
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile("testdata/odd-logs/" + name + ".log")
			must(t, err)
			c := newCrashFs()
			c.put(base+".log", raw)
			wantVersion(t, c, base+".log", got)
		})
	}
}
