package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/opt"
	"github.com/syndtr/goleveldb/leveldb/storage"

	"powercut/properties/unmodified"
	"powercut/sim/oracle"
)

type goleveldbStore struct{ *leveldb.DB }

func openGoleveldb(fs vfs.FS) (unmodified.Store, error) {
	if err := fs.MkdirAll("/db", 0o755); err != nil {
		return nil, err
	}
	db, err := leveldb.Open(&levelStorage{on: fs}, &opt.Options{WriteBuffer: 1000, CompactionTableSize: 500})
	if err != nil {
		return nil, err
	}
	return goleveldbStore{db}, nil
}

func (s goleveldbStore) Put(key, value string) error {
	return s.DB.Put([]byte(key), []byte(value), &opt.WriteOptions{Sync: true})
}

func (s goleveldbStore) Get(key string) (string, error) {
	value, err := s.DB.Get([]byte(key), nil)
	if errors.Is(err, leveldb.ErrNotFound) {
		err = oracle.ErrNotFound
	}
	return string(value), err
}

// levelStorage is a storage of goleveldb on pebble's filesystem. It syncs what the
// engine's own does: a file when it is told, the directory behind a manifest and behind
// CURRENT, which is written to another file first.
type levelStorage struct {
	on     vfs.FS
	mu     sync.Mutex
	locked bool
}

func levelName(fd storage.FileDesc) string {
	return path.Join("/db", fd.String()) // MANIFEST-000001, 000002.log, 000003.ldb
}

const levelCurrent = "/db/CURRENT"

func (s *levelStorage) Lock() (storage.Locker, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locked {
		return nil, storage.ErrLocked
	}
	s.locked = true
	return unlocker(func() {
		s.mu.Lock()
		s.locked = false
		s.mu.Unlock()
	}), nil
}

type unlocker func()

func (u unlocker) Unlock() { u() }

func (*levelStorage) Log(string) {}

func (s *levelStorage) read(name string) (string, error) {
	f, err := s.on.Open(name)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(f)
	return string(text), errors.Join(err, f.Close())
}

func (s *levelStorage) writeSynced(name, text string) error {
	f, err := s.on.Create(name, category)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(text))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (s *levelStorage) SetMeta(fd storage.FileDesc) error {
	text := fd.String() + "\n"
	switch old, err := s.read(levelCurrent); {
	case err == nil && old == text:
		return nil
	case err == nil:
		if err := s.writeSynced(levelCurrent+".bak", old); err != nil {
			return err
		}
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	pending := fmt.Sprintf("%s.%d", levelCurrent, fd.Num)
	if err := s.writeSynced(pending, text); err != nil {
		return err
	}
	if err := s.on.Rename(pending, levelCurrent); err != nil {
		return err
	}
	return syncDir(s.on, "/db")
}

// named is the manifest that a file names, if both are there.
func (s *levelStorage) named(name string) (fd storage.FileDesc, err error) {
	text, err := s.read(name)
	if err != nil {
		return fd, os.ErrNotExist
	}
	if _, err := fmt.Sscanf(text, "MANIFEST-%d\n", &fd.Num); err != nil || !strings.HasSuffix(text, "\n") {
		return fd, &storage.ErrCorrupted{Err: fmt.Errorf("%s is %q", name, text)}
	}
	fd.Type = storage.TypeManifest
	if _, err := s.on.Stat(levelName(fd)); err != nil {
		return fd, os.ErrNotExist
	}
	return fd, nil
}

// GetMeta takes the newest manifest that a file names which waits for its rename, or the
// one of CURRENT, or of the copy of an older CURRENT.
func (s *levelStorage) GetMeta() (best storage.FileDesc, err error) {
	names, err := s.on.List("/db")
	if err != nil {
		return best, err
	}
	err = os.ErrNotExist
	for _, name := range names {
		if strings.HasPrefix(name, "CURRENT.") && name != "CURRENT.bak" {
			if fd, failed := s.named(path.Join("/db", name)); failed == nil && fd.Num >= best.Num {
				best, err = fd, nil
			}
		}
	}
	fd, failed := s.named(levelCurrent)
	if failed != nil {
		if bak, failedToo := s.named(levelCurrent + ".bak"); failedToo == nil {
			fd, failed = bak, nil
		}
	}
	switch {
	case failed == nil && (err != nil || fd.Num >= best.Num):
		return fd, nil
	case err != nil:
		return best, failed
	}
	return best, nil
}

func (s *levelStorage) List(kinds storage.FileType) (all []storage.FileDesc, err error) {
	names, err := s.on.List("/db")
	for _, name := range names {
		for kind, form := range map[storage.FileType]string{storage.TypeManifest: "MANIFEST-%d", storage.TypeJournal: "%d.log", storage.TypeTable: "%d.ldb", storage.TypeTemp: "%d.tmp"} {
			fd := storage.FileDesc{Type: kind}
			if n, _ := fmt.Sscanf(name, form, &fd.Num); n == 1 && fd.String() == name && kind&kinds != 0 {
				all = append(all, fd)
			}
		}
	}
	return all, err
}

func (s *levelStorage) Open(fd storage.FileDesc) (storage.Reader, error) {
	f, err := s.on.Open(levelName(fd))
	if err != nil {
		return nil, err
	}
	return &aferoFile{File: f, on: aferoFs{s.on}, name: levelName(fd)}, nil
}

func (s *levelStorage) Create(fd storage.FileDesc) (storage.Writer, error) {
	f, err := s.on.Create(levelName(fd), category)
	if err != nil {
		return nil, err
	}
	return levelFile{f, s, fd}, nil
}

type levelFile struct {
	vfs.File
	of *levelStorage
	fd storage.FileDesc
}

func (f levelFile) Sync() error {
	if err := f.File.Sync(); err != nil || f.fd.Type != storage.TypeManifest {
		return err
	}
	return syncDir(f.of.on, "/db")
}

func (s *levelStorage) Remove(fd storage.FileDesc) error { return s.on.Remove(levelName(fd)) }

func (s *levelStorage) Rename(from, to storage.FileDesc) error {
	return s.on.Rename(levelName(from), levelName(to))
}

func (*levelStorage) Close() error { return nil }

func syncDir(fs vfs.FS, name string) error {
	d, err := fs.OpenDir(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
