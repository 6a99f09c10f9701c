package sim_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/spf13/afero"
)

// toyStore is a small store for the tests: a set of words, one file each line
// of which is a word. Each Put is synced.
type toyStore struct {
	fs   afero.Fs
	file afero.File
	has  map[string]bool
}

// toyOptions break the store in one way or another.
type toyOptions struct {
	forgetDirSync bool
	forgetSync    bool
}

func openToy(fsys afero.Fs, name string, o toyOptions) (*toyStore, error) {
	s := &toyStore{fs: fsys, has: make(map[string]bool)}
	raw, err := afero.ReadFile(fsys, name)
	created := errors.Is(err, fs.ErrNotExist)
	if err != nil && !created {
		return nil, err
	}
	whole := int64(strings.LastIndex(string(raw), "\n") + 1)
	for _, word := range strings.Fields(string(raw[:whole])) {
		s.has[word] = true
	}
	if s.file, err = fsys.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644); err != nil {
		return nil, err
	}
	// A torn last line must not become the beginning of the next one.
	if err := s.file.Truncate(whole); err != nil {
		return nil, err
	}
	if err := s.file.Sync(); err != nil {
		return nil, err
	}
	if _, err := s.file.Seek(whole, 0); err != nil {
		return nil, err
	}
	if o.forgetDirSync {
		return s, nil
	}
	dir, err := fsys.Open(path.Dir(name))
	if err != nil {
		return nil, err
	}
	return s, errors.Join(dir.Sync(), dir.Close())
}

func (s *toyStore) Put(word string, o toyOptions) error {
	if _, err := fmt.Fprintln(s.file, word); err != nil {
		return err
	}
	if !o.forgetSync {
		if err := s.file.Sync(); err != nil {
			return err
		}
	}
	s.has[word] = true
	return nil
}

func (s *toyStore) Close() error { return s.file.Close() }
