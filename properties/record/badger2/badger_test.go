package badger2

import (
	"errors"
	"testing"

	"github.com/dgraph-io/badger/v2"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type store struct{ *badger.DB }

func open(dir string) (unmodified.Store, error) {
	opts := badger.DefaultOptions(dir)
	opts.SyncWrites, opts.Logger = true, nil
	opts.MaxTableSize, opts.ValueLogFileSize, opts.ValueThreshold = 16<<10, 1<<20, 100
	db, err := badger.Open(opts)
	if err != nil {
		return nil, err
	}
	return store{db}, nil
}

func (s store) Put(key, value string) error {
	return s.Update(func(tx *badger.Txn) error { return tx.Set([]byte(key), []byte(value)) })
}

func (s store) Get(key string) (value string, err error) {
	err = s.View(func(tx *badger.Txn) error {
		item, err := tx.Get([]byte(key))
		if errors.Is(err, badger.ErrKeyNotFound) {
			return oracle.ErrNotFound
		}
		if err != nil {
			return err
		}
		return item.Value(func(b []byte) error { value = string(b); return nil })
	})
	return value, err
}

// Without Truncate what a crash left of the value log is refused.
func TestBadger1353(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, unmodified.Plan{Clients: 2, Puts: 10, Opens: 2}.Run(open), "Value log truncate required")
}
