package main

import (
	"os"

	"github.com/spf13/afero"
)

// quiet is a filesystem whose fsync does nothing: what is measured on it is the
// journal, not the device that happens to be below.
type quiet struct{ afero.Fs }

type quietFile struct{ afero.File }

func (quietFile) Sync() error { return nil }

func (q quiet) Open(name string) (afero.File, error) { return q.OpenFile(name, os.O_RDONLY, 0) }

func (q quiet) Create(name string) (afero.File, error) {
	return q.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
}

func (q quiet) OpenFile(name string, flag int, perm os.FileMode) (afero.File, error) {
	f, err := q.Fs.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return quietFile{f}, nil
}
