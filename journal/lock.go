package journal

import (
	"fmt"
	"path/filepath"
	"reflect"
	"sync"

	"github.com/spf13/afero"
)

// locker is a filesystem with locks of its own. A simulated disk has them, so
// that they die with its power.
type locker interface {
	Lock(name string) (unlock func() error, err error)
}

// takeLock makes the caller the one owner of the base until it calls unlock.
func (f files) takeLock() (unlock func() error, err error) {
	if l, ok := f.fs.(locker); ok {
		unlock, err := l.Lock(f.lock())
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrLocked, f.lock(), err)
		}
		return unlock, nil
	}
	release, err := f.register()
	if err != nil {
		return nil, err
	}
	if !f.hasDescriptors() {
		return release, nil
	}
	unflock, err := f.flock()
	if err != nil {
		_ = release() // never fails
		return nil, err
	}
	return func() error {
		err := unflock()
		_ = release() // never fails
		return err
	}, nil
}

// registryKey is a base on a filesystem, as this process sees it.
type registryKey struct {
	fs   any
	base string
}

var registry struct {
	sync.Mutex
	held map[registryKey]bool
}

func (f files) register() (release func() error, err error) {
	base := f.base
	if abs, err := filepath.Abs(base); err == nil {
		base = abs
	}
	key := registryKey{fs: f.fs, base: base}
	if !reflect.ValueOf(f.fs).Comparable() {
		// Two filesystems of such a type can't be told apart.
		key.fs = reflect.TypeOf(f.fs).String()
	}
	registry.Lock()
	defer registry.Unlock()
	if registry.held[key] {
		return nil, fmt.Errorf("%w: %s is open in this process", ErrLocked, f.base)
	}
	if registry.held == nil {
		registry.held = make(map[registryKey]bool)
	}
	registry.held[key] = true
	return func() error {
		registry.Lock()
		defer registry.Unlock()
		delete(registry.held, key)
		return nil
	}, nil
}

// hasDescriptors says whether files here are the operating system's. It asks
// the directory, so that no lock file appears where none is of use.
func (f files) hasDescriptors() bool {
	dir, err := f.fs.Open(f.dir)
	if err != nil {
		return false
	}
	defer dir.Close() // nothing was written
	_, ok := descriptor(dir)
	return ok
}

func descriptor(file afero.File) (uintptr, bool) {
	for {
		switch f := file.(type) {
		case interface{ Fd() uintptr }:
			return f.Fd(), true
		case *afero.BasePathFile:
			file = f.File
		default:
			return 0, false
		}
	}
}
