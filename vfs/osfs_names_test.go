//go:build linux

package vfs_test

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"powercut/vfs"
)

var (
	longName  = strings.Repeat("n", 256)
	somePaths = []string{"a", "b", "d", "d/a", "d/b", "d/e", "d/e/a", "e", "e/a", "nowhere/x", "a/x", "l", "l/a", "d/l", "d/l/e"}
	oddPaths  = []string{"", "nul\x00", longName, "d/" + longName[1:], longName + "/x", "d/" + longName, strings.Repeat("d/", 2100) + "a"}

	// someFlags are drawn one by one, beside an access mode.
	someFlags = []int{os.O_CREATE, os.O_EXCL, os.O_TRUNC, os.O_APPEND, os.O_SYNC, syscall.O_DSYNC, syscall.O_DIRECTORY, syscall.O_NOFOLLOW}

	somePerms = []fs.FileMode{0o644, 0o600, 0o755, 0o700, 0o666, 0o777, fs.ModeSticky | 0o777}
	rootPerms = []fs.FileMode{0, 0o444, 0o111, fs.ModeSetuid | 0o755, fs.ModeSetgid | 0o755, fs.ModeSetgid | 0o644,
		fs.ModeSetuid | fs.ModeSetgid | 0o711, fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky | 0o777}

	// marked is a time that no file gets by itself.
	marked = time.Unix(1_000_000_000, 123_456_789)
)

// path draws a name, and gives it as the disk and as a real directory is told.
func (p *pair) path(label string) (string, string) {
	name := ""
	switch rapid.IntRange(0, 9).Draw(p.t, label+" form") {
	case 0:
		name = rapid.SampledFrom(oddPaths).Draw(p.t, label)
		if name == "" {
			return "", ""
		}
	case 1, 2, 3, 4:
		name = p.spelled(label)
	default:
		name = rapid.SampledFrom(somePaths).Draw(p.t, label)
	}
	return p.inDisk + "/" + name, p.base + "/" + name
}

// spelled draws a path with dots, dots that go up, and slashes where one needs
// none. It never leads out of the directory, but maybe to it.
func (p *pair) spelled(label string) string {
	var b strings.Builder
	depth := 0
	slashes := rapid.SampledFrom([]string{"/", "/", "/", "//", "///"})
	if rapid.IntRange(0, 4).Draw(p.t, label+" rooted") == 0 {
		b.WriteString(slashes.Draw(p.t, label+" root"))
	}
	for i := range rapid.IntRange(1, 4).Draw(p.t, label+" elements") {
		elem := rapid.SampledFrom([]string{"a", "b", "d", "e", "d", "l", "e", ".", ".."}).Draw(p.t, label)
		if elem == ".." {
			if depth == 0 {
				elem = "."
			} else {
				depth -= 2
			}
		}
		if elem != "." {
			depth++
		}
		if i > 0 {
			b.WriteString(slashes.Draw(p.t, label+" between"))
		}
		b.WriteString(elem)
	}
	if rapid.IntRange(0, 3).Draw(p.t, label+" ended") == 0 {
		b.WriteString(slashes.Draw(p.t, label+" end"))
	}
	return b.String()
}

func (p *pair) perm() fs.FileMode {
	perms := somePerms
	if isRoot {
		perms = append(slices.Clone(perms), rootPerms...)
	}
	return rapid.SampledFrom(perms).Draw(p.t, "perm")
}

// furnish makes a few files and directories, so that paths lead somewhere.
func (p *pair) furnish() {
	for _, name := range []string{"d/", "d/e/", "e/", "a", "d/a", "d/e/a"} {
		if !rapid.Bool().Draw(p.t, "with "+name) {
			continue
		}
		var err, realErr error
		if dir, ok := strings.CutSuffix(name, "/"); ok {
			err, realErr = p.disk.Mkdir(p.inDisk+"/"+dir, 0o755), p.real.Mkdir(p.base+"/"+dir, 0o755)
		} else {
			data := []byte(strings.Repeat(name[len(name)-1:], 5000))
			err, realErr = afero.WriteFile(p.disk, p.inDisk+"/"+name, data, 0o644), afero.WriteFile(p.real, p.base+"/"+name, data, 0o644)
		}
		p.Same("make "+name, nil, nil, err, realErr)
	}
	for _, name := range []string{"l", "d/l"} {
		if rapid.Bool().Draw(p.t, "with "+name) {
			target := p.target()
			p.Same("link "+name, nil, nil, p.disk.SymlinkIfPossible(target, p.inDisk+"/"+name), os.Symlink(target, p.base+"/"+name))
		}
	}
}

// target draws what a symbolic link says: a path below the directory that the link is
// in, up from it, from the root, or nothing that is there.
func (p *pair) target() string {
	switch rapid.IntRange(0, 9).Draw(p.t, "target form") {
	case 0:
		return rapid.SampledFrom(oddPaths).Draw(p.t, "target")
	case 1, 2:
		return strings.TrimLeft(p.spelled("target"), "/") // one that leads out of the disk is an error
	case 3, 4:
		return p.realTop + "/" + strings.TrimPrefix(p.inDisk, "/") + "/" + rapid.SampledFrom(somePaths).Draw(p.t, "target")
	case 5:
		return rapid.SampledFrom([]string{"..", "../d", "../a", "../l", "l", ".", "./a", "d/"}).Draw(p.t, "target")
	}
	return rapid.SampledFrom(somePaths).Draw(p.t, "target")
}

func (p *pair) open() {
	name, real := p.path("path")
	flag := rapid.SampledFrom([]int{os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDWR, os.O_RDONLY, os.O_WRONLY | os.O_RDWR}).Draw(p.t, "access")
	if rapid.Bool().Draw(p.t, "creates") {
		flag |= os.O_CREATE
	}
	for range rapid.IntRange(0, 3).Draw(p.t, "flags") {
		flag |= rapid.SampledFrom(someFlags).Draw(p.t, "flag")
	}
	perm := p.perm()
	f, err := p.disk.OpenFile(name, flag, perm)
	g, realErr := p.real.OpenFile(real, flag, perm)
	p.Same(fmt.Sprintf("open %q %#x", name, flag), nil, nil, err, realErr)
	if err != nil {
		return
	}
	p.changes++
	info, err := g.Stat()
	p.files = append(p.files, &filePair{disk: f, real: g, dir: err == nil && info.IsDir(), readAt: p.changes})
}

func (p *pair) names() {
	name, real := p.path("path")
	other, realOther := p.path("other")
	perm := p.perm()
	p.changes++
	what := rapid.SampledFrom([]string{"mkdir", "mkdir", "mkdirall", "remove", "remove", "unlink", "rmdir", "removeall", "rename", "rename", "link", "link",
		"symlink", "symlink", "readlink", "lstat", "truncate", "rename2", "rename2", "stat", "xattr", "xattr", "chmod", "chmod", "chown", "chtimes", "list", "create", "open"}).Draw(p.t, "what")
	say := what + " " + name
	switch what {
	case "mkdir":
		p.Same(say, nil, nil, p.disk.Mkdir(name, perm), p.real.Mkdir(real, perm))
	case "mkdirall":
		if len(name) > 4096 {
			return // it would make what fits, which differs: the real path has more in front
		}
		p.Same(say, nil, nil, p.disk.MkdirAll(name, perm), p.real.MkdirAll(real, perm))
	case "remove", "unlink", "rmdir":
		p.remove(what, name, real)
	case "removeall":
		p.sameKind(say, nil, nil, p.disk.RemoveAll(name), p.real.RemoveAll(real))
	case "rename":
		p.Same(say+" "+other, nil, nil, p.disk.Rename(name, other), p.real.Rename(real, realOther))
	case "link":
		p.Same(say+" "+other, nil, nil, p.disk.Link(name, other), os.Link(real, realOther))
	case "symlink", "readlink", "lstat", "xattr":
		p.beside(what, name, real)
	case "truncate":
		size := rapid.SampledFrom(someOffsets).Draw(p.t, "size")
		p.Same(say, nil, nil, p.disk.Truncate(name, size), os.Truncate(real, size))
	case "rename2":
		flags := rapid.SampledFrom([]vfs.RenameFlags{0, 0, vfs.RenameNoReplace, vfs.RenameExchange, vfs.RenameExchange, 3}).Draw(p.t, "flags")
		p.sameKind(fmt.Sprint(say, " ", other, " ", flags), nil, nil, p.disk.RenameWith(name, other, flags), renameat2(real, realOther, flags))
	case "stat":
		info, err := p.disk.Stat(name)
		realInfo, realErr := p.real.Stat(real)
		p.Same(say, describe(info), describe(realInfo), err, realErr)
	case "chmod":
		p.Same(fmt.Sprint(say, " ", perm), nil, nil, p.disk.Chmod(name, perm), p.real.Chmod(real, perm))
	case "chown":
		if isRoot {
			owner := rapid.SampledFrom([]int{-1, 0}).Draw(p.t, "owner")
			p.Same(say, nil, nil, p.disk.Chown(name, owner, owner), p.real.Chown(real, owner, owner))
		}
	case "chtimes":
		when := rapid.SampledFrom([]time.Time{marked, marked, {}}).Draw(p.t, "time")
		p.Same(say, nil, nil, p.disk.Chtimes(name, when, when), p.real.Chtimes(real, when, when))
	case "list":
		count := rapid.SampledFrom([]int{-1, 0, 1, 2}).Draw(p.t, "count")
		names, err := list(p.disk, name, count)
		realNames, realErr := list(p.real, real, count)
		p.Same(say, names, realNames, err, realErr)
	case "create", "open":
		call := func(fsys afero.Fs, name string) error {
			open := fsys.Open
			if what == "create" {
				open = fsys.Create
			}
			f, err := open(name)
			if err == nil {
				err = f.Close()
			}
			return err
		}
		p.Same(say, nil, nil, call(p.disk, name), call(p.real, real))
	}
}

// renameat2 is a system call that package syscall lacks.
func renameat2(oldName, newName string, flags vfs.RenameFlags) error {
	from, err := syscall.BytePtrFromString(oldName)
	if err != nil {
		return err
	}
	to, err := syscall.BytePtrFromString(newName)
	if err != nil {
		return err
	}
	number := map[string]uintptr{"amd64": 316, "arm64": 276}[runtime.GOARCH]
	const cwd = ^uintptr(99)
	if _, _, errno := syscall.Syscall6(number, cwd, uintptr(unsafe.Pointer(from)), cwd, uintptr(unsafe.Pointer(to)), uintptr(flags), 0); errno != 0 {
		return errno
	}
	return nil
}

// beside makes a symbolic link, looks at one, or is about extended attributes.
func (p *pair) beside(what, name, real string) {
	say := what + " " + name
	switch what {
	case "symlink":
		target := p.target()
		p.Same(say+" to "+target, nil, nil, p.disk.SymlinkIfPossible(target, name), os.Symlink(target, real))
	case "readlink":
		target, err := p.disk.ReadlinkIfPossible(name)
		want, realErr := os.Readlink(real)
		p.Same(say, target, want, err, realErr)
	case "xattr":
		follows := rapid.Bool().Draw(p.t, "follows")
		p.xattr(say, p.disk.XattrsAt(name, follows), realXattrs{path: real, follows: follows})
	case "lstat":
		info, _, err := p.disk.LstatIfPossible(name)
		realInfo, realErr := os.Lstat(real)
		p.Same(say, describe(info), describe(realInfo), err, realErr)
	}
}

// describe is what a program can see of a file, but for the size and the number
// of links of a directory, which are the filesystem's own, and but for times
// other than the marked one.
func describe(info fs.FileInfo) string {
	if info == nil {
		return ""
	}
	links := 0
	switch sys := info.Sys().(type) {
	case *vfs.FileInfo:
		links = sys.Links()
	case *syscall.Stat_t:
		links = int(sys.Nlink)
	}
	text := fmt.Sprintf("%s %v", info.Name(), info.Mode())
	if !info.IsDir() {
		text += fmt.Sprintf(" %d bytes, %d links", info.Size(), links)
	}
	if info.ModTime().Equal(marked) {
		text += ", marked time"
	}
	return text
}

// list reads a directory in parts.
func list(fsys afero.Fs, name string, count int) ([]string, error) {
	dir, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return readAll(dir, count)
}

func readAll(dir afero.File, count int) ([]string, error) {
	var out []string
	for {
		infos, err := dir.Readdir(count)
		if count > 0 && len(infos) > count {
			return nil, fmt.Errorf("%d entries, asked for %d", len(infos), count)
		}
		for _, i := range infos {
			out = append(out, describe(i))
		}
		if err != nil || count <= 0 {
			slices.Sort(out)
			return out, err
		}
	}
}
