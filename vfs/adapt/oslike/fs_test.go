package oslike_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"testing"

	"github.com/spf13/afero"

	"powercut/vfs"
	"powercut/vfs/adapt/oslike"
)

// Each method does on the disk what package os does on a real one.
func TestMethods(t *testing.T) {
	disk := oslike.FS[afero.File]{Disk: vfs.New(vfs.Options{})}
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	must("MkdirAll", disk.MkdirAll("/a/b", 0o755))
	must("Mkdir", disk.Mkdir("/a/c", 0o755))
	must("WriteFile", disk.WriteFile("/a/f", []byte("12345"), 0o644))
	must("Truncate", disk.Truncate("/a/f", 3))
	must("Link", disk.Link("/a/f", "/a/g"))
	must("Rename", disk.Rename("/a/g", "/a/h"))
	must("Chmod", disk.Chmod("/a/f", 0o600))
	must("SyncDir", disk.SyncDir("/a"))
	text, err := disk.ReadFile("/a/h")
	if err != nil || string(text) != "123" {
		t.Errorf("ReadFile of a link: %q, %v", text, err)
	}
	for _, stat := range []func(string) (fs.FileInfo, error){disk.Stat, disk.Lstat} {
		if info, err := stat("/a/f"); err != nil || info.Mode() != 0o600 {
			t.Errorf("Stat: %v, %v", info, err)
		}
	}
	if f, err := disk.OpenFile("/a/f", os.O_RDWR|os.O_EXCL|os.O_CREATE, 0o644); !errors.Is(err, fs.ErrExist) {
		t.Errorf("OpenFile of what is there: %v, %v", f, err)
	}
	must("Remove", disk.Remove("/a/f"))
	must("RemoveAll", disk.RemoveAll("/a/b"))
	entries, err := disk.ReadDir("/a")
	must("ReadDir", err)
	if len(entries) != 2 || !entries[0].IsDir() {
		t.Errorf("ReadDir: %v", entries)
	}
	names, err := disk.List("/a")
	if err != nil || !slices.Equal(names, []string{"c", "h"}) {
		t.Errorf("List: %v, %v", names, err)
	}
}

// A lock is held by one, until it is closed.
func TestLock(t *testing.T) {
	disk := oslike.FS[afero.File]{Disk: vfs.New(vfs.Options{})}
	held, err := disk.Lock("/lock")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := disk.Lock("/lock"); !errors.Is(err, vfs.ErrLocked) {
		t.Errorf("a second lock: %v", err)
	}
	if err := held.Close(); err != nil {
		t.Error(err)
	}
	again, err := disk.Lock("/lock")
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// describing is a file of an engine that asks for more than the disk's files have.
type describing interface {
	afero.File
	Describe() string
}

type described struct{ afero.File }

func (d described) Describe() string { return "the file " + d.Name() }

// What the disk's files lack is added, or the error says what to do.
func TestWrap(t *testing.T) {
	disk := oslike.FS[describing]{Disk: vfs.New(vfs.Options{})}
	if _, err := disk.Create("/f"); err == nil || err.Error() != "oslike: a file of the disk lacks a method of the engine's File: set FS.Wrap" {
		t.Errorf("without Wrap: %v", err)
	}
	disk.Wrap = func(f afero.File) describing { return described{f} }
	f, err := disk.Open("/f")
	if err != nil {
		t.Fatal(err)
	}
	if f.Describe() != "the file /f" {
		t.Errorf("Describe: %q", f.Describe())
	}
}
