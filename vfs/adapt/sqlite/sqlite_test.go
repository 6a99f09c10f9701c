package sqlite_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/spf13/afero"

	"powercut/sim"
	"powercut/sim/oracle"
	disk "powercut/vfs"
	"powercut/vfs/adapt/internal/trial"
	"powercut/vfs/adapt/sqlite"
)

var opened atomic.Int64 // names the VFS of each open

// connection is one to a database on a disk.
type connection struct {
	*sqlite3.Conn
	vfs string
}

func open(fs afero.Fs, pragmas string) (*connection, error) {
	c := &connection{vfs: fmt.Sprint("powercut", opened.Add(1))}
	vfs.Register(c.vfs, sqlite.New(fs))
	conn, err := sqlite3.Open("file:/db/test.db?vfs=" + c.vfs)
	if err != nil {
		vfs.Unregister(c.vfs)
		return nil, err
	}
	c.Conn = conn
	if err := c.Exec("PRAGMA temp_store=MEMORY; " + pragmas); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *connection) Close() error {
	defer vfs.Unregister(c.vfs)
	return c.Conn.Close()
}

func (c *connection) get(key string) (string, error) {
	s, _, err := c.Prepare("SELECT v FROM t WHERE k = ?")
	if err != nil {
		return "", err
	}
	defer s.Close()
	if err := s.BindText(1, key); err != nil {
		return "", err
	}
	if !s.Step() {
		return "", errors.Join(s.Err(), oracle.ErrNotFound)
	}
	return s.ColumnText(0), nil
}

// store is a test of a database in some mode: several commits, each of some pages.
func store(pragmas string) func(r *sim.Run) {
	return func(r *sim.Run) {
		kept := oracle.NewMap[string, string](r)
		r.Setup(func(fs afero.Fs) error {
			if err := fs.MkdirAll("/db", 0o755); err != nil {
				return err
			}
			c, err := open(fs, pragmas)
			if err != nil {
				return err
			}
			defer c.Close()
			return c.Exec("CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT, padding BLOB)")
		})
		r.Workload(func(fs afero.Fs) error {
			c, err := open(fs, pragmas)
			if err != nil {
				return err
			}
			defer c.Close()
			for i := range sim.Between(r, 1, 4) {
				k, v := sim.Pick(r, "a", "b", "c"), fmt.Sprint("v", i)
				size := sim.Pick(r, 10, 3000, 9000)
				if err := kept.Put(k, v, func() error {
					return c.Exec(fmt.Sprintf("INSERT OR REPLACE INTO t VALUES ('%s', '%s', zeroblob(%d))", k, v, size))
				}); err != nil {
					return err
				}
			}
			return nil
		})
		r.Recover(func(fs afero.Fs) error {
			c, err := open(fs, pragmas)
			if err != nil {
				return err
			}
			defer c.Close()
			if err := c.check(); err != nil {
				return err
			}
			return kept.Check(c.get)
		})
	}
}

// check asks SQLite whether the database is whole.
func (c *connection) check() error {
	s, _, err := c.Prepare("PRAGMA integrity_check")
	if err != nil {
		return err
	}
	defer s.Close()
	if s.Step() && s.ColumnText(0) != "ok" {
		return errors.New(s.ColumnText(0))
	}
	return s.Err()
}

// What SQLite documents: these lose nothing, whatever the filesystem. (TRUNCATE does
// on one that no kernel has shown, see TestTruncatePosix.)
func TestSilent(t *testing.T) {
	real := []disk.Profile{disk.Ext4, disk.Ext4Writeback, disk.XFS, disk.Btrfs}
	for _, mode := range []struct {
		name, pragmas string
		profiles      []disk.Profile
	}{
		{"DELETE+EXTRA", "PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA", nil},
		{"TRUNCATE", truncate, real},
		{"PERSIST", "PRAGMA journal_mode=PERSIST; PRAGMA synchronous=FULL", nil},
		{"WAL+FULL", "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", nil},
	} {
		t.Run(mode.name, func(t *testing.T) {
			trial.Silent(t, 5, func(t sim.TB) {
				sim.Test(t, sim.Config{Runs: 5, Profiles: mode.profiles, Corpus: "none"}, store(mode.pragmas))
			})
		})
	}
}

const truncate = "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL"

// A commit is the truncation of the journal. POSIX lets half of that persist: the
// size is then a page multiple, and the journal ends after its first page, which
// alone is rolled back.
func TestTruncatePosix(t *testing.T) {
	trial.Finds(t, func(t sim.TB) {
		sim.Test(t, sim.Config{Profiles: []disk.Profile{disk.POSIX}, Corpus: "none"}, store(truncate))
	}, "truncate /db/test.db-journal", "(part)")
}

// A commit is the removal of the journal, and FULL does not sync the directory after
// it: where names are not in the order of the calls, the journal may come back.
func TestDeleteFull(t *testing.T) {
	const pragmas = "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL"
	trial.Finds(t, func(t sim.TB) {
		sim.Test(t, sim.Config{Profiles: []disk.Profile{disk.POSIX}, Corpus: "none"}, store(pragmas))
	}, "acknowledged-durable", "remove /db/test.db-journal", "a Sync of the directory /db after the remove")
}

func TestOff(t *testing.T) {
	const pragmas = "PRAGMA journal_mode=DELETE; PRAGMA synchronous=OFF"
	trial.Finds(t, func(t sim.TB) {
		sim.Test(t, sim.Config{Corpus: "none"}, store(pragmas))
	}, "lost: operation")
}
