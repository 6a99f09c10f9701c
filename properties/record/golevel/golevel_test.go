package golevel

import (
	"errors"
	"testing"

	"github.com/golang/leveldb"
	"github.com/golang/leveldb/db"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type store struct{ *leveldb.DB }

func open(dir string) (unmodified.Store, error) {
	d, err := leveldb.Open(dir, &db.Options{WriteBufferSize: 1000})
	if err != nil {
		return nil, err
	}
	return store{d}, nil
}

func (s store) Put(key, value string) error {
	return s.Set([]byte(key), []byte(value), &db.WriteOptions{Sync: true})
}

func (s store) Get(key string) (string, error) {
	value, err := s.DB.Get([]byte(key), nil)
	if errors.Is(err, db.ErrNotFound) {
		err = oracle.ErrNotFound
	}
	return string(value), err
}

// CURRENT is replaced by a file that was not synced.
func TestGolangLevelDB(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, unmodified.Plan{Clients: 1, Puts: 6, Opens: 3}.Run(open), "recovers: ")
}
