package native

import (
	"testing"

	bolt "go.etcd.io/bbolt"

	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type boltStore struct{ *bolt.DB }

var bucket = []byte("b")

func openBolt(dir string) (store, error) {
	db, err := bolt.Open(dir+"/db", 0o600, nil)
	if err != nil {
		return nil, err
	}
	return boltStore{db}, nil
}

func (s boltStore) Put(key, value string) error {
	return s.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		return b.Put([]byte(key), []byte(value))
	})
}

func (s boltStore) Get(key string) (value string, err error) {
	err = s.View(func(tx *bolt.Tx) error {
		if b := tx.Bucket(bucket); b != nil && b.Get([]byte(key)) != nil {
			value = string(b.Get([]byte(key)))
			return nil
		}
		return oracle.ErrNotFound
	})
	return value, err
}

// bbolt maps its file, and writes it by descriptor.
func TestBolt(t *testing.T) {
	sim.Test(t, sim.Config{Runs: 10, Corpus: "none"}, plan{clients: 2, puts: 6}.run(openBolt))
}

// A power cut while the file is made leaves one that bbolt refuses.
func TestBoltInit(t *testing.T) {
	finds(t, sim.Config{Runs: 10, Profiles: []vfs.Profile{vfs.Ext4}}, plan{clients: 1, puts: 1, fromTheStart: true}.run(openBolt), "recovers: ")
}
