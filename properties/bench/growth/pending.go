package main

import (
	"errors"
	"fmt"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// leaver leaves n changes pending on a disk, and returns the file that was
// changed last.
type leaver func(d *vfs.Disk, n int) (afero.File, error)

// appends are writes that follow one another in one file.
func appends(d *vfs.Disk, n int) (afero.File, error) {
	return writes(d, n, func(i int) int64 { return int64(i * len(record)) })
}

// overwrites are writes to one place.
func overwrites(d *vfs.Disk, n int) (afero.File, error) {
	return writes(d, n, func(int) int64 { return 0 })
}

func writes(d *vfs.Disk, n int, at func(i int) int64) (afero.File, error) {
	f, err := d.Create("/log")
	if err != nil {
		return nil, err
	}
	if err := syncRoot(d); err != nil {
		return nil, err
	}
	b := append([]byte(nil), record...)
	for i := range n {
		b[0], b[1] = byte(i), byte(i>>8) // so that no write is like another
		if _, err := f.WriteAt(b, at(i)); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// created are names of empty files.
func created(d *vfs.Disk, n int) (f afero.File, err error) {
	for i := range n {
		if f, err = d.Create(fmt.Sprintf("/file%d", i)); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// renames are of one file, back and forth.
func renames(d *vfs.Disk, n int) (afero.File, error) {
	f, err := d.Create("/a")
	if err != nil {
		return nil, err
	}
	if err := syncRoot(d); err != nil {
		return nil, err
	}
	for i := range n {
		from, to := "/a", "/b"
		if i%2 == 1 {
			from, to = to, from
		}
		if err := d.Rename(from, to); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// left is a subject of a disk with n changes pending, which stay pending.
func left(n int, leave leaver, run func(d *vfs.Disk) error) (*subject, error) {
	d := vfs.New(vfs.Options{})
	if _, err := leave(d, n); err != nil {
		return nil, err
	}
	return &subject{run: func() error { return run(d) }, end: func() error { d.Release(); return nil }}, nil
}

// fresh is a subject of a disk on which n changes are left pending anew before
// each run.
func fresh(n int, leave leaver, run func(d *vfs.Disk, f afero.File) error) (*subject, error) {
	var d *vfs.Disk
	var f afero.File
	return &subject{before: func() (err error) {
		if d != nil {
			d.Release()
		}
		d = vfs.New(vfs.Options{})
		f, err = leave(d, n)
		return err
	}, run: func() error { return run(d, f) }, end: func() error { d.Release(); return nil }}, nil
}

// stepImages is how many images an enumeration is followed for.
const stepImages = 16

func enumerate(p vfs.Profile) func(d *vfs.Disk) error {
	return func(d *vfs.Disk) error {
		n := 0
		for im := range d.Images(p) {
			im.Release()
			if n++; n == stepImages {
				break
			}
		}
		return nil
	}
}

func pendingSeries() []series {
	sizes := halfDecades(1, 10_000)
	var all []series
	add := func(group, name, of string, prepare func(n int) (*subject, error)) {
		all = append(all, series{group: group, name: name, of: of, sizes: sizes, prepare: prepare})
	}
	for _, kind := range []struct {
		group, of string
		leave     leaver
	}{{groupWrites, "appends", appends}, {groupWrites, "overwrites", overwrites}, {groupNames, "new names", created}, {groupNames, "renames", renames}} {
		add(kind.group, "leave pending", kind.of, func(n int) (*subject, error) {
			return &subject{run: func() error {
				d := vfs.New(vfs.Options{})
				defer d.Release()
				_, err := kind.leave(d, n)
				return err
			}}, nil
		})
		for _, p := range []vfs.Profile{vfs.POSIX, vfs.Ext4, vfs.Btrfs} {
			add(kind.group, "crash image, "+p.String(), kind.of, func(n int) (*subject, error) {
				src := newRandom()
				return left(n, kind.leave, func(d *vfs.Disk) error { d.Crash(p, src).Release(); return nil })
			})
		}
		add(kind.group, "special image", kind.of, func(n int) (*subject, error) {
			src := newRandom()
			return left(n, kind.leave, func(d *vfs.Disk) error { d.Special(vfs.POSIX, src).Release(); return nil })
		})
		add(kind.group, "process crash", kind.of, func(n int) (*subject, error) {
			return left(n, kind.leave, func(d *vfs.Disk) error { d.ProcessCrash().Release(); return nil })
		})
		add(kind.group, fmt.Sprintf("enumerate %d images", stepImages), kind.of, func(n int) (*subject, error) {
			return left(n, kind.leave, enumerate(vfs.POSIX))
		})
		add(kind.group, "sync", kind.of, func(n int) (*subject, error) {
			return fresh(n, kind.leave, func(d *vfs.Disk, f afero.File) error { return errors.Join(f.Sync(), syncRoot(d)) })
		})
	}
	return all
}
