package oslike_test

import (
	"errors"
	"fmt"
	"path"
	"testing"

	"github.com/golang/leveldb"
	"github.com/golang/leveldb/db"
	"github.com/spf13/afero"

	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
	"powercut/vfs/adapt/internal/trial"
	"powercut/vfs/adapt/oslike"
)

// asIs gives golang/leveldb the disk as it would get package os.
func asIs(disk afero.Fs) db.FileSystem { return oslike.FS[db.File]{Disk: disk} }

// careful makes durable what golang/leveldb does not: what a rename is to put in its
// place, and names.
type careful struct{ oslike.FS[db.File] }

func mended(disk afero.Fs) db.FileSystem { return careful{oslike.FS[db.File]{Disk: disk}} }

func (c careful) Create(name string) (db.File, error) {
	f, err := c.FS.Create(name)
	if err != nil {
		return nil, err
	}
	return f, c.SyncDir(path.Dir(name))
}

func (c careful) Rename(oldname, newname string) error {
	f, err := c.Open(oldname)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close(), c.FS.Rename(oldname, newname)); err != nil {
		return err
	}
	return c.SyncDir(path.Dir(newname))
}

// on is a type of filesystem that an engine is opened on.
type on func(disk afero.Fs) db.FileSystem

func (on on) open(disk afero.Fs) (*leveldb.DB, error) {
	return leveldb.Open("/db", &db.Options{FileSystem: on(disk)})
}

// store is a test of golang/leveldb: opens, and synced puts and deletes.
func (on on) store(r *sim.Run) {
	kept := oracle.NewMap[string, string](r, oracle.NotFound(db.ErrNotFound))
	r.Setup(func(disk afero.Fs) error {
		if err := disk.MkdirAll("/db", 0o755); err != nil {
			return err
		}
		d, err := on.open(disk)
		if err != nil {
			return err
		}
		return d.Close()
	})
	r.Workload(func(disk afero.Fs) error {
		d, err := on.open(disk)
		if err != nil {
			return err
		}
		synced := &db.WriteOptions{Sync: true}
		for i := range sim.Between(r, 1, 6) {
			k, v := sim.Pick(r, "a", "b", "c"), fmt.Sprint(i)
			if sim.OneIn(r, 4) {
				err = kept.Delete(k, func() error { return d.Delete([]byte(k), synced) })
			} else {
				err = kept.Put(k, v, func() error { return d.Set([]byte(k), []byte(v), synced) })
			}
			if err != nil {
				return err
			}
		}
		return d.Close()
	})
	r.Recover(func(disk afero.Fs) error {
		d, err := on.open(disk)
		if err != nil {
			return err
		}
		defer d.Close()
		return kept.Check(func(k string) (string, error) {
			v, err := d.Get([]byte(k), nil)
			return string(v), err
		})
	})
}

func TestMended(t *testing.T) {
	trial.Silent(t, 5, func(t sim.TB) {
		sim.Test(t, sim.Config{Runs: 5, Corpus: "none"}, on(mended).store)
	})
}

// CURRENT, which names the manifest, is replaced by a file that was not synced.
func TestExt4(t *testing.T) {
	trial.Finds(t, func(t sim.TB) {
		sim.Test(t, sim.Config{Profiles: []vfs.Profile{vfs.Ext4}, Corpus: "none"}, on(asIs).store)
	}, "CURRENT file for DB", "a Sync of the file /db/CURRENT.000004.dbtmp after the write")
}

// No directory is synced: the name of a new log is lost with all that is in it.
func TestPosix(t *testing.T) {
	trial.Finds(t, func(t sim.TB) {
		sim.Test(t, sim.Config{Profiles: []vfs.Profile{vfs.POSIX}, Corpus: "none"}, on(asIs).store)
	}, "acknowledged-durable", "a Sync of the directory /db after the create")
}
