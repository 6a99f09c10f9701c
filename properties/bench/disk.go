// Package bench measures powercut beside its peers, in one run each: ratios,
// not times, since no two machines agree on a time. It is a module of its own,
// so that users of powercut don't get the peers as dependencies.
package bench

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	pebble "github.com/cockroachdb/pebble/v2/vfs"
	"github.com/spf13/afero"

	"powercut/vfs"
)

// disk is a filesystem in memory with one file on it, as the loops use it.
type disk interface {
	// Append adds to the file.
	Append(b []byte)
	// Sync makes the file durable.
	Sync()
	// Crash takes a crash image and returns it as another disk.
	Crash() disk
	// Read reads the file from its beginning into b, and one byte more, and
	// returns what there was.
	Read(b []byte) []byte
	// Release gives the memory back, where there is a way to.
	Release()
}

// peer makes disks that hold a durable file of so many bytes.
type peer struct {
	name    string
	crashes bool // its Crash means something
	make    func(size int) disk
}

var peers = []peer{
	{"powercut", true, newPowercut},
	{"pebble", true, newPebble},
	{"memmapfs", false, newMemMap},
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

// name of the one file, in the root.
const name = "/log"

// random draws what a crash keeps.
type random struct{ *rand.Rand }

func (r random) Uint64n(n uint64) uint64 { return r.Uint64N(n) }

func newRandom() random { return random{rand.New(rand.NewPCG(1, 2))} }

// powercut's disk, with its most hostile rules.
type powercutDisk struct {
	disk   *vfs.Disk
	image  *vfs.Image
	file   afero.File
	source random
}

func newPowercut(size int) disk {
	d := &powercutDisk{disk: vfs.New(vfs.Options{}), source: newRandom()}
	d.file = must(d.disk.Create(name))
	must(d.file.Write(make([]byte, size)))
	check(d.file.Sync())
	dir := must(d.disk.Open("/"))
	check(dir.Sync())
	check(dir.Close())
	return d
}

func (d *powercutDisk) Append(b []byte) { must(d.file.Write(b)) }
func (d *powercutDisk) Sync()           { check(d.file.Sync()) }

func (d *powercutDisk) Crash() disk {
	return &powercutDisk{image: d.disk.Crash(vfs.POSIX, d.source), source: d.source}
}

func (d *powercutDisk) Read(b []byte) []byte {
	if d.disk == nil {
		d.disk = d.image.Mount(vfs.Options{})
	}
	f := must(d.disk.Open(name))
	b = readInto(f, b)
	check(f.Close())
	return b
}

func (d *powercutDisk) Release() {
	if d.disk != nil {
		d.disk.Release()
	}
	if d.image != nil {
		d.image.Release()
	}
}

// pebble's crashable MemFS: a crash keeps each unsynced block, or name, with a
// probability.
type pebbleDisk struct {
	fs     *pebble.MemFS
	file   pebble.File
	source random
}

func newPebble(size int) disk {
	d := &pebbleDisk{fs: pebble.NewCrashableMem(), source: newRandom()}
	d.file = must(d.fs.Create(name, pebble.WriteCategoryUnspecified))
	must(d.file.Write(make([]byte, size)))
	check(d.file.Sync())
	dir := must(d.fs.OpenDir("/"))
	check(dir.Sync())
	check(dir.Close())
	return d
}

func (d *pebbleDisk) Append(b []byte) { must(d.file.Write(b)) }
func (d *pebbleDisk) Sync()           { check(d.file.Sync()) }

func (d *pebbleDisk) Crash() disk {
	return &pebbleDisk{fs: d.fs.CrashClone(pebble.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: d.source.Rand}), source: d.source}
}

func (d *pebbleDisk) Read(b []byte) []byte {
	f := must(d.fs.Open(name))
	b = readInto(f, b)
	check(f.Close())
	return b
}

func (d *pebbleDisk) Release() {} // left to the garbage collector

// afero's MemMapFs: no crash at all, and Sync does nothing.
type memMapDisk struct {
	fs   afero.Fs
	file afero.File
}

func newMemMap(size int) disk {
	d := &memMapDisk{fs: afero.NewMemMapFs()}
	d.file = must(d.fs.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644))
	must(d.file.Write(make([]byte, size)))
	return d
}

func (d *memMapDisk) Append(b []byte) { must(d.file.Write(b)) }
func (d *memMapDisk) Sync()           { check(d.file.Sync()) }
func (d *memMapDisk) Crash() disk     { return d }
func (d *memMapDisk) Read(b []byte) []byte {
	f := must(d.fs.Open(name))
	b = readInto(f, b)
	check(f.Close())
	return b
}

func (d *memMapDisk) Release() {}

// appender appends and syncs records to a file of a size, and begins anew
// before the file has grown by a quarter of it, so that the size stays what it
// says.
type appender struct {
	p      peer
	size   int
	record []byte
	d      disk
	grown  int
}

func newAppender(p peer, size, record int) *appender {
	return &appender{p: p, size: size, record: make([]byte, record), d: p.make(size)}
}

// due is how many appends fit before the file must be made anew.
func (a *appender) due() int { return max(1, (a.size/4-a.grown)/len(a.record)) }

func (a *appender) appendSync() {
	a.d.Append(a.record)
	a.d.Sync()
	a.grown += len(a.record)
}

func (a *appender) anew() {
	if a.grown+len(a.record) <= a.size/4 {
		return
	}
	a.d.Release()
	a.d, a.grown = a.p.make(a.size), 0
}

// imager takes images of a file of a size with one append pending.
type imager struct{ d disk }

func newImager(p peer, size int) *imager {
	d := p.make(size)
	d.Append(make([]byte, 200))
	return &imager{d}
}

func (i *imager) image() { i.d.Crash().Release() }

// cycleRecords is how many records of 200 bytes a cycle writes, each with a
// sync.
const cycleRecords = 100

// readInto reads until the end of a file, or until b is full.
func readInto(r io.Reader, b []byte) []byte {
	n, err := io.ReadFull(r, b)
	if err != nil && err != io.ErrUnexpectedEOF {
		panic(err)
	}
	return b[:n]
}

// cycle writes records, crashes, reopens what the crash left and reads it back.
func cycle(p peer, record, want, buffer []byte) {
	d := p.make(0)
	for range cycleRecords {
		d.Append(record)
		d.Sync()
	}
	crashed := d.Crash()
	if got := crashed.Read(buffer); !bytes.Equal(got, want) {
		panic(fmt.Sprintf("bench: %s lost synced data: %d bytes of %d came back", p.name, len(got), len(want)))
	}
	if p.crashes {
		crashed.Release()
	}
	d.Release()
}
