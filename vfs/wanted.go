package vfs

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// wanted is a file or directory of the tree that Disk.Accepts judges.
type wanted struct {
	path     string // rooted
	dir      bool
	link     bool
	content  []byte // of a symbolic link, its target
	xattrs   []Xattr
	children map[string]*wanted
}

// newWanted returns the root of a tree. A path that is none, or whose directory the
// tree lacks, is an error: no crash leaves that.
func newWanted(tree Tree) (*wanted, error) {
	root := &wanted{path: "/", dir: true, children: map[string]*wanted{}}
	var xattrs []string
	for _, name := range slices.Sorted(maps.Keys(tree)) { // a directory sorts before what is in it
		clean, attr, isLink := strings.Cut(name, linkMark)
		clean, isDir := strings.CutSuffix(clean, dirMark)
		if len(clean) < 2 || clean != path.Clean("/"+clean) || isDir && (isLink || tree[name] != nil) {
			return nil, fmt.Errorf("vfs: not a path of a tree: %q", name)
		}
		if attr != "" {
			xattrs = append(xattrs, name)
			continue
		}
		in := root
		elems := strings.Split(clean[1:], "/")
		for _, e := range elems[:len(elems)-1] {
			if in = in.children[e]; in == nil || !in.dir {
				return nil, fmt.Errorf("vfs: the directory of %q is not in the tree", name)
			}
		}
		last := elems[len(elems)-1]
		if in.children[last] != nil {
			return nil, fmt.Errorf("vfs: %q is of two kinds: a file, a directory, a symbolic link", clean)
		}
		in.children[last] = &wanted{path: clean, dir: isDir, link: isLink, content: tree[name], children: map[string]*wanted{}}
	}
	for _, name := range xattrs {
		of, attr, _ := strings.Cut(name, linkMark)
		w := root.at(of)
		if w == nil {
			return nil, fmt.Errorf("vfs: what has the attribute %q is not in the tree", name)
		}
		w.xattrs = append(w.xattrs, Xattr{attr, tree[name]})
	}
	return root, nil
}

// at is what the tree has at a path, nil for nothing.
func (w *wanted) at(name string) *wanted {
	for e := range strings.SplitSeq(name[1:], "/") {
		if w = w.children[e]; w == nil {
			break
		}
	}
	return w
}
