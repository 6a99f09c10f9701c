package tsdb

import (
	"testing"
	"time"

	"github.com/prometheus/tsdb"
	"github.com/prometheus/tsdb/labels"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/vfs"
)

func open(dir string) (*tsdb.DB, error) {
	return tsdb.Open(dir, nil, nil, &tsdb.Options{BlockRanges: tsdb.ExponentialBlockRanges(1000, 3, 3), NoLockfile: true})
}

// run is a test of a database: samples that span several blocks are written, and it makes
// a block of some. Whatever a power cut leaves, it must open.
func run(r *sim.Run) {
	opened := false
	sim.Remember(r, &opened)
	r.WorkloadDir(func(dir string) error {
		db, err := open(dir)
		if err != nil {
			return err
		}
		opened = true
		for at := int64(0); at < 6000; at += 500 {
			a := db.Appender()
			if _, err := a.Add(labels.FromStrings("name", "value"), at, float64(at)); err != nil {
				return err
			}
			if err := a.Commit(); err != nil {
				return err
			}
		}
		time.Sleep(5 * time.Second) // it compacts in a goroutine
		return db.Close()
	})
	r.RecoverDir(func(dir string) error {
		if !opened {
			return nil
		}
		db, err := open(dir)
		if err != nil {
			return err
		}
		return db.Close()
	})
}

// The end of the log is not synced, and a size without its data is a page of zeros.
func TestTSDBPanic5660(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, run, "slice bounds out of range")
}

// The file that says what a block is is not synced before it has its name.
func TestTSDB4058(t *testing.T) {
	panics := "no-panic/github.com/prometheus/tsdb/wal/wal.go:755<github.com/prometheus/tsdb/wal/wal.go:722"
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}, Known: []string{panics}}, run, "unexpected end of JSON input")
}

// A block's directory gets its name before what is in it.
func TestTSDBNoMeta(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, run, "meta.json: no such file or directory")
}
