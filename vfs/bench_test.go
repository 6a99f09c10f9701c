package vfs_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/spf13/afero"

	"powercut/vfs"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// fileOf makes a durable file of a size, open for appending.
func fileOf(d *vfs.Disk, size int) afero.File {
	f := must(d.Create("/log"))
	must(f.Write(make([]byte, size)))
	check(f.Sync())
	dir := must(d.Open("/"))
	check(dir.Sync())
	check(dir.Close())
	return f
}

var benchSizes = []int{20 << 10, 256 << 10, 4 << 20}

// BenchmarkDiskAppendSync appends to a file that is cut back whenever it has
// grown by a megabyte.
func BenchmarkDiskAppendSync(b *testing.B) {
	for _, size := range benchSizes {
		for _, n := range []int{200, 4096} {
			b.Run(fmt.Sprintf("file=%dKiB/append=%d", size>>10, n), func(b *testing.B) {
				d := vfs.New(vfs.Options{})
				defer d.Release()
				f, record := fileOf(d, size), make([]byte, n)
				b.ReportAllocs()
				grown := 0
				for b.Loop() {
					must(f.Write(record))
					check(f.Sync())
					if grown += n; grown > 1<<20 {
						check(f.Truncate(int64(size)))
						must(f.Seek(0, io.SeekEnd))
						check(f.Sync())
						grown = 0
					}
				}
			})
		}
	}
}

type fixedSource struct{ state uint64 }

func (s *fixedSource) Uint64n(n uint64) uint64 {
	s.state += 0x9e3779b97f4a7c15
	x := s.state
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return (x ^ x>>31) % n
}

// BenchmarkDiskImage takes an image after each append.
func BenchmarkDiskImage(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(fmt.Sprintf("file=%dKiB", size>>10), func(b *testing.B) {
			d := vfs.New(vfs.Options{})
			defer d.Release()
			f, src, record := fileOf(d, size), &fixedSource{}, bytes.Repeat([]byte("record. "), 25)
			b.ReportAllocs()
			for b.Loop() {
				must(f.WriteAt(record, int64(size)))
				im := d.Crash(vfs.POSIX, src)
				im.Release()
				check(f.Sync())
			}
		})
	}
}

// BenchmarkDiskCycle writes 100 records of 200 bytes with a sync each, crashes,
// opens again and reads back.
func BenchmarkDiskCycle(b *testing.B) {
	record, src := bytes.Repeat([]byte("record. "), 25), &fixedSource{}
	buf := make([]byte, 100*200)
	b.ReportAllocs()
	for b.Loop() {
		d := vfs.New(vfs.Options{})
		f := must(d.Create("/log"))
		dir := must(d.Open("/"))
		check(dir.Sync())
		for range 100 {
			must(f.Write(record))
			check(f.Sync())
		}
		im := d.Crash(vfs.POSIX, src)
		d.Release()
		again := im.Mount(vfs.Options{})
		im.Release()
		g := must(again.Open("/log"))
		must(io.ReadFull(g, buf))
		check(g.Close())
		again.Release()
	}
}

// BenchmarkDiskRename replaces one of many files.
func BenchmarkDiskRename(b *testing.B) {
	for _, files := range []int{10, 10000} {
		b.Run(fmt.Sprintf("files=%d", files), func(b *testing.B) {
			d := vfs.New(vfs.Options{})
			defer d.Release()
			for i := range files {
				check(must(d.Create(fmt.Sprintf("/file%d", i))).Close())
			}
			dir := must(d.Open("/"))
			check(dir.Sync())
			b.ReportAllocs()
			for b.Loop() {
				check(d.Rename("/file3", "/file4"))
				check(d.Rename("/file4", "/file3"))
				check(dir.Sync())
			}
		})
	}
}

// BenchmarkDiskImagePending takes images of a disk on which much is pending.
func BenchmarkDiskImagePending(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("appends=%d", n), func(b *testing.B) {
			d := vfs.New(vfs.Options{})
			defer d.Release()
			f, src, record := fileOf(d, 20<<10), &fixedSource{}, bytes.Repeat([]byte("record. "), 25)
			for range n {
				must(f.Write(record))
			}
			b.ReportAllocs()
			for b.Loop() {
				d.Crash(vfs.POSIX, src).Release()
			}
		})
		b.Run(fmt.Sprintf("names=%d", n), func(b *testing.B) {
			d, src := vfs.New(vfs.Options{}), &fixedSource{}
			defer d.Release()
			for i := range n {
				check(must(d.Create(fmt.Sprintf("/file%d", i))).Close())
			}
			b.ReportAllocs()
			for b.Loop() {
				d.Crash(vfs.POSIX, src).Release()
			}
		})
	}
}
