package journal

import (
	"context"
	"path/filepath"

	"github.com/spf13/afero"

	powercut "powercut/journal"
	"powercut/journal/wire"
)

// nothing is a machine that costs nothing.
type nothing struct{}

func (nothing) Apply(powercut.Entry) error  { return nil }
func (nothing) Snapshot() ([]byte, error)   { return wire.Encode(wire.Int(0)), nil }
func (nothing) Restore([]byte) (int, error) { return 0, nil }

// powercutStore is the journal on the real disk.
type powercutStore struct{ j *powercut.Journal }

func powercutBase(dir string) string { return filepath.Join(dir, "j") }

// openPowercut opens it with its default options.
func openPowercut(dir string, p promise) (store, error) { return openWithRoom(dir, p, 0) }

// openPowercutRoom has it set 1 MiB aside at a time. To write that is part of
// what is measured.
func openPowercutRoom(dir string, p promise) (store, error) { return openWithRoom(dir, p, 1<<20) }

// prewritten is the journal as one uses it who takes a snapshot whenever the log
// has some size: room for all of that is made behind the log's first entry, so
// that the rest overwrites, as pebble overwrites the files that it recycles.
type prewritten struct{ powercutStore }

func openPowercutPrewritten(dir string, p promise) (store, error) {
	return prewrittenOf(func(dir string, p promise) (store, error) { return openWithRoom(dir, p, prewrittenBytes) })(dir, p)
}

// prewrittenOf has the room made of a journal that open opens with so much of it.
func prewrittenOf(open func(string, promise) (store, error)) func(string, promise) (store, error) {
	return func(dir string, p promise) (store, error) {
		s, err := open(dir, p)
		if err != nil {
			return nil, err
		}
		return prewritten{s.(powercutStore)}, s.Append(wire.Encode(wire.Int(0)))
	}
}

// Rewind begins the next log and removes the one before.
func (s prewritten) Rewind() error {
	ctx := context.Background()
	if err := s.j.Snapshot(ctx); err != nil {
		return err
	}
	if err := s.j.Prune(ctx); err != nil {
		return err
	}
	return s.Append(wire.Encode(wire.Int(0)))
}

// readPrewritten leaves out the log's first entry.
func readPrewritten(dir string, entryBytes int, each func([]byte) error) error {
	first := true
	return readPowercut(dir, entryBytes, func(e []byte) error {
		if first {
			first = false
			return nil
		}
		return each(e)
	})
}

func openWithRoom(dir string, p promise, roomBytes int) (store, error) {
	return openOn(afero.NewOsFs(), dir, p, powercut.Options{RoomBytes: roomBytes})
}

// openOn opens a journal in the mode that a promise asks for.
func openOn(fs afero.Fs, dir string, p promise, options powercut.Options) (store, error) {
	options.Mode = powercut.Async
	if p == power {
		options.Mode = powercut.Sync
	}
	j, _, err := powercut.Open(fs, powercutBase(dir), nothing{}, options)
	if err != nil {
		return nil, err
	}
	return powercutStore{j}, nil
}

func (s powercutStore) Append(entry []byte) error {
	_, err := s.j.Append(context.Background(), powercut.Entry{Payload: entry})
	return err
}

func (s powercutStore) Fsyncs() uint64 { return s.j.Stats().Fsyncs }

func (s powercutStore) Close() error { return s.j.Close() }

// handOut is a machine that hands out what it is told to apply.
type handOut struct {
	nothing
	each func([]byte) error
}

func (m handOut) Apply(e powercut.Entry) error { return m.each(e.Payload) }

// readPowercut replays a log into a machine that only looks at the entries.
func readPowercut(dir string, _ int, each func([]byte) error) error {
	_, err := powercut.Replay(afero.NewOsFs(), powercutBase(dir)+".log", handOut{each: each})
	return err
}

// validatePowercut proves a log and hands out nothing.
func validatePowercut(dir string) error {
	_, err := powercut.Validate(afero.NewOsFs(), powercutBase(dir)+".log")
	return err
}

// readOpenPowercut reads all entries of a journal that is open.
func readOpenPowercut(j *powercut.Journal, each func([]byte) error) error {
	for e, err := range j.Read(1) {
		if err != nil {
			return err
		}
		if err := each(e.Payload); err != nil {
			return err
		}
	}
	return nil
}

// AppendBatch appends entries that share a commit, as many writers at once
// would, if the promise is power.
func (s powercutStore) AppendBatch(entries [][]byte) error {
	var last *powercut.Pending
	for _, e := range entries {
		p, err := s.j.AppendAsync(powercut.Entry{Payload: e})
		if err != nil {
			return err
		}
		last = p
	}
	_, err := last.Wait(context.Background())
	return err
}
