// Package raftwal lets github.com/hashicorp/raft-wal work on a simulated disk.
package raftwal

import (
	"errors"
	"os"
	"path"

	"github.com/hashicorp/raft-wal/types"
	"github.com/spf13/afero"
)

// New returns a VFS whose files are on a disk, such as the one that a sim.Test gives to
// its workload. It does what raft-wal's own fs.FS does, call by call. The log takes it
// by wal.WithSegmentFiler(segment.NewFiler(dir, raftwal.New(disk))).
func New(disk afero.Fs) types.VFS { return system{disk} }

type system struct{ afero.Fs }

func (s system) ListDir(dir string) ([]string, error) {
	infos, err := afero.ReadDir(s.Fs, dir)
	names := make([]string, len(infos))
	for i, info := range infos {
		names[i] = info.Name()
	}
	return names, err
}

func (s system) Create(dir, name string, size uint64) (types.WritableFile, error) {
	opened, err := s.OpenFile(path.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if disk, ok := opened.(interface{ Allocate(size int64) error }); ok && size > 0 {
		if err := disk.Allocate(int64(size)); err != nil {
			return nil, errors.Join(err, opened.Close())
		}
	}
	return &file{File: opened, on: s, dir: dir, isNew: true}, nil
}

func (s system) Delete(dir, name string) error {
	if err := s.Remove(path.Join(dir, name)); err != nil {
		return err
	}
	return s.syncDir(dir)
}

func (s system) OpenReader(dir, name string) (types.ReadableFile, error) {
	return s.Open(path.Join(dir, name))
}

func (s system) OpenWriter(dir, name string) (types.WritableFile, error) {
	return s.OpenFile(path.Join(dir, name), os.O_RDWR, 0o644)
}

func (s system) syncDir(dir string) error {
	d, err := s.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

type file struct {
	afero.File
	on    system
	dir   string
	isNew bool
}

// Sync makes the name of a new file durable as well.
func (f *file) Sync() error {
	if err := f.File.Sync(); err != nil || !f.isNew {
		return err
	}
	f.isNew = false
	return f.on.syncDir(f.dir)
}
