package vfs

import (
	"path"
	"strings"
)

// The limits of names, as on Linux.
const (
	maxNameBytes = 255
	maxPathBytes = 4096 - 1
)

// cleanPath gives a name's rooted form. A disk has one directory tree and no
// working directory: "a" is "/a".
func cleanPath(name string) string {
	if len(name) > 1 && name[0] == '/' && isClean(name) {
		return name
	}
	return path.Clean("/" + name)
}

// isClean spares the common case the work of path.Clean.
func isClean(name string) bool {
	for i := 1; i < len(name); i++ {
		if name[i-1] == '/' && (name[i] == '/' || name[i] == '.') {
			return false
		}
	}
	return name[len(name)-1] != '/'
}

// checkName says what is wrong with a name in itself.
func checkName(name string) error {
	switch {
	case name == "":
		return errNotExist
	case strings.IndexByte(name, 0) >= 0:
		return errInvalid
	case len(name) > maxPathBytes:
		return errNameTooLong
	}
	return nil
}

// place is where a path leads: the directory, the last element, and what that
// names, if anything.
type place struct {
	dir  *node
	name string // "" for the root
	node *node  // nil if there is none
}

// walk finds the place of a cleaned path.
func (d *Disk) walk(clean string) (place, error) {
	p := place{node: d.node(rootIno)}
	for rest := clean[1:]; rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		if p.node == nil {
			return place{}, errNotExist
		}
		if !p.node.isDir() {
			return place{}, errNotDir
		}
		if len(name) > maxNameBytes {
			return place{}, errNameTooLong
		}
		p.dir, p.name = p.node, name
		p.node = nil
		if ino := p.dir.entries.get(name); ino != 0 {
			p.node = d.node(ino)
		}
	}
	return p, nil
}

// locate is walk for a name as a caller gave it. Unlike path.Clean it looks
// whether what comes before a "." or ".." is there.
func (d *Disk) locate(name string) (place, error) {
	if err := checkName(name); err != nil {
		return place{}, err
	}
	if err := d.checkDots(name); err != nil {
		return place{}, err
	}
	return d.walk(cleanPath(name))
}

// checkDots looks whether there is a directory before each "." and "..".
func (d *Disk) checkDots(name string) error {
	if cleanPath(name) == name {
		return nil
	}
	so := "/"
	for elem := range strings.SplitSeq(name, "/") {
		if elem == "." || elem == ".." {
			p, err := d.walk(so)
			switch {
			case err != nil:
				return err
			case p.node == nil:
				return errNotExist
			case !p.node.isDir():
				return errNotDir
			}
		}
		so = path.Join(so, elem)
	}
	return nil
}

// find is walk for a name as a caller gave it, which must exist.
func (d *Disk) find(name string) (place, error) {
	p, err := d.locate(name)
	if err == nil && p.node == nil {
		err = errNotExist
	}
	// A name that ends in a slash means a directory.
	if err == nil && name[len(name)-1] == '/' && !p.node.isDir() {
		err = errNotDir
	}
	return p, err
}

// parent finds the directory that a name is in.
func (d *Disk) parent(name string) (*node, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := d.checkDots(name); err != nil {
		return nil, err
	}
	p, err := d.walk(path.Dir(cleanPath(name)))
	switch {
	case err != nil:
		return nil, err
	case p.node == nil:
		return nil, errNotExist
	case !p.node.isDir():
		return nil, errNotDir
	}
	return p.node, nil
}

// pathOf spells a name out. A directory without a name is a deleted one.
func (d *Disk) pathOf(k link) string { return pathOf(d.peek, k) }

func pathOf(peek func(uint64) *inode, k link) string {
	full := k.name
	for k.dir != rootIno {
		dir := peek(k.dir)
		if dir == nil || len(dir.links) == 0 || len(full) > maxPathBytes {
			return "/(deleted)/" + full
		}
		k = dir.links[0]
		full = k.name + "/" + full
	}
	return "/" + full
}
