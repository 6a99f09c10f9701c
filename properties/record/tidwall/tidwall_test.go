package tidwall

import (
	"errors"
	"testing"

	"github.com/tidwall/wal"

	"powercut/faults"
	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

// run is a test of a log: of six entries the first three are taken away, the others are
// to stay.
func run(r *sim.Run) {
	const first, last = 4, 6
	kept := oracle.NewMap[uint64, string](r)
	r.WorkloadDir(func(dir string) error {
		log, err := wal.Open(dir, nil)
		if err != nil {
			return err
		}
		for i := uint64(1); i < first; i++ {
			if err := log.Write(i, []byte("goes")); err != nil {
				return err
			}
		}
		for i := uint64(first); i <= last; i++ {
			if err := kept.Put(i, "stays", func() error { return log.Write(i, []byte("stays")) }); err != nil {
				return err
			}
		}
		return errors.Join(log.TruncateFront(first), log.Close())
	})
	r.RecoverDir(func(dir string) error {
		log, err := wal.Open(dir, nil)
		if err != nil {
			return err
		}
		return errors.Join(kept.Check(func(i uint64) (string, error) {
			value, err := log.Read(i)
			if errors.Is(err, wal.ErrNotFound) || err == nil && len(value) == 0 {
				err = oracle.ErrNotFound // zeros behind the last entry are read as an entry without a byte
			}
			return string(value), err
		}), log.Close())
	})
}

// What is to stay is written to another file, which gets its name although the disk had
// no room for it.
func TestWALTruncateFull(t *testing.T) {
	full := faults.Plan{Rules: []faults.Rule{{Kind: faults.NoSpace, Ops: faults.OpsOf(vfs.OpWrite), Path: "*TEMP"}}}
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}, Plan: full}, run, "acknowledged-durable")
}
