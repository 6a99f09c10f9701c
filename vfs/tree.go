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
	// Twin is the first path of the image that is the same file, "" if that is
	// this one.
	Twin string
}

// Tree is all that a filesystem shows below its root: contents by rooted path.
// Directories end in a slash and have no content, not even an empty one.
type Tree map[string][]byte

// String lists the tree in order, a line for each path.
func (t Tree) String() string {
	var b strings.Builder
	for _, p := range slices.Sorted(maps.Keys(t)) {
		b.WriteString(p)
		if !strings.HasSuffix(p, "/") {
			fmt.Fprintf(&b, " %d bytes", len(t[p]))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// treeOf collects the contents of entries.
func treeOf(entries iter.Seq[Entry]) Tree {
	t := Tree{}
	for e := range entries {
		if e.Dir {
			t[e.Path+"/"] = nil
		} else {
			t[e.Path] = e.Data
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
				e := Entry{Path: prefix + name, Dir: n.isDir(), Mode: n.mode}
				if n.isDir() {
					return yield(e) && below(n, e.Path+"/")
				}
				if len(n.links) > 1 { // other names of the file may come later, or came before
					if e.Twin = first[ino]; e.Twin == "" {
						first[ino] = e.Path
					}
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
// which must exist. Files of two names become two files there.
func (im *Image) Export(dst afero.Fs, dir string) error {
	for e := range im.Walk() {
		to := path.Join(dir, e.Path)
		var err error
		if e.Dir {
			err = dst.Mkdir(to, e.Mode.Perm()|0o700)
		} else {
			err = afero.WriteFile(dst, to, e.Data, e.Mode.Perm()|0o600)
		}
		if err != nil {
			return fmt.Errorf("vfs: export of %s: %w", e.Path, err)
		}
	}
	return nil
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
		if info.IsDir() {
			t[at+"/"] = nil
			if err := readInto(t, fsys, at); err != nil {
				return err
			}
			continue
		}
		if t[at], err = afero.ReadFile(fsys, at); err != nil {
			return fmt.Errorf("vfs: reading %s: %w", at, err)
		}
	}
	return nil
}
