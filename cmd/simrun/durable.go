package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/spf13/afero"
)

// What the command writes goes through these, so that what it says is there is
// there after a power cut: content before the name, the name before the claim.
// The libraries for this leave the directory unsynced, or write to the real disk
// alone, where nothing can crash them in a test.

// realDisk is where the command writes; scripts put one in its place that can't
// fsync a directory.
var realDisk = afero.NewOsFs()

// writeWhole writes a file so that it is there whole, or not at all, and durable
// when it returns. What is no plain file, a device or a link, is written in
// place.
func writeWhole(fsys afero.Fs, name string, content []byte) error {
	tmp, flags := name+".tmp", os.O_WRONLY|os.O_CREATE|os.O_EXCL
	plain := isPlain(fsys, name)
	if !plain {
		tmp, flags = name, os.O_WRONLY|os.O_TRUNC
	}
	err := func() error {
		if plain {
			// Never truncated: half a rename may have left two names of one file.
			if err := fsys.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		f, err := fsys.OpenFile(tmp, flags, 0o644)
		if err != nil {
			return err
		}
		_, err = f.Write(content)
		if plain {
			err = errors.Join(err, f.Sync())
		}
		if err = errors.Join(err, f.Close()); err != nil || !plain {
			return err
		}
		if err := fsys.Rename(tmp, name); err != nil {
			return err
		}
		return syncDir(fsys, filepath.Dir(name))
	}()
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// isPlain says whether a name is free, or of a plain file.
func isPlain(fsys afero.Fs, name string) bool {
	info, err := fsys.Stat(name)
	if l, ok := fsys.(afero.Lstater); ok {
		info, _, err = l.LstatIfPossible(name)
	}
	return err != nil || info.Mode().IsRegular()
}

// makeDir makes a directory and those above it that are missing, durably. One
// that is there already may have been made by a process that was killed since:
// its name is made durable too.
func makeDir(fsys afero.Fs, dir string) error {
	made := []string{dir}
	for up := filepath.Dir(dir); ; up = filepath.Dir(up) {
		if _, err := fsys.Stat(up); err == nil || up == filepath.Dir(up) {
			break
		}
		made = append(made, up)
	}
	if err := fsys.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i := len(made) - 1; i >= 0; i-- {
		if err := syncDir(fsys, filepath.Dir(made[i])); err != nil {
			return err
		}
	}
	return nil
}

// syncDir makes the names in a directory durable. Where the system has no such
// call, they are as durable as its filesystem makes them.
func syncDir(fsys afero.Fs, dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := fsys.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // CIFS, and others that can't
	}
	return errors.Join(err, f.Close())
}

// syncTree makes all files below a directory durable, and their names.
func syncTree(fsys afero.Fs, dir string) error {
	return afero.Walk(fsys, dir, func(path string, info fs.FileInfo, err error) error {
		switch {
		case err != nil:
			return err
		case info.IsDir():
			return syncDir(fsys, path)
		}
		f, err := fsys.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}
