package native

import (
	"errors"
	"testing"

	"github.com/nutsdb/nutsdb"

	"powercut/properties/unmodified"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type nutsStore struct{ *nutsdb.DB }

const nutsBucket = "b"

func openNuts(dir string) (unmodified.Store, error) {
	db, err := nutsdb.Open(nutsdb.DefaultOptions, nutsdb.WithDir(dir), nutsdb.WithSegmentSize(4<<10))
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *nutsdb.Tx) error { return tx.NewBucket(nutsdb.DataStructureBTree, nutsBucket) })
	if errors.Is(err, nutsdb.ErrBucketAlreadyExist) {
		err = nil
	}
	return nutsStore{db}, err
}

func (s nutsStore) Put(key, value string) error {
	return s.Update(func(tx *nutsdb.Tx) error { return tx.Put(nutsBucket, []byte(key), []byte(value), nutsdb.Persistent) })
}

func (s nutsStore) Get(key string) (value string, err error) {
	err = s.View(func(tx *nutsdb.Tx) error {
		b, err := tx.Get(nutsBucket, []byte(key))
		value = string(b)
		if errors.Is(err, nutsdb.ErrKeyNotFound) || errors.Is(err, nutsdb.ErrNotFoundBucket) {
			err = oracle.ErrNotFound
		}
		return err
	})
	return value, err
}

var nutsEngine = unmodified.Engine{
	Name: "nutsdb", Module: "github.com/nutsdb/nutsdb",
	Promises: "a transaction, with SyncEnable",
	Open:     openNuts,
	Finds: unmodified.With(unmodified.With(nil, unmodified.Finding{Says: "acknowledged-durable", Why: "the file of its buckets is not synced: a bucket is lost"}, vfs.XFS, vfs.Btrfs, vfs.POSIX),
		unmodified.Finding{Says: "slice bounds out of range", Why: "the file of its buckets is not synced: to open it panics"}, vfs.Ext4, vfs.Ext4NoAutoDAAlloc, vfs.Ext4Writeback),
	Plan: unmodified.Plan{Clients: 2, Puts: 10, Opens: 2},
}

func TestEngineNuts(t *testing.T) { nutsEngine.Test(t) }
