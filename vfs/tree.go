package vfs

import (
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/spf13/afero"
)

// Entry is a file or directory of an image.
type Entry struct {
	Path string // rooted: "/a/b"
	Dir  bool
	Mode fs.FileMode
	Data []byte // of a file
	// Target is what a symbolic link says, which is no file here: it has no Data.
	Target string
	// Xattrs are its extended attributes, by name.
	Xattrs []Xattr
	// Twin is the first path of the image that is the same file, "" if that is
	// this one.
	Twin string
}

// Tree is all that a filesystem shows below its root: contents by rooted path.
// Directories end in a slash and have no content, not even an empty one. Symbolic
// links end in two slashes; their content is their target. An extended attribute is the
// path, two slashes and its name, with the value as content.
type Tree map[string][]byte

// dirMark and linkMark end the paths of what is no file.
const (
	dirMark  = "/"
	linkMark = "//"
)

// String lists the tree in order, a line for each path.
func (t Tree) String() string {
	var b strings.Builder
	for _, p := range slices.Sorted(maps.Keys(t)) {
		of, attr, marked := strings.Cut(p, linkMark)
		switch {
		case attr != "":
			fmt.Fprintf(&b, "%s %s=%q", of, attr, t[p])
		case marked:
			fmt.Fprintf(&b, "%s -> %s", of, t[p])
		case strings.HasSuffix(p, dirMark):
			b.WriteString(p)
		default:
			fmt.Fprintf(&b, "%s %d bytes", p, len(t[p]))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// treeOf collects the contents of entries.
func treeOf(entries iter.Seq[Entry]) Tree {
	t := Tree{}
	for e := range entries {
		switch {
		case e.Dir:
			t[e.Path+dirMark] = nil
		case e.Target != "":
			t[e.Path+linkMark] = []byte(e.Target)
		default:
			t[e.Path] = e.Data
		}
		for _, x := range e.Xattrs {
			t[e.Path+linkMark+x.Name] = x.Value
		}
	}
	return t
}

// Tree returns what the disk shows now. It is no operation.
func (d *Disk) Tree() Tree {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.layer == nil {
		return nil
	}
	return treeOf(walkTree(d.peek))
}

// Tree returns what the image shows.
func (im *Image) Tree() Tree { return treeOf(im.Walk()) }

// Walk yields what the image shows, parents before children and names in order.
func (im *Image) Walk() iter.Seq[Entry] {
	return walkTree(im.table.get)
}

// walkTree walks over the inodes that get returns, from the root down.
func walkTree(get func(uint64) *inode) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		first := make(map[uint64]string) // looked up in, never ranged over
		var below func(dir *inode, prefix string) bool
		below = func(dir *inode, prefix string) bool {
			return dir.entries.each(func(name string, ino uint64) bool {
				n := get(ino)
				e := Entry{Path: prefix + name, Dir: n.isDir(), Mode: n.mode, Xattrs: n.xattrs}
				if n.isDir() {
					return yield(e) && below(n, e.Path+"/")
				}
				if len(n.links) > 1 { // other names of the file may come later, or came before
					if e.Twin = first[ino]; e.Twin == "" {
						first[ino] = e.Path
					}
				}
				if n.isLink() {
					e.Target = n.target
					return yield(e)
				}
				e.Data = make([]byte, n.size)
				readTable(&n.pages, e.Data, 0)
				return yield(e)
			})
		}
		below(get(rootIno), "/")
	}
}

// Export writes what the image shows below a directory of another filesystem,
// which must exist. Files of two names become two files there, and so do symbolic
// links, which keep their targets. Extended attributes stay behind.
func (im *Image) Export(dst afero.Fs, dir string) error {
	for e := range im.Walk() {
		to := path.Join(dir, e.Path)
		var err error
		switch {
		case e.Dir:
			err = dst.Mkdir(to, e.Mode.Perm()|0o700)
		case e.Target != "":
			err = symlinkOn(dst, e.Target, to)
		default:
			err = afero.WriteFile(dst, to, e.Data, e.Mode.Perm()|0o600)
		}
		if err != nil {
			return fmt.Errorf("vfs: export of %s: %w", e.Path, err)
		}
	}
	return nil
}

// readXattrs adds the extended attributes of what is at a path to a tree, if the
// filesystem has any.
func readXattrs(t Tree, fsys afero.Fs, at string) error {
	d, ok := fsys.(interface {
		XattrsAt(name string, follows bool) Xattrs
	})
	if !ok {
		return nil
	}
	of := d.XattrsAt(at, false)
	names, err := of.ListXattrs()
	for _, attr := range names {
		if err == nil {
			t[at+linkMark+attr], err = of.GetXattr(attr)
		}
	}
	if err != nil {
		return fmt.Errorf("vfs: reading %s: %w", at, err)
	}
	return nil
}

// symlinkOn makes a symbolic link on a filesystem that may have none.
func symlinkOn(fsys afero.Fs, target, name string) error {
	if l, ok := fsys.(afero.Linker); ok {
		return l.SymlinkIfPossible(target, name)
	}
	return linkError("symlink", target, name, afero.ErrNoSymlink)
}

// ReadTree reads all that a filesystem shows below its root, by its ordinary
// operations.
func ReadTree(fsys afero.Fs) (Tree, error) {
	t := Tree{}
	return t, readInto(t, fsys, "/")
}

// readInto adds what is below a directory to a tree.
func readInto(t Tree, fsys afero.Fs, dir string) error {
	infos, err := afero.ReadDir(fsys, dir)
	if err != nil {
		return fmt.Errorf("vfs: reading %s: %w", dir, err)
	}
	for _, info := range infos {
		at := path.Join(dir, info.Name())
		if err := readXattrs(t, fsys, at); err != nil {
			return err
		}
		if info.IsDir() {
			t[at+dirMark] = nil
			if err := readInto(t, fsys, at); err != nil {
				return err
			}
			continue
		}
		if r, ok := fsys.(afero.LinkReader); ok && info.Mode()&fs.ModeSymlink != 0 {
			target, err := r.ReadlinkIfPossible(at)
			if err != nil {
				return fmt.Errorf("vfs: reading %s: %w", at, err)
			}
			t[at+linkMark] = []byte(target)
			continue
		}
		if t[at], err = afero.ReadFile(fsys, at); err != nil {
			return fmt.Errorf("vfs: reading %s: %w", at, err)
		}
	}
	return nil
}
