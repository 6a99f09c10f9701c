package journal

import (
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/spf13/afero"

	powercut "powercut/journal"
)

// A slow disk is a filesystem whose every fsync of a file is delayed. Over memory, all
// contestants meet the same disk, and none meets its moods.

// slowFs is one for the journal.
type slowFs struct {
	afero.Fs
	delay func()
}

type slowFile struct {
	*os.File
	delay func()
}

func (fs slowFs) OpenFile(name string, flag int, perm os.FileMode) (afero.File, error) {
	file, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return slowFile{file, fs.delay}, nil
}

func (f slowFile) Sync() error {
	f.delay()
	return f.File.Sync()
}

// slowPebble is one for pebble.
type slowPebble struct {
	vfs.FS
	delay func()
}

type slowPebbleFile struct {
	vfs.File
	delay func()
}

func (fs slowPebble) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := fs.FS.Create(name, category)
	return slowPebbleFile{file, fs.delay}, err
}

func (fs slowPebble) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := fs.FS.ReuseForWrite(oldname, newname, category)
	return slowPebbleFile{file, fs.delay}, err
}

func (f slowPebbleFile) Sync() error {
	f.delay()
	return f.File.Sync()
}

func (f slowPebbleFile) SyncData() error {
	f.delay()
	return f.File.SyncData()
}

// slowGroupers are the journal, pebble and the ideal on a slow disk.
func slowGroupers(delay func()) []contestant {
	slowSync := func(f *os.File) error {
		delay()
		return f.Sync()
	}
	journalWith := func(roomBytes int) func(string, promise) (store, error) {
		return func(dir string, p promise) (store, error) {
			return openOn(slowFs{afero.NewOsFs(), delay}, dir, p, powercut.Options{RoomBytes: roomBytes})
		}
	}
	pebble := slowPebble{vfs.Default, delay}
	return []contestant{
		{name: "ideal", floor: true, open: openGrowing(slowSync), read: readRaw},
		{name: "ideal-recycled", floor: true, recycles: true, open: openPrewritten(slowSync), read: readRaw},
		{name: "powercut", concurrent: true, open: journalWith(0), read: readPowercut},
		{name: "powercut-prewritten", concurrent: true, recycles: true, open: prewrittenOf(journalWith(prewrittenBytes)), read: readPrewritten},
		{name: "pebble", concurrent: true, open: openPebbleOn(pebble), read: readPebble},
		{name: "pebble-recycled", concurrent: true, recycles: true, open: openPebbleRecycledOn(pebble), read: readPebble},
	}
}
