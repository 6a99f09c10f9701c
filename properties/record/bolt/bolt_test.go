package bolt

import (
	"errors"
	"testing"

	"go.etcd.io/bbolt"

	"powercut/faults"
	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type store struct{ *bbolt.DB }

var bucket = []byte("b")

func open(dir string) (unmodified.Store, error) {
	db, err := bbolt.Open(dir+"/db", 0o600, nil)
	if err != nil {
		return nil, err
	}
	return store{db}, nil
}

func (s store) Put(key, value string) error {
	return s.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		return b.Put([]byte(key), []byte(value))
	})
}

func (s store) Get(key string) (value string, err error) {
	err = s.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket(bucket); b != nil && b.Get([]byte(key)) != nil {
			value = string(b.Get([]byte(key)))
			return nil
		}
		return oracle.ErrNotFound
	})
	return value, err
}

// failing is an fsync of a meta page that fails once: that of the third transaction. Each
// has two fsyncs, and two more made the file longer. What ext4 and xfs make of it is
// drop-clean.
var failing = faults.Plan{Rules: []faults.Rule{{Kind: faults.DropClean, Ops: faults.OpsOf(vfs.OpSync), From: 9, Until: 9}}}

func finds(t *testing.T, open unmodified.Open) {
	t.Helper()
	plan := unmodified.Plan{Clients: 1, Puts: 6, Bytes: 2450, Retries: true}
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}, Plan: failing}, plan.Run(open), "acknowledged-durable")
}

// The transaction behind one whose Commit failed writes over pages of the one before, which
// is what the disk has.
func TestBoltMetaSync(t *testing.T) { finds(t, open) }

// reopened is a store that is closed and opened again when a put fails.
type reopened struct {
	unmodified.Store
	dir string
}

func openReopened(dir string) (unmodified.Store, error) {
	s, err := open(dir)
	return &reopened{s, dir}, err
}

func (s *reopened) Put(key, value string) error {
	err := s.Store.Put(key, value)
	if err == nil {
		return nil
	}
	var again error
	if again = s.Close(); again == nil {
		s.Store, again = open(s.dir)
	}
	return errors.Join(err, again)
}

// To close the database and to open it again is no help: Open finds the newer meta page in
// the kernel's cache.
func TestBoltMetaSyncReopened(t *testing.T) { finds(t, openReopened) }
