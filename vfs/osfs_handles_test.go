//go:build linux

package vfs_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"

	"pgregory.net/rapid"

	"powercut/vfs"
)

var (
	someLengths = []int{0, 1, 100, 4095, 4096, 5000}
	someOffsets = []int64{0, 1, 511, 4096, 10000, -1}

	oddModes = []vfs.FallocateMode{vfs.FallocatePunchHole, vfs.FallocatePunchHole | vfs.FallocateZeroRange | vfs.FallocateKeepSize, 0x1000}
)

func (p *pair) handle() {
	if len(p.files) == 0 {
		return
	}
	f := p.files[rapid.IntRange(0, len(p.files)-1).Draw(p.t, "handle")]
	what := rapid.SampledFrom([]string{"read", "readat", "write", "write", "writestring", "writeat", "writeat", "seek", "truncate",
		"allocate", "fallocate", "fallocate", "holes", "holes", "sync", "datasync", "stat", "xattr", "readdir", "readdir", "readdirnames", "rewind", "close"}).Draw(p.t, "what")
	if f.dir && rapid.Bool().Draw(p.t, "list") { // most calls are for files
		what = rapid.SampledFrom([]string{"readdir", "readdirnames", "rewind", "stat", "sync"}).Draw(p.t, "what of a directory")
	}
	if f.dir && what == "read" {
		what = "readat" // where a directory was read to, is up to the filesystem, and too far for some
	}
	switch what {
	case "read", "readat", "write", "writestring", "writeat":
		p.move(f, what)
	case "readdir", "readdirnames", "rewind":
		p.readdir(f, what)
	case "seek":
		off := rapid.SampledFrom(someOffsets).Draw(p.t, "offset")
		whence := rapid.SampledFrom([]int{io.SeekStart, io.SeekCurrent, io.SeekEnd, 7, -1}).Draw(p.t, "whence")
		if f.dir {
			return // where a directory's end is, is up to the filesystem
		}
		got, err := f.disk.Seek(off, whence)
		want, realErr := f.real.Seek(off, whence)
		p.Same(what, got, want, err, realErr)
	case "truncate":
		off := rapid.SampledFrom(someOffsets).Draw(p.t, "size")
		p.Same(what, nil, nil, f.disk.Truncate(off), f.real.Truncate(off))
	case "allocate":
		p.allocate(f)
	case "fallocate":
		p.fallocate(f)
	case "holes":
		p.holes(f)
	case "sync":
		p.Same(what, nil, nil, f.disk.Sync(), f.real.Sync())
	case "datasync":
		err := syscall.Fdatasync(int(f.real.(*os.File).Fd()))
		if _, closed := f.real.Stat(); closed == nil {
			p.sameKind(what, nil, nil, f.disk.(vfs.DataSyncer).Datasync(), err)
		}
	case "xattr":
		p.xattrOfOpen(f)
	case "stat":
		info, err := f.disk.Stat()
		realInfo, realErr := f.real.Stat()
		p.Same(what, describe(info), describe(realInfo), err, realErr)
	case "close":
		p.Same(what, nil, nil, f.disk.Close(), f.real.Close())
	}
}

// move reads or writes.
func (p *pair) move(f *filePair, what string) {
	n := rapid.SampledFrom(someLengths).Draw(p.t, "length")
	off := rapid.SampledFrom(someOffsets).Draw(p.t, "offset")
	buf, realBuf := make([]byte, n), make([]byte, n)
	fill := bytes.Repeat([]byte{byte(rapid.IntRange('a', 'z').Draw(p.t, "fill"))}, n)
	var got, want int
	var err, realErr error
	switch what {
	case "read":
		got, err = f.disk.Read(buf)
		want, realErr = f.real.Read(realBuf)
	case "readat":
		got, err = f.disk.ReadAt(buf, off)
		want, realErr = f.real.ReadAt(realBuf, off)
	case "write":
		got, err = f.disk.Write(fill)
		want, realErr = f.real.Write(fill)
	case "writestring":
		got, err = f.disk.WriteString(string(fill))
		want, realErr = f.real.WriteString(string(fill))
	case "writeat":
		got, err = f.disk.WriteAt(fill, off)
		want, realErr = f.real.WriteAt(fill, off)
	}
	p.Same(what, fmt.Sprint(got, buf[:max(got, 0)]), fmt.Sprint(want, realBuf[:max(want, 0)]), err, realErr)
}

// allocate reserves space.
func (p *pair) allocate(f *filePair) {
	size := rapid.SampledFrom(someOffsets).Draw(p.t, "size")
	if _, closed := f.real.Stat(); closed != nil || f.dir {
		return
	}
	err := syscall.Fallocate(int(f.real.(*os.File).Fd()), 0, 0, size)
	if err == syscall.EOPNOTSUPP {
		return
	}
	p.sameKind(fmt.Sprint("allocate ", size), nil, nil, f.disk.(vfs.Allocator).Allocate(size), err)
}

// fallocate reserves a range, or makes a hole of it. A filesystem may lack a mode.
func (p *pair) fallocate(f *filePair) {
	mode := rapid.SampledFrom(slices.Concat(fallocateModes, fallocateModes, oddModes)).Draw(p.t, "mode")
	off, n := rapid.SampledFrom(someOffsets).Draw(p.t, "offset"), rapid.SampledFrom(someOffsets).Draw(p.t, "length")
	if _, closed := f.real.Stat(); closed != nil || f.dir {
		return
	}
	err := syscall.Fallocate(int(f.real.(*os.File).Fd()), uint32(mode), off, n)
	if err == syscall.EOPNOTSUPP && slices.Contains(fallocateModes, mode) {
		return
	}
	p.sameKind(fmt.Sprintf("fallocate %#x %d+%d", mode, off, n), nil, nil, f.disk.(vfs.RangeAllocator).Fallocate(mode, off, n), err)
}

// holes seeks the next data, or the next hole. Whether the page that a file ends in is
// a hole, where the end lies within it, is up to the filesystem.
func (p *pair) holes(f *filePair) {
	off := rapid.SampledFrom(someOffsets).Draw(p.t, "offset")
	const seekData, seekHole = 3, 4
	whence := rapid.SampledFrom([]int{seekData, seekHole}).Draw(p.t, "whence")
	info, err := f.real.Stat()
	if f.dir || err == nil && info.Size()%4096 != 0 {
		return
	}
	if err == nil { // blocks that are reserved and not written count as data while a read left zeros in the cache
		const dontNeed = 4
		if _, _, errno := syscall.Syscall6(syscall.SYS_FADVISE64, f.real.(*os.File).Fd(), 0, 0, dontNeed, 0, 0); errno != 0 {
			p.t.Fatalf("fadvise: %v", errno)
		}
	}
	tell := f.disk.(vfs.HoleSeeker).SeekHole
	if whence == seekData {
		tell = f.disk.(vfs.HoleSeeker).SeekData
	}
	at, _ := f.disk.Seek(0, io.SeekCurrent)
	told, tellErr := tell(off)
	if now, _ := f.disk.Seek(0, io.SeekCurrent); now != at {
		p.t.Fatalf("the handle stood at %d, and at %d once it had told where a hole is", at, now)
	}
	got, err := f.disk.Seek(off, whence)
	want, realErr := f.real.Seek(off, whence)
	p.Same(fmt.Sprintf("seek %d %d", off, whence), got, want, err, realErr)
	p.Same(fmt.Sprintf("told %d %d", off, whence), told, want, tellErr, realErr)
}

// readdir reads a directory from its beginning, or on from where it is if no
// name changed meanwhile. Entries come in an order of the filesystem's own.
func (p *pair) readdir(f *filePair, what string) {
	count := rapid.SampledFrom([]int{-1, 0, 1, 2}).Draw(p.t, "count")
	info, err := f.real.Stat()
	if err != nil {
		what = "readdir" // closed
	} else if what == "rewind" && f.dir {
		got, err := f.disk.Seek(0, io.SeekStart)
		want, realErr := f.real.Seek(0, io.SeekStart)
		p.Same("rewind", got, want, err, realErr)
		f.readAt = p.changes
		list, err := readAll(f.disk, count)
		realList, realErr := readAll(f.real, count)
		p.Same("read from the beginning", list, realList, err, realErr)
		return
	}
	removed := err == nil && f.dir && info.Sys().(*syscall.Stat_t).Nlink == 0
	if f.dir && !removed && f.readAt != p.changes {
		return
	}
	var got, want int
	var realErr error
	if what == "readdirnames" {
		var names, realNames []string
		names, err = f.disk.Readdirnames(count)
		realNames, realErr = f.real.Readdirnames(count)
		got, want = len(names), len(realNames)
	} else {
		infos, diskErr := f.disk.Readdir(count)
		realInfos, err2 := f.real.Readdir(count)
		got, want, err, realErr = len(infos), len(realInfos), diskErr, err2
	}
	p.Same(what, got, want, err, realErr)
}
