package main

import (
	"io/fs"
	"os"
	"syscall"

	"github.com/spf13/afero"
)

// noDirSync is a filesystem on which a directory can't be fsynced, as on CIFS. It
// is what scripts with NO_DIR_SYNC in their environment write to.
type noDirSync struct{ afero.Fs }

func (n noDirSync) Open(name string) (afero.File, error) { return n.OpenFile(name, os.O_RDONLY, 0) }

func (n noDirSync) OpenFile(name string, flag int, perm fs.FileMode) (afero.File, error) {
	f, err := n.Fs.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		return unsyncable{f}, nil
	}
	return f, nil
}

type unsyncable struct{ afero.File }

func (u unsyncable) Sync() error {
	return &fs.PathError{Op: "sync", Path: u.Name(), Err: syscall.EINVAL}
}
