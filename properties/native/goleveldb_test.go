package native

import (
	"testing"

	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/opt"

	"powercut/faults"
	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type levelStore struct{ *leveldb.DB }

// openLevel makes a store that compacts all the time, in goroutines of its own.
func openLevel(dir string) (unmodified.Store, error) {
	db, err := leveldb.OpenFile(dir, &opt.Options{WriteBuffer: 1000, CompactionTableSize: 500})
	if err != nil {
		return nil, err
	}
	return levelStore{db}, nil
}

func (s levelStore) Put(key, value string) error {
	return s.DB.Put([]byte(key), []byte(value), &opt.WriteOptions{Sync: true})
}

func (s levelStore) Get(key string) (string, error) {
	value, err := s.DB.Get([]byte(key), nil)
	if err == leveldb.ErrNotFound {
		return "", oracle.ErrNotFound
	}
	return string(value), err
}

// goleveldb compacts in goroutines of its own, by timers among other things.
var levelEngine = unmodified.Engine{
	Name: "goleveldb", Module: "github.com/syndtr/goleveldb",
	Promises: "a write with Sync",
	Open:     openLevel,
	Finds:    unmodified.Unnamed,
	Plan:     unmodified.Plan{Clients: 4, Puts: 10, Opens: 2},
}

func TestEngineLevelDB(t *testing.T) { levelEngine.Test(t) }

// A write that failed has taken a place in the log, and its sequence number, which the next
// one is given too: when the log is read that one is passed over.
func TestLevelSyncFails(t *testing.T) {
	fails := faults.Plan{Rules: []faults.Rule{{Kind: faults.DropClean, Ops: faults.OpsOf(vfs.OpSync), Path: "*.log", From: 2, Until: 2}}}
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}, Plan: fails}, unmodified.Plan{Clients: 1, Puts: 5, Retries: true}.Run(openLevel), "acknowledged-durable")
}
