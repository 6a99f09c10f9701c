package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// random draws what a crash keeps.
type random struct{ *rand.Rand }

func (r random) Uint64n(n uint64) uint64 { return r.Uint64N(n) }

func newRandom() random { return random{rand.New(rand.NewPCG(1, 2))} }

var record = bytes.Repeat([]byte("record. "), 25)

func syncRoot(d *vfs.Disk) error {
	dir, err := d.Open("/")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// withFiles makes n durable files of 200 bytes in one directory: first their
// names, which is quickest.
func withFiles(d *vfs.Disk, n int) error {
	all := make([]afero.File, n)
	for i := range all {
		f, err := d.Create(fmt.Sprintf("/file%d", i))
		if err != nil {
			return err
		}
		all[i] = f
	}
	if err := syncRoot(d); err != nil {
		return err
	}
	for _, f := range all {
		if err := writeAndSync(f); err != nil {
			return err
		}
	}
	return nil
}

func writeAndSync(f afero.File) error {
	_, err := f.Write(record)
	return errors.Join(err, f.Sync(), f.Close())
}

// createSynced makes n files, each of which is synced while its name and those
// before it are pending.
func createSynced(d *vfs.Disk, n int) error {
	for i := range n {
		f, err := d.Create(fmt.Sprintf("/file%d", i))
		if err != nil {
			return err
		}
		if err := writeAndSync(f); err != nil {
			return err
		}
	}
	return syncRoot(d)
}

// filesDisk is a subject of a disk with n files, of which one has a write
// pending.
func filesDisk(n int, run func(d *vfs.Disk) error) (*subject, error) {
	d := vfs.New(vfs.Options{})
	if err := withFiles(d, n); err != nil {
		return nil, err
	}
	f, err := d.OpenFile("/file0", 2, 0)
	if err != nil {
		return nil, err
	}
	if _, err := f.WriteAt(record, 200); err != nil {
		return nil, err
	}
	return &subject{run: func() error { return run(d) }, end: func() error { d.Release(); return nil }}, nil
}

func list(d *vfs.Disk, n int) error {
	dir, err := d.Open("/")
	if err != nil {
		return err
	}
	names, err := dir.Readdirnames(-1)
	if err == nil && len(names) != n {
		err = fmt.Errorf("listed %d files of %d", len(names), n)
	}
	return errors.Join(err, dir.Close())
}

func fileSeries() []series {
	sizes := halfDecades(10, 10_000)
	of := func(name string, prepare func(n int) (*subject, error)) series {
		return series{group: groupFiles, name: name, of: "files", sizes: sizes, prepare: prepare}
	}
	return []series{
		of("create and sync each, then the directory", func(n int) (*subject, error) {
			return &subject{run: func() error {
				d := vfs.New(vfs.Options{})
				defer d.Release()
				return createSynced(d, n)
			}}, nil
		}),
		of("create each and sync the directory", func(n int) (*subject, error) {
			return &subject{run: func() error {
				d := vfs.New(vfs.Options{})
				defer d.Release()
				for i := range n {
					f, err := d.Create(fmt.Sprintf("/file%d", i))
					if err != nil {
						return err
					}
					if err := errors.Join(f.Close(), syncRoot(d)); err != nil {
						return err
					}
				}
				return nil
			}}, nil
		}),
		of("create all, sync the directory, then each", func(n int) (*subject, error) {
			return &subject{run: func() error {
				d := vfs.New(vfs.Options{})
				defer d.Release()
				return withFiles(d, n)
			}}, nil
		}),
		of("crash image", func(n int) (*subject, error) {
			src := newRandom()
			return filesDisk(n, func(d *vfs.Disk) error { d.Crash(vfs.POSIX, src).Release(); return nil })
		}),
		of("process crash", func(n int) (*subject, error) {
			return filesDisk(n, func(d *vfs.Disk) error { d.ProcessCrash().Release(); return nil })
		}),
		of("create one and take an image", func(n int) (*subject, error) {
			src := newRandom()
			return filesDisk(n, func(d *vfs.Disk) error {
				f, err := d.Create("/one more")
				if err != nil {
					return err
				}
				d.Crash(vfs.POSIX, src).Release()
				return errors.Join(f.Close(), d.Remove("/one more"), syncRoot(d))
			})
		}),
		of("mount, and open one", func(n int) (*subject, error) {
			d := vfs.New(vfs.Options{})
			if err := withFiles(d, n); err != nil {
				return nil, err
			}
			im := d.Crash(vfs.POSIX, newRandom())
			return &subject{run: func() error {
				again := im.Mount(vfs.Options{})
				defer again.Release()
				b, err := afero.ReadFile(again, "/file7")
				if err == nil && !bytes.Equal(b, record) {
					err = fmt.Errorf("read %d bytes, want %d", len(b), len(record))
				}
				return err
			}, end: func() error { im.Release(); d.Release(); return nil }}, nil
		}),
		of("mount and read all", func(n int) (*subject, error) {
			d := vfs.New(vfs.Options{})
			if err := withFiles(d, n); err != nil {
				return nil, err
			}
			im := d.Crash(vfs.POSIX, newRandom())
			return &subject{run: func() error {
				again := im.Mount(vfs.Options{})
				defer again.Release()
				for i := range n {
					if _, err := afero.ReadFile(again, fmt.Sprintf("/file%d", i)); err != nil {
						return err
					}
				}
				return nil
			}, end: func() error { im.Release(); d.Release(); return nil }}, nil
		}),
		of("list", func(n int) (*subject, error) {
			return filesDisk(n, func(d *vfs.Disk) error { return list(d, n) })
		}),
		of("remove all, then sync the directory", func(n int) (*subject, error) {
			var d *vfs.Disk
			return &subject{before: func() error {
				d = vfs.New(vfs.Options{})
				return withFiles(d, n)
			}, run: func() error {
				for i := range n {
					if err := d.Remove(fmt.Sprintf("/file%d", i)); err != nil {
						return err
					}
				}
				return syncRoot(d)
			}}, nil
		}),
	}
}
