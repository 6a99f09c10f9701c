package vfs

import (
	"io/fs"
	"path"
	"time"
)

// FileInfo is what Stat returns. Its Sys returns the *FileInfo itself.
type FileInfo struct {
	name    string
	size    int64
	mode    fs.FileMode
	modTime time.Time
	ino     uint64
	links   int
}

// Name implements fs.FileInfo.
func (i *FileInfo) Name() string { return i.name }

// Size implements fs.FileInfo, in bytes. It is 0 for directories.
func (i *FileInfo) Size() int64 { return i.size }

// Mode implements fs.FileInfo.
func (i *FileInfo) Mode() fs.FileMode { return i.mode }

// ModTime implements fs.FileInfo.
func (i *FileInfo) ModTime() time.Time { return i.modTime }

// IsDir implements fs.FileInfo.
func (i *FileInfo) IsDir() bool { return i.mode.IsDir() }

// Sys implements fs.FileInfo.
func (i *FileInfo) Sys() any { return i }

// Ino is the number of the file on its disk: two names of one file have the
// same. os.SameFile knows nothing of simulated files.
func (i *FileInfo) Ino() uint64 { return i.ino }

// Links is how many names the file has.
func (i *FileInfo) Links() int { return i.links }

func (n *inode) info(name string) *FileInfo {
	return &FileInfo{name: name, size: n.size, mode: n.mode, modTime: time.Unix(0, n.modNanos).UTC(), ino: n.ino, links: len(n.links)}
}

// Stat implements afero.Fs.
func (d *Disk) Stat(name string) (fs.FileInfo, error) { return d.stat("stat", name, followLink) }

func (d *Disk) stat(what, name string, last lastLink) (fs.FileInfo, error) {
	op := Op{Kind: OpStat, Path: cleanPath(name)}
	var out Outcome
	err := d.begin(&op, &out)
	if err == nil {
		err = out.Err
	}
	var info *FileInfo
	if err == nil {
		var p place
		if p, err = d.find(name, last); err == nil {
			info = p.node.info(path.Base(name))
		}
	}
	if err != nil {
		err = pathError(what, name, err)
	}
	d.end(&op, &out, 0, err)
	if err != nil {
		return nil, err
	}
	return info, nil
}

// Chmod implements afero.Fs. A mode is pending until the file's fsync. Owners and times
// are on the medium at once: no crash loses them, and nothing that this package proves
// rests on it.
func (d *Disk) Chmod(name string, mode fs.FileMode) error {
	return d.setAttr("chmod", name, mode, func(n *node) { d.setMode(n, mode) })
}

// Chown implements afero.Fs. Owners are not kept; but a file that changes hands
// loses its setuid bit, and its setgid bit if its group may execute it.
func (d *Disk) Chown(name string, _, _ int) error {
	return d.setAttr("chown", name, 0, d.changeHands)
}

func (d *Disk) changeHands(n *node) {
	mode := n.mode
	if !n.isDir() {
		mode &^= fs.ModeSetuid
		if mode&0o010 != 0 {
			mode &^= fs.ModeSetgid
		}
	}
	d.changeAttributes(n, attributes{mode, n.xattrs}, "")
}

func (d *Disk) setMode(n *node, mode fs.FileMode) {
	d.changeAttributes(n, attributes{n.mode&^permMask | mode&permMask, n.xattrs}, "")
}

func (n *node) setTime(modTime time.Time) {
	if !modTime.IsZero() {
		n.modNanos = modTime.UnixNano()
	}
}

// Chtimes implements afero.Fs. The access time is not kept. The zero time leaves
// a time as it is; with two of them Linux does not even look for the file.
func (d *Disk) Chtimes(name string, accessTime, modTime time.Time) error {
	return d.setAttrUnless(accessTime.IsZero() && modTime.IsZero() && !isUnspeakable(name), "chtimes", name, 0, func(n *node) { n.setTime(modTime) })
}

// setAttr changes what set does, as one operation.
func (d *Disk) setAttr(what, name string, mode fs.FileMode, set func(*node)) error {
	return d.setAttrUnless(false, what, name, mode, set)
}

// setAttrUnless does not look for the file if there is nothing to do.
func (d *Disk) setAttrUnless(nothing bool, what, name string, mode fs.FileMode, set func(*node)) error {
	op := Op{Kind: OpChmod, Path: cleanPath(name), Perm: mode}
	var out Outcome
	err := d.begin(&op, &out)
	err = d.change(&out, err, func() error {
		if nothing {
			return nil
		}
		p, err := d.find(name, followLink)
		if err == nil {
			err = d.of(&p.node.inode).failed
		}
		if err == nil {
			set(p.node)
			d.touch(p.node)
		}
		return err
	})
	if err != nil {
		err = pathError(what, name, err)
	}
	d.end(&op, &out, 0, err)
	return err
}
