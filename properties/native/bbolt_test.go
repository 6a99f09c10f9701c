package native

import (
	"errors"
	"os"
	"testing"

	bolt "go.etcd.io/bbolt"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type boltStore struct{ *bolt.DB }

var bucket = []byte("b")

func openBolt(dir string) (unmodified.Store, error) {
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
var bboltEngine = unmodified.Engine{
	Name: "bbolt", Module: "go.etcd.io/bbolt",
	Promises: "a transaction that was committed",
	Open:     openBolt,
	Finds:    unmodified.Unnamed,
	Plan:     unmodified.Plan{Clients: 2, Puts: 3, Opens: 2},
}

func TestEngineBolt(t *testing.T) { bboltEngine.Test(t) }

// Where names persist in any order, a sync of the directory behind Open is what is
// missing.
func TestBoltName(t *testing.T) {
	e := bboltEngine
	e.Promises = "a transaction that was committed, in a directory that was synced behind Open"
	e.Open = func(dir string) (unmodified.Store, error) {
		s, err := openBolt(dir)
		if err != nil {
			return nil, err
		}
		d, err := os.Open(dir)
		if err == nil {
			err = errors.Join(d.Sync(), d.Close())
		}
		return s, err
	}
	e.Silent(t, sim.Config{Runs: 10, Profiles: []vfs.Profile{vfs.POSIX}})
}

// A power cut while the file is made leaves one that bbolt refuses.
func TestBoltInit(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 10, Profiles: []vfs.Profile{vfs.Ext4}}, unmodified.Plan{Clients: 1, Puts: 1, FromTheStart: true}.Run(openBolt), "recovers: ")
}
