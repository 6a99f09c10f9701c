package native

import (
	"errors"
	"testing"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"powercut/properties/unmodified"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type badgerStore struct{ *badger.DB }

func openBadger(dir string) (unmodified.Store, error) {
	db, err := badger.Open(badger.DefaultOptions(dir).WithSyncWrites(true).WithLogger(nil).
		WithMemTableSize(16 << 10).WithValueThreshold(1 << 10).WithValueLogFileSize(1 << 20).WithCompression(options.None).WithBlockCacheSize(0).WithNumCompactors(2))
	if err != nil {
		return nil, err
	}
	return badgerStore{db}, nil
}

func (s badgerStore) Put(key, value string) error {
	return s.Update(func(tx *badger.Txn) error { return tx.Set([]byte(key), []byte(value)) })
}

func (s badgerStore) Get(key string) (value string, err error) {
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

var badgerEngine = unmodified.Engine{
	Name: "badger", Module: "github.com/dgraph-io/badger/v4",
	Promises: "a transaction, with SyncWrites",
	Open:     openBadger,
	Finds: unmodified.With(nil, unmodified.Finding{Says: "Create a new file", Why: "a file that was just made is empty, and refused: it can't be opened (its issue 2207)"},
		vfs.Profiles()...),
	Plan: unmodified.Plan{Clients: 2, Puts: 10, Opens: 2},
}

func TestEngineBadger(t *testing.T) { badgerEngine.Test(t) }
