package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// nothing is a machine that costs nothing.
type nothing struct{}

func (nothing) Apply(journal.Entry) error   { return nil }
func (nothing) Snapshot() ([]byte, error)   { return wire.Encode(wire.Int(0)), nil }
func (nothing) Restore([]byte) (int, error) { return 0, nil }

// counted never ends, and gives each log another id.
type counted struct{ n atomic.Uint64 }

func (c *counted) Read(b []byte) (int, error) {
	n := c.n.Add(1)
	for i := range b {
		b[i] = byte(n >> (8 * (i % 8)))
	}
	return len(b), nil
}

var ctx = context.Background()

// lab makes journals below one directory.
type lab struct {
	scratch string
	next    int
	fs      afero.Fs
	entropy counted
}

func newLab(scratch string) *lab {
	return &lab{scratch: scratch, fs: quiet{afero.NewOsFs()}}
}

// folder makes a new directory.
func (l *lab) folder() (string, error) {
	dir, err := os.MkdirTemp(l.scratch, "journal")
	return dir, err
}

func (l *lab) open(dir string, m journal.Machine, mode journal.Mode) (*journal.Journal, error) {
	j, _, err := journal.Open(l.fs, filepath.Join(dir, "j"), m, journal.Options{Mode: mode, Entropy: &l.entropy})
	return j, err
}

// payload is an entry of 200 bytes that does not compress.
func payload() journal.Entry {
	b := make([]byte, 190)
	noise := uint64(1)
	for i := range b {
		noise = noise*6364136223846793005 + 1442695040888963407
		b[i] = byte(noise >> 56)
	}
	return journal.Entry{Payload: wire.Encode(wire.Bytes(b))}
}

// assignment is an entry that the default machine evaluates: it sets one of a
// thousand names.
func assignment(i int) journal.Entry {
	return journal.Entry{Payload: wire.Encode(wire.String(fmt.Sprintf("(set n%d %d)", i%1000, i)))}
}

func appendTo(j *journal.Journal, n int, entry func(i int) journal.Entry) error {
	for i := range n {
		if _, err := j.Append(ctx, entry(i)); err != nil {
			return err
		}
	}
	return nil
}

func same(e journal.Entry) func(int) journal.Entry { return func(int) journal.Entry { return e } }

// appending is a subject that appends to a new journal.
func (l *lab) appending(n int, m func() journal.Machine, entry func(int) journal.Entry) (*subject, error) {
	var j *journal.Journal
	var dir string
	end := func() error {
		if j == nil {
			return nil
		}
		return errors.Join(j.Close(), os.RemoveAll(dir))
	}
	return &subject{
		before: func() (err error) {
			if err := end(); err != nil {
				return err
			}
			if dir, err = l.folder(); err == nil {
				j, err = l.open(dir, m(), journal.Async)
			}
			return err
		},
		run: func() error { return appendTo(j, n, entry) },
		end: end,
	}, nil
}

// written makes a journal with n entries, closes it and returns a subject of
// what then is done to it.
func (l *lab) written(n int, m func() journal.Machine, entry func(int) journal.Entry, run func(dir string) error) (*subject, error) {
	dir, err := l.folder()
	if err != nil {
		return nil, err
	}
	j, err := l.open(dir, m(), journal.Async)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(appendTo(j, n, entry), j.Close()); err != nil {
		return nil, err
	}
	return &subject{run: func() error { return run(dir) }, end: func() error { return os.RemoveAll(dir) }}, nil
}

func (l *lab) reopen(dir string, m journal.Machine) error {
	j, err := l.open(dir, m, journal.Async)
	if err != nil {
		return err
	}
	return j.Close()
}

func newNothing() journal.Machine { return nothing{} }
func newRayfall() journal.Machine { return rayfall.New() }

func journalSeries(scratch string) []series {
	l := newLab(scratch)
	entry := same(payload())
	million, fewer := halfDecades(100, 1_000_000), halfDecades(100, 100_000)
	of := func(name string, sizes []int, prepare func(n int) (*subject, error)) series {
		return series{group: groupJournal, name: name, of: "entries", sizes: sizes, prepare: prepare}
	}
	return []series{
		of("append", million, func(n int) (*subject, error) { return l.appending(n, newNothing, entry) }),
		of("append, default machine", fewer, func(n int) (*subject, error) { return l.appending(n, newRayfall, assignment) }),
		of("open and close", million, func(n int) (*subject, error) {
			return l.written(n, newNothing, entry, func(dir string) error { return l.reopen(dir, nothing{}) })
		}),
		of("open and close, default machine", fewer, func(n int) (*subject, error) {
			return l.written(n, newRayfall, assignment, func(dir string) error { return l.reopen(dir, rayfall.New()) })
		}),
		of("validate", million, func(n int) (*subject, error) {
			return l.written(n, newNothing, entry, func(dir string) error {
				report, err := journal.Validate(l.fs, filepath.Join(dir, "j.log"))
				if err == nil && report.Entries != n {
					err = fmt.Errorf("validated %d entries of %d", report.Entries, n)
				}
				return err
			})
		}),
		of("replay", million, func(n int) (*subject, error) {
			return l.written(n, newNothing, entry, func(dir string) error {
				_, err := journal.Replay(l.fs, filepath.Join(dir, "j.log"), nothing{})
				return err
			})
		}),
		{group: groupJournal, name: "append 20000 entries", of: "clients", sizes: powers(1, 256, 2), prepare: l.clients},
	}
}

// clientEntries is how many entries the clients append together.
const clientEntries = 20_000

// clients append a fixed number of entries together, in sync mode.
func (l *lab) clients(n int) (*subject, error) {
	dir, err := l.folder()
	if err != nil {
		return nil, err
	}
	j, err := l.open(dir, nothing{}, journal.Sync)
	if err != nil {
		return nil, err
	}
	e := payload()
	return &subject{
		before: func() error { return nil }, // one run at a time
		run: func() error {
			var left atomic.Int64
			left.Store(clientEntries)
			failures := make([]error, n)
			var wg sync.WaitGroup
			for c := range n {
				wg.Go(func() {
					for failures[c] == nil && left.Add(-1) >= 0 {
						_, failures[c] = j.Append(ctx, e)
					}
				})
			}
			wg.Wait()
			return errors.Join(failures...)
		},
		end: func() error { return errors.Join(j.Close(), os.RemoveAll(dir)) },
	}, nil
}
