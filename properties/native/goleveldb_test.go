package native

import (
	"testing"

	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/opt"

	"powercut/sim"
	"powercut/sim/oracle"
)

type levelStore struct{ *leveldb.DB }

// openLevel makes a store that compacts all the time, in goroutines of its own.
func openLevel(dir string) (store, error) {
	db, err := leveldb.OpenFile(dir+"/db", &opt.Options{WriteBuffer: 1000, CompactionTableSize: 500})
	if err != nil {
		return nil, err
	}
	return levelStore{db}, nil
}

func (s levelStore) Put(key, value string) error {
	return s.DB.Put([]byte(key), []byte(value), &opt.WriteOptions{Sync: true})
}

func (s levelStore) Get(key string) (string, error) {
	value, err := s.DB.Get([]byte(key), nil)
	if err == leveldb.ErrNotFound {
		return "", oracle.ErrNotFound
	}
	return string(value), err
}

// goleveldb compacts in goroutines of its own, by timers among other things.
func TestLevelDB(t *testing.T) {
	sim.Test(t, sim.Config{Runs: 10, Corpus: "none"}, plan{clients: 4, puts: 20}.run(openLevel))
}
