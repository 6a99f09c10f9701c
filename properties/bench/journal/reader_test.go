package journal

import (
	"testing"

	"github.com/spf13/afero"

	powercut "powercut/journal"
)

// reader is one way to read a log from its start to its end.
type reader struct {
	name string
	// open makes the log that it reads.
	open func(dir string, p promise) (store, error)
	// handsOut: each is called for every entry. Otherwise the log is only
	// proven or, by a floor, summed up.
	handsOut bool
	// prepare is not measured; what it returns is.
	prepare func(tb testing.TB, dir string) (read func(each func([]byte) error) error)
}

// readers open, read and close a log, but for powercut-read: that journal is
// open already, as it is for a follower. All verify the checksums of what they
// read, but for tidwall and bbolt, which have none. The floors read the
// journal's log.
var readers = []reader{
	{"read+crc32c", openPowercut, false, prepareScan},
	{"mmap+crc32c", openPowercut, false, prepareMapped},
	{"powercut-validate", openPowercut, false, prepareValidate},
	{"powercut-replay", openPowercut, true, whole(readPowercut)},
	{"powercut-read", openPowercut, true, prepareOpenPowercut},
	{"tidwall", openTidwall, true, whole(readTidwall)},
	{"etcd", openEtcd, true, whole(readEtcd)},
	{"raft-wal", openRaftWAL, true, whole(readRaftWAL)},
	{"prometheus", openPrometheus, true, whole(readPrometheus)},
	{"pebble", openPebble, true, whole(readPebble)},
	{"bbolt", openBbolt, true, whole(readBbolt)},
}

// whole prepares nothing: the log is opened, read and closed each time.
func whole(read func(string, int, func([]byte) error) error) func(testing.TB, string) func(func([]byte) error) error {
	return func(_ testing.TB, dir string) func(func([]byte) error) error {
		return func(each func([]byte) error) error { return read(dir, 0, each) }
	}
}

func prepareScan(_ testing.TB, dir string) func(func([]byte) error) error {
	buf := make([]byte, scanBufferBytes)
	return func(func([]byte) error) error {
		_, err := scanRead(powercutBase(dir)+".log", buf)
		return err
	}
}

func prepareMapped(_ testing.TB, dir string) func(func([]byte) error) error {
	return func(func([]byte) error) error {
		_, err := scanMapped(powercutBase(dir) + ".log")
		return err
	}
}

func prepareValidate(_ testing.TB, dir string) func(func([]byte) error) error {
	return func(func([]byte) error) error { return validatePowercut(dir) }
}

func prepareOpenPowercut(tb testing.TB, dir string) func(func([]byte) error) error {
	tb.Helper()
	j, _, err := powercut.Open(afero.NewOsFs(), powercutBase(dir), nothing{}, powercut.Options{Mode: powercut.Async})
	must(tb, err)
	tb.Cleanup(func() { must(tb, j.Close()) })
	return func(each func([]byte) error) error { return readOpenPowercut(j, each) }
}

// fill writes entries to a log, in batches of the given size, and closes it.
// The promise is power so that the journal's batches share a commit.
func fill(tb testing.TB, open func(string, promise) (store, error), dir string, batch int, entries func(i int) []byte, n int) {
	tb.Helper()
	s, err := open(dir, power)
	must(tb, err)
	appendBatch := func(es [][]byte) error {
		for _, e := range es {
			if err := s.Append(e); err != nil {
				return err
			}
		}
		return nil
	}
	if b, ok := s.(batcher); ok {
		appendBatch = b.AppendBatch
	}
	pending := make([][]byte, 0, batch)
	for i := range n {
		pending = append(pending, entries(i))
		if len(pending) == batch || i == n-1 {
			must(tb, appendBatch(pending))
			pending = pending[:0]
		}
	}
	must(tb, s.Close())
}
