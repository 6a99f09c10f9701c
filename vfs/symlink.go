package vfs

import (
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/afero"
)

var _ afero.Symlinker = (*Disk)(nil)

// maxFollowed is how many symbolic links one path may lead through, as on Linux.
const maxFollowed = 40

// lastLink says what becomes of a symbolic link that a path ends in: whether it is
// what the path names, or what it leads to is.
type lastLink uint8

const (
	keepLink   lastLink = iota // the link: a name is made, taken away or moved
	lookLink                   // the link, unless a slash follows it
	followLink                 // what it leads to
	createLink                 // what it leads to, unless a slash follows it
)

func (l lastLink) follows(slash bool) bool {
	return l == followLink || l == lookLink && slash || l == createLink && !slash
}

// SymlinkIfPossible implements afero.Linker: it makes a symbolic link. Its name is
// pending like that of a new file; what the link says comes and goes with it. To
// hooks and injectors it is the creation of newName.
func (d *Disk) SymlinkIfPossible(oldName, newName string) error {
	op := Op{Kind: OpCreate, Path: cleanPath(newName), Flag: os.O_CREATE | os.O_EXCL} // what it needs of the directory
	var out Outcome
	err := d.begin(&op, &out)
	err = d.change(&out, err, func() error { return d.symlink(oldName, newName) })
	if err != nil {
		err = linkError("symlink", oldName, newName, err)
	}
	d.end(&op, &out, 0, err)
	return err
}

// symlink makes a link.
func (d *Disk) symlink(target, name string) error {
	if isUnspeakable(target) || isUnspeakable(name) {
		return errInvalid
	}
	if err := checkName(target); err != nil {
		return err
	}
	to, err := d.locate(name, keepLink)
	if err == nil {
		err = to.mustBeFree(false)
	}
	if err != nil {
		return err
	}
	if err := d.mayMake(to, fs.ModeSymlink); err != nil {
		return err
	}
	if err := d.mayTarget(to.dir, target); err != nil {
		return err
	}
	n := d.newNode(fs.ModeSymlink|fs.ModePerm, to.dir.dev)
	n.target, n.size = target, int64(len(target))
	d.link(OpCreate, to, n)
	return nil
}

// ReadlinkIfPossible implements afero.LinkReader: it returns what a symbolic link
// says, and EINVAL for anything else. To hooks and injectors it is an OpStat.
func (d *Disk) ReadlinkIfPossible(name string) (target string, err error) {
	op := Op{Kind: OpStat, Path: cleanPath(name)}
	var out Outcome
	err = d.begin(&op, &out)
	if err == nil {
		err = out.Err
	}
	var p place
	if err == nil {
		p, err = d.find(name, lookLink)
	}
	switch {
	case err != nil:
	case !p.node.isLink():
		err = errInvalid
	default:
		target = p.node.target
	}
	if err != nil {
		err = pathError("readlink", name, err)
	}
	d.end(&op, &out, 0, err)
	return target, err
}

// LstatIfPossible implements afero.Lstater: it is Stat, but of a symbolic link it
// describes the link.
func (d *Disk) LstatIfPossible(name string) (info fs.FileInfo, lstat bool, err error) {
	info, err = d.stat("lstat", name, lookLink)
	return info, true, err
}

// SetMountPoint says where programs see the disk's root: a symbolic link whose
// target begins with that leads into the disk, and one with any other absolute
// target out of it, which is an error that matches ErrOutside. "" is "/", as on
// a disk that nobody told: all of them lead into it.
func (d *Disk) SetMountPoint(dir string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mountPoint = strings.TrimRight(dir, "/")
}

// follow puts what a symbolic link says in front of what is left of a path, and
// sets the place to where that begins.
func (d *Disk) follow(p *place, rest string) (string, error) {
	target := p.node.target
	*p = place{dir: p.dir, node: p.dir, last: lastDot, links: true}
	if target[0] == '/' {
		inside, ok := strings.CutPrefix(target, d.mountPoint)
		if !ok || inside != "" && inside[0] != '/' {
			return "", ErrOutside
		}
		*p = place{node: d.node(rootIno), last: lastRoot, links: true}
		target = inside
	}
	return target + rest, nil
}
