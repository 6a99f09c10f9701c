package main

import (
	"errors"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/golang/leveldb"
	"github.com/golang/leveldb/db"

	"powercut/properties/unmodified"
	"powercut/sim/oracle"
)

type golevelStore struct{ *leveldb.DB }

func openGolevel(fs vfs.FS) (unmodified.Store, error) {
	d, err := leveldb.Open("/db", &db.Options{WriteBufferSize: 1000, FileSystem: golevelFs{fs}})
	if err != nil {
		return nil, err
	}
	return golevelStore{d}, nil
}

func (s golevelStore) Put(key, value string) error {
	return s.Set([]byte(key), []byte(value), &db.WriteOptions{Sync: true})
}

func (s golevelStore) Get(key string) (string, error) {
	value, err := s.DB.Get([]byte(key), nil)
	if errors.Is(err, db.ErrNotFound) {
		err = oracle.ErrNotFound
	}
	return string(value), err
}

// golevelFs is pebble's filesystem as the one from which it descends.
type golevelFs struct{ vfs.FS }

type golevelFile struct{ vfs.File }

func (f golevelFile) Stat() (os.FileInfo, error) { return f.File.Stat() }

func wrapGolevel(f vfs.File, err error) (db.File, error) {
	if err != nil {
		return nil, err
	}
	return golevelFile{f}, nil
}

func (g golevelFs) Create(name string) (db.File, error) {
	return wrapGolevel(g.FS.Create(name, category))
}

func (g golevelFs) Open(name string) (db.File, error) { return wrapGolevel(g.FS.Open(name)) }

func (g golevelFs) Lock(name string) (io.Closer, error) { return g.FS.Lock(name) }

func (g golevelFs) Stat(name string) (os.FileInfo, error) { return g.FS.Stat(name) }
