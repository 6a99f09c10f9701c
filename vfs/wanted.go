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
	content  []byte
	children map[string]*wanted
}

// newWanted returns the root of a tree. A path that is none, or whose directory the
// tree lacks, is an error: no crash leaves that.
func newWanted(tree Tree) (*wanted, error) {
	root := &wanted{path: "/", dir: true, children: map[string]*wanted{}}
	for _, name := range slices.Sorted(maps.Keys(tree)) { // a directory sorts before what is in it
		clean, isDir := strings.CutSuffix(name, "/")
		if len(clean) < 2 || clean != path.Clean("/"+clean) || isDir && tree[name] != nil {
			return nil, fmt.Errorf("vfs: not a path of a tree: %q", name)
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
			return nil, fmt.Errorf("vfs: %q is both a file and a directory", clean)
		}
		in.children[last] = &wanted{path: clean, dir: isDir, content: tree[name], children: map[string]*wanted{}}
	}
	return root, nil
}
