package vfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"powercut/vfs"
)

// pair is a disk and a real directory on which the same is done.
type pair struct {
	t     *rapid.T
	disk  *vfs.Disk
	real  afero.Fs
	base  string
	files []filePair
}

type filePair struct{ disk, real afero.File }

// kindOf tells errors apart as a program would.
func kindOf(err error) string {
	var errno syscall.Errno
	switch {
	case err == nil:
		return "nil"
	case errors.Is(err, io.EOF):
		return "EOF"
	case errors.Is(err, fs.ErrClosed):
		return "closed"
	case errors.As(err, &errno):
		return fmt.Sprintf("%s (%d)", errno, int(errno))
	case strings.Contains(err.Error(), "negative offset"):
		return "negative offset"
	case strings.Contains(err.Error(), "O_APPEND"):
		return "O_APPEND"
	}
	return err.Error()
}

func (p *pair) same(what string, disk, real any, diskErr, realErr error) {
	p.t.Helper()
	if kindOf(diskErr) != kindOf(realErr) {
		p.t.Fatalf("%s: the disk says %q, a real directory %q", what, kindOf(diskErr), kindOf(realErr))
	}
	if fmt.Sprint(disk) != fmt.Sprint(real) {
		p.t.Fatalf("%s: the disk gives %v, a real directory %v", what, disk, real)
	}
	wrapped := func(err error) string { return strings.TrimSuffix(fmt.Sprintf("%T", err), "Error") }
	if diskErr != nil && kindOf(diskErr) != "EOF" && kindOf(diskErr) != "O_APPEND" && wrapped(diskErr) != wrapped(realErr) {
		p.t.Fatalf("%s: the disk's error is a %T, a real one %T", what, diskErr, realErr)
	}
}

var (
	longName  = strings.Repeat("n", 256)
	somePaths = []string{"a", "b", "a/x", "d", "d/a", "d/b", "d/e", "d/e/f", "d/../b", "./a", "e", "e/", "a/", "nowhere/x", longName, "d/" + longName[1:], "/a//", ""}
	someFlags = []int{os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDWR | os.O_CREATE, os.O_RDWR | os.O_CREATE | os.O_TRUNC,
		os.O_WRONLY | os.O_CREATE | os.O_APPEND, os.O_RDWR | os.O_CREATE | os.O_EXCL, os.O_RDWR | os.O_APPEND, os.O_RDWR | os.O_TRUNC,
		os.O_RDONLY | os.O_CREATE, os.O_RDWR | os.O_CREATE | os.O_SYNC, os.O_RDWR | os.O_CREATE | os.O_EXCL | os.O_TRUNC, os.O_RDONLY | os.O_TRUNC}
	somePerms   = []fs.FileMode{0o644, 0o600, 0o755, 0o700, 0o666}
	someLengths = []int{0, 1, 100, 4095, 4096, 5000}
	someOffsets = []int64{0, 1, 511, 4096, 10000, -1}
)

func (p *pair) path(label string) (string, string) {
	name := rapid.SampledFrom(somePaths).Draw(p.t, label)
	if name == "" {
		return "", ""
	}
	return name, p.base + "/" + name
}

func (p *pair) file() (filePair, bool) {
	if len(p.files) == 0 {
		return filePair{}, false
	}
	return p.files[rapid.IntRange(0, len(p.files)-1).Draw(p.t, "handle")], true
}

func (p *pair) open() {
	name, real := p.path("path")
	flag := rapid.SampledFrom(someFlags).Draw(p.t, "flag")
	perm := rapid.SampledFrom(somePerms).Draw(p.t, "perm")
	if strings.HasSuffix(name, "/") && flag&os.O_CREATE != 0 {
		return // Linux answers differently from filesystem to filesystem
	}
	f, err := p.disk.OpenFile(name, flag, perm)
	g, realErr := p.real.OpenFile(real, flag, perm)
	p.same(fmt.Sprintf("open %q %#x", name, flag), nil, nil, err, realErr)
	if err == nil {
		p.files = append(p.files, filePair{f, g})
	}
}

func (p *pair) names() {
	name, real := p.path("path")
	other, realOther := p.path("other")
	perm := rapid.SampledFrom(somePerms).Draw(p.t, "perm")
	slash := strings.HasSuffix(name, "/") || strings.HasSuffix(other, "/")
	switch what := rapid.SampledFrom([]string{"mkdir", "mkdir", "mkdirall", "remove", "removeall", "rename", "rename", "link", "stat", "chmod", "list"}).Draw(p.t, "what"); what {
	case "mkdir":
		p.same("mkdir "+name, nil, nil, p.disk.Mkdir(name, perm), p.real.Mkdir(real, perm))
	case "mkdirall":
		p.same("mkdirall "+name, nil, nil, p.disk.MkdirAll(name, perm), p.real.MkdirAll(real, perm))
	case "remove":
		p.same("remove "+name, nil, nil, p.disk.Remove(name), p.real.Remove(real))
	case "removeall":
		p.same("removeall "+name, nil, nil, p.disk.RemoveAll(name), p.real.RemoveAll(real))
	case "rename":
		if !slash {
			p.same("rename "+name+" "+other, nil, nil, p.disk.Rename(name, other), p.real.Rename(real, realOther))
		}
	case "link":
		if !slash {
			p.same("link "+name+" "+other, nil, nil, p.disk.Link(name, other), os.Link(real, realOther))
		}
	case "stat":
		info, err := p.disk.Stat(name)
		realInfo, realErr := p.real.Stat(real)
		p.same("stat "+name, describe(info), describe(realInfo), err, realErr)
	case "chmod":
		p.same("chmod "+name, nil, nil, p.disk.Chmod(name, perm), p.real.Chmod(real, perm))
	case "list":
		count := rapid.SampledFrom([]int{-1, 0, 1, 2}).Draw(p.t, "count")
		list, err := list(p.disk, name, count)
		realList, realErr := p.list(real, count)
		p.same("list "+name, list, realList, err, realErr)
	}
}

func (p *pair) list(real string, count int) ([]string, error) { return list(p.real, real, count) }

func list(f afero.Fs, name string, count int) ([]string, error) {
	dir, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	var out []string
	for {
		infos, err := dir.Readdir(count)
		if count > 0 && len(infos) > count {
			return nil, fmt.Errorf("%d entries, asked for %d", len(infos), count)
		}
		for _, i := range infos {
			out = append(out, fmt.Sprint(i.Name(), describe(i)))
		}
		if err != nil || count <= 0 {
			slices.Sort(out)
			return out, err
		}
	}
}

func describe(info fs.FileInfo) string {
	if info == nil {
		return ""
	}
	if info.IsDir() {
		return "directory " + info.Mode().String()
	}
	return fmt.Sprint(info.Name(), " ", info.Size(), " ", info.Mode())
}

func (p *pair) handle() {
	f, ok := p.file()
	if !ok {
		return
	}
	n := rapid.SampledFrom(someLengths).Draw(p.t, "length")
	off := rapid.SampledFrom(someOffsets).Draw(p.t, "offset")
	buf, realBuf := make([]byte, n), make([]byte, n)
	fill := bytes.Repeat([]byte{byte(rapid.IntRange('a', 'z').Draw(p.t, "fill"))}, n)
	switch what := rapid.SampledFrom([]string{"read", "readat", "write", "write", "writeat", "writeat", "seek", "truncate", "sync", "stat", "close"}).Draw(p.t, "what"); what {
	case "read":
		got, err := f.disk.Read(buf)
		want, realErr := f.real.Read(realBuf)
		p.same(what, fmt.Sprint(got, buf[:got]), fmt.Sprint(want, realBuf[:want]), err, realErr)
	case "readat":
		got, err := f.disk.ReadAt(buf, off)
		want, realErr := f.real.ReadAt(realBuf, off)
		p.same(what, fmt.Sprint(got, buf[:got]), fmt.Sprint(want, realBuf[:want]), err, realErr)
	case "write":
		got, err := f.disk.Write(fill)
		want, realErr := f.real.Write(fill)
		p.same(what, got, want, err, realErr)
	case "writeat":
		got, err := f.disk.WriteAt(fill, off)
		want, realErr := f.real.WriteAt(fill, off)
		p.same(what, got, want, err, realErr)
	case "seek":
		whence := rapid.SampledFrom([]int{io.SeekStart, io.SeekCurrent, io.SeekEnd, 7}).Draw(p.t, "whence")
		if info, err := f.real.Stat(); err == nil && info.IsDir() {
			return // where a directory's end is, is up to the filesystem
		}
		got, err := f.disk.Seek(off, whence)
		want, realErr := f.real.Seek(off, whence)
		p.same(what, got, want, err, realErr)
	case "truncate":
		p.same(what, nil, nil, f.disk.Truncate(off), f.real.Truncate(off))
	case "sync":
		p.same(what, nil, nil, f.disk.Sync(), f.real.Sync())
	case "stat":
		info, err := f.disk.Stat()
		realInfo, realErr := f.real.Stat()
		p.same(what, describe(info), describe(realInfo), err, realErr)
	case "close":
		p.same(what, nil, nil, f.disk.Close(), f.real.Close())
	}
}

// TestAsARealDirectory does the same to a disk and to a directory of the
// machine that it runs on: same results, same bytes, same kinds of error.
func TestAsARealDirectory(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("not root: permissions are drawn so that they don't matter")
	}
	syscall.Umask(0)
	dir := t.TempDir()
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		p := &pair{t: t, disk: vfs.New(vfs.Options{}), real: afero.NewOsFs(), base: filepath.Join(dir, fmt.Sprint(run))}
		if err := os.Mkdir(p.base, 0o755); err != nil {
			t.Fatal(err)
		}
		defer func() {
			for _, f := range p.files {
				_ = f.real.Close() // some are closed already
			}
			if err := os.RemoveAll(p.base); err != nil {
				t.Fatal(err)
			}
		}()
		t.Repeat(map[string]func(*rapid.T){
			"open":    func(t *rapid.T) { p.t = t; p.open() },
			"names":   func(t *rapid.T) { p.t = t; p.names() },
			"handle":  func(t *rapid.T) { p.t = t; p.handle() },
			"handles": func(t *rapid.T) { p.t = t; p.handle() },
		})
		got, err := vfs.ReadTree(p.disk)
		if err != nil {
			t.Fatal(err)
		}
		want, err := vfs.ReadTree(afero.NewBasePathFs(p.real, p.base))
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Fatalf("the disk has\n%s\na real directory\n%s", got, want)
		}
		for name := range want {
			if !bytes.Equal(got[name], want[name]) {
				t.Fatalf("%s differs", name)
			}
		}
	})
}
