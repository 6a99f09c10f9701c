package bitcask

import (
	"errors"
	"syscall"
	"testing"

	"git.mills.io/prologic/bitcask"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type store struct{ *bitcask.Bitcask }

func open(dir string) (unmodified.Store, error) {
	db, err := bitcask.Open(dir, bitcask.WithSync(true), bitcask.WithMaxDatafileSize(400))
	if err != nil {
		return nil, err
	}
	return store{db}, nil
}

func (s store) Put(key, value string) error { return s.Bitcask.Put([]byte(key), []byte(value)) }

func (s store) Get(key string) (string, error) {
	value, err := s.Bitcask.Get([]byte(key))
	if errors.Is(err, bitcask.ErrKeyNotFound) {
		err = oracle.ErrNotFound
	}
	return string(value), err
}

// The file of its options is written once, and not synced.
func TestBitcaskConfig(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, unmodified.Plan{Clients: 1, Puts: 8, Opens: 2}.Run(open), "config.json")
}

// An entry that was torn, and not acknowledged, is refused. The files that it begins with
// are made durable.
func TestBitcaskTorn(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, unmodified.Plan{Clients: 1, Puts: 8}.Run(durably), "recovers: ")
}

func durably(dir string) (unmodified.Store, error) {
	s, err := open(dir)
	syscall.Sync()
	return s, err
}
