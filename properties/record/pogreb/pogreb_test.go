package pogreb

import (
	"io"
	"log"
	"testing"

	"github.com/akrylysov/pogreb"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type store struct{ *pogreb.DB }

func open(dir string) (unmodified.Store, error) {
	pogreb.SetLogger(log.New(io.Discard, "", 0))
	db, err := pogreb.Open(dir, &pogreb.Options{BackgroundSyncInterval: -1})
	if err != nil {
		return nil, err
	}
	return store{db}, nil
}

func (s store) Put(key, value string) error { return s.DB.Put([]byte(key), []byte(value)) }

func (s store) Get(key string) (string, error) {
	value, err := s.DB.Get([]byte(key))
	if err == nil && value == nil {
		err = oracle.ErrNotFound
	}
	return string(value), err
}

// What Close writes of the index is not synced, and the lock file, by which a crash is
// known, is gone.
func TestPogrebClosed(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, unmodified.Plan{Clients: 1, Puts: 4, Opens: 2}.Run(open), "recovers")
}
