package pebble_test

import (
	"fmt"
	"strings"
	"testing"

	engine "github.com/cockroachdb/pebble/v2"
	"github.com/spf13/afero"

	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
	"powercut/vfs/adapt/internal/trial"
	"powercut/vfs/adapt/pebble"
)

// fatal ends the run where pebble would end the process.
type fatal struct{ r *sim.Run }

func (fatal) Infof(string, ...any)  {}
func (fatal) Errorf(string, ...any) {}
func (f fatal) Fatalf(format string, args ...any) {
	f.r.Died(fmt.Errorf(format, args...))
}

// store is a test of pebble, with the log beside its other files.
func store(r *sim.Run) { storeWith(r, shape{flushOneIn: 4}) }

// shape is what a test of pebble may have otherwise.
type shape struct {
	walDir     string // where the log is; "": with the rest
	flushOneIn int    // puts; 0: none
	valueBytes int    // that a value is longer than its number
}

// storeWith opens, puts with a sync, and flushes.
func storeWith(r *sim.Run, s shape) {
	open := func(r *sim.Run, fs afero.Fs) (*engine.DB, error) {
		return engine.Open("/db", &engine.Options{FS: pebble.New(fs), Logger: fatal{r}, MemTableSize: 64 << 10, CacheSize: 64 << 10, WALDir: s.walDir})
	}
	kept := oracle.NewMap[string, string](r, oracle.NotFound(engine.ErrNotFound))
	r.Setup(func(fs afero.Fs) error {
		if err := fs.MkdirAll("/db", 0o755); err != nil {
			return err
		}
		db, err := open(r, fs)
		if err != nil {
			return err
		}
		return db.Close()
	})
	r.Workload(func(fs afero.Fs) error {
		db, err := open(r, fs)
		if err != nil {
			return err
		}
		for i := range sim.Between(r, 1, 6) {
			k, v := sim.Pick(r, "a", "b", "c"), fmt.Sprint(i)+strings.Repeat(".", s.valueBytes)
			err := kept.Put(k, v, func() error { return db.Set([]byte(k), []byte(v), engine.Sync) })
			if err != nil {
				return err
			}
			if s.flushOneIn > 0 && sim.OneIn(r, s.flushOneIn) {
				if err := db.Flush(); err != nil {
					return err
				}
			}
		}
		return db.Close()
	})
	r.Recover(func(fs afero.Fs) error {
		db, err := open(r, fs)
		if err != nil {
			return err
		}
		err = kept.Check(func(k string) (string, error) {
			v, closer, err := db.Get([]byte(k))
			if err != nil {
				return "", err
			}
			value := string(v) // it is the closer's
			return value, closer.Close()
		})
		if closing := db.Close(); err == nil {
			err = closing
		}
		return err
	})
}

// Where names become durable in any order, a marker may name a manifest that isn't
// there: cockroachdb/pebble#5825.
func TestPosix(t *testing.T) {
	trial.Finds(t, func(t sim.TB) {
		sim.Test(t, sim.Config{Profiles: []vfs.Profile{vfs.POSIX}, Corpus: "none"}, store)
	}, "could not open manifest file", "a Sync of the directory /db after the create")
}

func TestExt4(t *testing.T) {
	trial.Silent(t, 5, func(t sim.TB) {
		sim.Test(t, sim.Config{Runs: 5, Profiles: []vfs.Profile{vfs.Ext4}, Corpus: "none"}, store)
	})
}
