package journal

import (
	"encoding/binary"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// bboltStore is a B+ tree used as a log: keys that grow, read by a cursor. It
// is here for reading alone, since a commit of one entry rewrites its path to
// the root. It has no checksum on data.
type bboltStore struct {
	db   *bbolt.DB
	last uint64
}

var bboltBucket = []byte("log")

func bboltPath(dir string) string { return filepath.Join(dir, "db") }

func openBbolt(dir string, p promise) (store, error) {
	db, err := bbolt.Open(bboltPath(dir), 0o600, &bbolt.Options{NoSync: p != power})
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(bboltBucket)
		return err
	})
	if err != nil {
		db.Close()
		return nil, err
	}
	return &bboltStore{db: db}, nil
}

func (s *bboltStore) Append(entry []byte) error { return s.AppendBatch([][]byte{entry}) }

func (s *bboltStore) AppendBatch(entries [][]byte) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bboltBucket)
		bucket.FillPercent = 1 // documented for keys that only grow
		for _, e := range entries {
			s.last++
			if err := bucket.Put(binary.BigEndian.AppendUint64(nil, s.last), e); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *bboltStore) Close() error { return s.db.Close() }

func readBbolt(dir string, _ int, each func([]byte) error) error {
	db, err := bbolt.Open(bboltPath(dir), 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bboltBucket).ForEach(func(_, e []byte) error { return each(e) })
	})
}
