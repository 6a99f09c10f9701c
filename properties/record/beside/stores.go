package main

import (
	"errors"
	"fmt"
	"io"
	"log"

	"github.com/akrylysov/pogreb"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/objstorage/remote"
	"github.com/cockroachdb/pebble/v2/vfs"

	"powercut/properties/unmodified"
	"powercut/sim/oracle"
	adapted "powercut/vfs/adapt/pogreb"
)

type pebbleStore struct{ *pebble.DB }

func openPebble(fs vfs.FS) (unmodified.Store, error) {
	db, err := pebble.Open("/db", &pebble.Options{FS: fs, MemTableSize: 8 << 10, Logger: quiet{}})
	if err != nil {
		return nil, err
	}
	return pebbleStore{db}, nil
}

func (s pebbleStore) Put(key, value string) error {
	return s.Set([]byte(key), []byte(value), pebble.Sync)
}

func (s pebbleStore) Get(key string) (string, error) {
	value, closer, err := s.DB.Get([]byte(key))
	if errors.Is(err, pebble.ErrNotFound) {
		return "", oracle.ErrNotFound
	}
	if err != nil {
		return "", err
	}
	text := string(value)
	return text, closer.Close()
}

// sharedPebble is a database that may keep objects elsewhere, as in the test of the
// record.
type sharedPebble struct{ pebbleStore }

func openPebbleShared(fs vfs.FS) (unmodified.Store, error) {
	opts := &pebble.Options{FS: fs, MemTableSize: 8 << 10, Logger: quiet{}}
	opts.Experimental.RemoteStorage = remote.MakeSimpleFactory(map[remote.Locator]remote.Storage{"": remote.NewInMem()})
	db, err := pebble.Open("/db", opts)
	if err != nil {
		return nil, err
	}
	return sharedPebble{pebbleStore{db}}, errors.Join(syncDir(fs, "/"), syncDir(fs, "/db"))
}

func (s sharedPebble) Put(key, value string) error {
	return errors.Join(s.SetCreatorID(1), s.pebbleStore.Put(key, value))
}

// quiet keeps what pebble tells of itself to itself.
type quiet struct{}

func (quiet) Infof(string, ...any)              {}
func (quiet) Errorf(string, ...any)             {}
func (quiet) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

type pogrebStore struct{ *pogreb.DB }

// openPogreb opens a database in the root: pogreb makes its directory with package os.
func openPogreb(fs vfs.FS) (unmodified.Store, error) {
	pogreb.SetLogger(log.New(io.Discard, "", 0))
	db, err := pogreb.Open(".", &pogreb.Options{FileSystem: adapted.New(aferoFs{fs}, "/"), BackgroundSyncInterval: -1})
	if err != nil {
		return nil, err
	}
	return pogrebStore{db}, nil
}

func (s pogrebStore) Put(key, value string) error { return s.DB.Put([]byte(key), []byte(value)) }

func (s pogrebStore) Get(key string) (string, error) {
	value, err := s.DB.Get([]byte(key))
	if err == nil && value == nil {
		err = oracle.ErrNotFound
	}
	return string(value), err
}
