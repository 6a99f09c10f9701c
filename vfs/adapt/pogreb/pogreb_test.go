package pogreb_test

import (
	"fmt"
	"io"
	"log"
	"testing"

	engine "github.com/akrylysov/pogreb"
	"github.com/spf13/afero"

	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
	"powercut/vfs/adapt/internal/trial"
	"powercut/vfs/adapt/pogreb"
)

func init() { engine.SetLogger(log.New(io.Discard, "", 0)) }

func open(disk afero.Fs) (*engine.DB, error) {
	return engine.Open(".", &engine.Options{FileSystem: pogreb.New(disk, "/db"), BackgroundSyncInterval: -1})
}

// shape says what a test of pogreb does beside puts and deletes, each of them synced.
type shape struct {
	before bool // it begins with a database that was in use when the process ended
	closes bool
}

func (does shape) store(r *sim.Run) {
	kept := oracle.NewMap[string, string](r)
	r.Setup(func(disk afero.Fs) error {
		if err := disk.MkdirAll("/db", 0o755); err != nil || !does.before {
			return err
		}
		db, err := open(disk)
		if err != nil {
			return err
		}
		return db.Put([]byte("z"), nil)
	})
	r.Workload(func(disk afero.Fs) error {
		db, err := open(disk)
		if err != nil {
			return err
		}
		for i := range sim.Between(r, 1, 4) {
			k, v := sim.Pick(r, "a", "b", "c"), fmt.Sprint(i)
			if sim.OneIn(r, 4) {
				err = kept.Delete(k, func() error { return db.Delete([]byte(k)) })
			} else {
				err = kept.Put(k, v, func() error { return db.Put([]byte(k), []byte(v)) })
			}
			if err != nil {
				return err
			}
		}
		if !does.closes {
			return nil
		}
		return db.Close()
	})
	r.Recover(func(disk afero.Fs) error {
		db, err := open(disk)
		if err != nil {
			return err
		}
		defer db.Close()
		return kept.Check(func(k string) (string, error) {
			v, err := db.Get([]byte(k))
			if err == nil && v == nil {
				err = oracle.ErrNotFound
			}
			return string(v), err
		})
	})
}

// A database that was not closed is rebuilt from its segments, and loses nothing where
// names persist in the order of the calls.
func TestSilent(t *testing.T) {
	trial.Silent(t, 5, func(t sim.TB) {
		sim.Test(t, sim.Config{Runs: 5, Profiles: []vfs.Profile{vfs.Ext4}, Corpus: "none"}, shape{before: true}.store)
	})
}

// Close writes the index, and removes the lock file, which says that the index need not
// be rebuilt, without a sync of either.
func TestClose(t *testing.T) {
	trial.Finds(t, func(t sim.TB) {
		sim.Test(t, sim.Config{Profiles: []vfs.Profile{vfs.Ext4}, Corpus: "none"}, shape{before: true, closes: true}.store)
	}, "recovers: opening index", "/db/index.pmt")
}

// No directory is synced: the name of a segment is lost with all that is in it.
func TestPosix(t *testing.T) {
	trial.Finds(t, func(t sim.TB) {
		sim.Test(t, sim.Config{Profiles: []vfs.Profile{vfs.POSIX}, Corpus: "none"}, shape{}.store)
	}, "a Sync of the directory /db after the create")
}
