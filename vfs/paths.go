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
	case isUnspeakable(name):
		return errInvalid
	case len(name) > maxPathBytes:
		return errNameTooLong
	}
	return nil
}

// isUnspeakable says whether a name can't even be told to a kernel.
func isUnspeakable(name string) bool { return strings.IndexByte(name, 0) >= 0 }

// place is where a path leads: the directory, the last element, and what that
// names, if anything.
type place struct {
	dir   *node
	name  string
	node  *node // nil if there is none
	last  lastKind
	slash bool // a slash follows: only a directory will do
	long  bool // no name can be as long as the last element
	links bool // a symbolic link led here
}

// lastKind is what the last element of a path is. Only a name can be added,
// removed or renamed.
type lastKind uint8

const (
	lastName lastKind = iota
	lastRoot
	lastDot
	lastDotDot
)

// walk finds the place of a cleaned path.
func (d *Disk) walk(clean string, last lastLink) (place, error) {
	p, err := d.walkTo(clean, last)
	if err == nil && p.long {
		err = errNameTooLong
	}
	return p, err
}

// locate is walk for a name as a caller gave it. Like the kernel, and unlike
// path.Clean, it looks whether what comes before a "." or ".." is there. A last
// element that is too long is no error yet.
func (d *Disk) locate(name string, last lastLink) (place, error) {
	if err := checkName(name); err != nil {
		return place{}, err
	}
	return d.walkTo(name, last)
}

// walkTo follows a path element by element. Only what comes before the last element
// must be there.
func (d *Disk) walkTo(name string, last lastLink) (place, error) {
	p := place{node: d.node(rootIno), last: lastRoot}
	for links := 0; ; {
		for name != "" && name[0] == '/' {
			name = name[1:]
		}
		if name == "" {
			return p, nil
		}
		var elem string
		elem, name, p.slash = strings.Cut(name, "/")
		dir := p.node
		switch {
		case p.long:
			return place{}, errNameTooLong
		case dir == nil:
			return place{}, errNotExist
		case !dir.isDir():
			return place{}, errNotDir
		}
		d.step(&p, elem)
		if p.node == nil || !p.node.isLink() || strings.Trim(name, "/") == "" && !last.follows(p.slash) {
			continue
		}
		if links++; links > maxFollowed {
			return place{}, errLoop
		}
		if p.slash {
			name = "/" + name
		}
		var err error
		if name, err = d.follow(&p, name); err != nil {
			return place{}, err
		}
	}
}

// step goes from the place's directory to one of its entries.
func (d *Disk) step(p *place, elem string) {
	dir := p.node
	p.dir, p.name = dir, elem
	switch elem {
	case ".":
		p.last = lastDot
	case "..":
		p.last, p.node = lastDotDot, d.above(dir)
	default:
		p.last, p.node = lastName, nil
		p.long = len(elem) > maxNameBytes
		if ino := dir.entries.get(elem); ino != 0 {
			p.node = d.node(ino)
		}
	}
}

// above is the directory that a directory is in. The root is in itself.
func (d *Disk) above(dir *node) *node {
	if dir.ino == rootIno || len(dir.links) == 0 {
		return dir
	}
	return d.node(dir.links[0].dir)
}

// find is walk for a name as a caller gave it, which must exist.
func (d *Disk) find(name string, last lastLink) (place, error) {
	p, err := d.locate(name, last)
	if err == nil {
		err = p.mustExist()
	}
	return p, err
}

// dev is the device of the directory that the last element is looked for in.
func (p *place) dev() uint8 {
	if p.dir == nil {
		return p.node.dev
	}
	return p.dir.dev
}

// mustExist says why there is nothing at the place.
func (p *place) mustExist() error {
	switch {
	case p.long:
		return errNameTooLong
	case p.node == nil:
		return errNotExist
	case p.slash && !p.node.isDir():
		return errNotDir
	}
	return nil
}

// mustBeFree says why the place can't take a new name, of a directory or of
// something else.
func (p *place) mustBeFree(dir bool) error {
	switch {
	case p.last != lastName:
		return errExist
	case p.long:
		return errNameTooLong
	case p.node != nil:
		return errExist
	case p.slash && !dir:
		return errNotExist
	}
	return nil
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
