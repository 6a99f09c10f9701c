package simulator

import (
	"context"
	"fmt"
	"math/rand/v2"

	pebble "github.com/cockroachdb/pebble/v2/vfs"
	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/wire"
	"powercut/vfs"
)

// random draws what a crash keeps.
type random struct{ *rand.Rand }

func (r random) Uint64n(n uint64) uint64 { return r.Uint64N(n) }

func newRandom() random { return random{rand.New(rand.NewPCG(1, 2))} }

// Crashable is a disk in memory that a journal can run on and that can crash.
type Crashable interface {
	afero.Fs
	// Crashed takes a crash image and returns it as another disk.
	Crashed() Crashable
	// Release gives the memory back, where there is a way to.
	Release()
}

// Peer makes empty disks of one kind.
type Peer struct {
	Name string
	New  func() Crashable
}

// Peers are the disks that the cycle runs on, powercut's first.
var Peers = []Peer{
	{"powercut", func() Crashable { return powercut{vfs.New(vfs.Options{}), nil, newRandom()} }},
	{"pebble", func() Crashable { return &pebbleFs{fs: pebble.NewCrashableMem(), source: newRandom()} }},
}

// powercut's disk, with its most hostile rules.
type powercut struct {
	*vfs.Disk
	image  *vfs.Image // what the disk was mounted from, nil for a new one
	source random
}

func (d powercut) Crashed() Crashable {
	image := d.Crash(vfs.POSIX, d.source)
	return powercut{image.Mount(vfs.Options{}), image, d.source}
}

func (d powercut) Release() {
	d.Disk.Release()
	if d.image != nil {
		d.image.Release()
	}
}

// nothing is a machine that costs nothing, so that little else is measured than the
// journal and the disk under it.
type nothing struct{}

func (nothing) Apply(journal.Entry) error   { return nil }
func (nothing) Snapshot() ([]byte, error)   { return wire.Encode(wire.Int(0)), nil }
func (nothing) Restore([]byte) (int, error) { return 0, nil }

var journalOptions = journal.Options{Entropy: entropy{}}

// Cycle makes a journal on a new disk, appends so many entries of 190 bytes with
// an fsync each, crashes, opens what the crash left and returns how many
// entries came back.
func Cycle(p Peer, entries int) (uint64, error) {
	d := p.New()
	defer d.Release()
	if err := makeDir(d); err != nil {
		return 0, err
	}
	j, _, err := journal.Open(d, base, nothing{}, journalOptions)
	if err != nil {
		return 0, err
	}
	entry := journal.Entry{Payload: wire.Encode(wire.Bytes(make([]byte, 190)))}
	for i := range entry.Payload[10:] {
		entry.Payload[10+i] = byte(i * i * 31) // so that there is nothing to compress
	}
	for range entries {
		if _, err := j.Append(context.Background(), entry); err != nil {
			return 0, err
		}
	}
	crashed := d.Crashed()
	defer crashed.Release()
	again, rec, err := journal.Open(crashed, base, nothing{}, journalOptions)
	if err != nil {
		return 0, fmt.Errorf("simulator: after a crash of %s: %w", p.Name, err)
	}
	if err := again.Close(); err != nil {
		return 0, err
	}
	// The lock of the first journal goes with its disk.
	return rec.LastLSN, j.Close()
}
