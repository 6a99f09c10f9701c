package native

import (
	"database/sql"
	"errors"
	"fmt"
	"syscall"
	"testing"

	_ "modernc.org/sqlite"

	"powercut/faults"
	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type sqliteStore struct{ *sql.DB }

// openSQLite opens a database with a journal mode and a level of synchronous.
func openSQLite(journal, synchronous string) func(dir string) (unmodified.Store, error) {
	return func(dir string) (unmodified.Store, error) {
		db, err := sql.Open("sqlite", fmt.Sprintf("file:%s/db?_pragma=journal_mode(%s)&_pragma=synchronous(%s)", dir, journal, synchronous))
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(1)
		_, err = db.Exec("create table if not exists kept (key text primary key, value text)")
		return sqliteStore{db}, err
	}
}

func (s sqliteStore) Put(key, value string) error {
	_, err := s.Exec("insert into kept values (?, ?) on conflict do update set value = excluded.value", key, value)
	return err
}

func (s sqliteStore) Get(key string) (value string, err error) {
	err = s.QueryRow("select value from kept where key = ?", key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = oracle.ErrNotFound
	}
	return value, err
}

// SQLite holds locks of the whole process while it uses its files, so that what it
// recovers is judged in processes of their own. Which of its settings lose what was
// acknowledged, its documentation says.
func TestSQLite(t *testing.T) {
	p := unmodified.Plan{Clients: 1, Puts: 4, FromTheStart: true}
	for _, profile := range []vfs.Profile{vfs.Ext4, vfs.POSIX} {
		t.Run("extra/"+profile.String(), func(t *testing.T) {
			if profile == vfs.POSIX && testing.Short() {
				t.Skip("-test.short: each image takes a process, so that ext4 stands for both")
			}
			sim.Test(t, sim.Config{Runs: unmodified.Few(3), Points: 30, Images: 1, Profiles: []vfs.Profile{profile}, Corpus: "none"}, p.Run(openSQLite("delete", "extra")))
		})
	}
	t.Run("off", func(t *testing.T) {
		if testing.Short() {
			t.Skip("-test.short: each image takes a process; that a loss is found, the next one shows")
		}
		unmodified.Finds(t, sim.Config{Runs: 20, Points: 30, Images: 1, Profiles: []vfs.Profile{vfs.Ext4}}, p.Run(openSQLite("delete", "off")), "powercut: ")
	})
	// The journal's name is taken away, and the directory is not synced: it comes back
	// and rolls the transaction back.
	t.Run("full", func(t *testing.T) {
		unmodified.Finds(t, sim.Config{Runs: 20, Points: 30, Images: 1, Profiles: []vfs.Profile{vfs.POSIX}}, p.Run(openSQLite("delete", "full")), "powercut: acknowledged-durable: ")
	})
}

var sqliteEngine = unmodified.Engine{
	Name: "SQLite", Module: "modernc.org/sqlite",
	Promises: "a transaction, with journal_mode=DELETE and synchronous=EXTRA",
	Open:     openSQLite("delete", "extra"),
	Plan:     unmodified.Plan{Clients: 1, Puts: 4, Opens: 2},
	Points:   10, Images: 1,
}

func TestEngineSQLite(t *testing.T) { sqliteEngine.Test(t) }

// In WAL mode FULL syncs each transaction, and EXTRA adds nothing.
var sqliteWALEngine = unmodified.Engine{
	Name: "SQLite", Module: "modernc.org/sqlite",
	Promises: "a transaction, with journal_mode=WAL and synchronous=FULL",
	Open:     openSQLite("wal", "full"),
	Plan:     unmodified.Plan{Clients: 1, Puts: 4, Opens: 2},
	Points:   10, Images: 1,
}

// A directory that can't be opened is not synced, and nobody is told: the journal's name comes
// back, and rolls the transaction back.
func TestSQLiteDirectoryFails(t *testing.T) {
	fails := faults.Plan{Rules: []faults.Rule{{Kind: faults.OpenError, Ops: faults.OpsOf(vfs.OpOpen), Path: "/", Errno: syscall.EMFILE}}}
	cfg := sim.Config{Runs: 20, Points: 30, Images: 1, Profiles: []vfs.Profile{vfs.Ext4}, Plan: fails}
	unmodified.Finds(t, cfg, unmodified.Plan{Clients: 1, Puts: 4, FromTheStart: true}.Run(openSQLite("delete", "extra")), "acknowledged-durable")
}

// On btrfs the rollback journal from before the log comes back: what was to make durable that
// it is gone is an fsync of the directory, when the log is made, and that it fails nobody is told.
func TestSQLiteWALDirectorySyncFails(t *testing.T) {
	fails := faults.Plan{Rules: []faults.Rule{{Kind: faults.KeepDirty, Ops: faults.OpsOf(vfs.OpSyncDir), Errno: syscall.EIO}}}
	cfg := sim.Config{Runs: 20, Points: 60, Images: 1, Profiles: []vfs.Profile{vfs.Btrfs}, Plan: fails}
	unmodified.Finds(t, cfg, unmodified.Plan{Clients: 1, Puts: 4}.Run(openSQLite("wal", "full")), "acknowledged-durable")
}

// On ext4: that the log's name is made durable nothing promises.
func TestSQLiteWAL(t *testing.T) {
	for _, profile := range []vfs.Profile{vfs.Ext4} {
		t.Run(profile.String(), func(t *testing.T) {
			sqliteWALEngine.Silent(t, sim.Config{Runs: unmodified.Few(3), Profiles: []vfs.Profile{profile}, Points: unmodified.Few(10), Images: 1})
		})
	}
}
