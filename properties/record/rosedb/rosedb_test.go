package rosedb

import (
	"errors"
	"testing"

	"github.com/rosedblabs/rosedb/v2"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type store struct{ *rosedb.DB }

func open(dir string) (unmodified.Store, error) {
	db, err := rosedb.Open(rosedb.Options{DirPath: dir, SegmentSize: 64 << 10, Sync: true})
	if err != nil {
		return nil, err
	}
	return store{db}, nil
}

func (s store) Put(key, value string) error { return s.DB.Put([]byte(key), []byte(value)) }

func (s store) Get(key string) (string, error) {
	value, err := s.DB.Get([]byte(key))
	if errors.Is(err, rosedb.ErrKeyNotFound) {
		err = oracle.ErrNotFound
	}
	return string(value), err
}

// A write that was torn is refused.
func TestRosedbTorn(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, unmodified.Plan{Clients: 1, Puts: 8, Opens: 2, GoesOn: true}.Run(open), "invalid crc")
}
