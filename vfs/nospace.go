package vfs

import "io/fs"

// What a full filesystem refuses beside data: a name may need a block of its directory, an
// inode one of its own, and so may a long symbolic link and an attribute. Measured on Linux
// 6.18; what btrfs has of those is in space of its own, which is not what data fills. Such
// blocks are not counted: they are asked for only where none is left.
//
// No truncation needs one, whatever size it sets, no removal, no rename over a name that is
// there, and no change of mode or times.

// Bytes of a directory, as each filesystem lays them out.
const (
	ext4DirBlock   = pageBytes - 12 // for names: the block's checksum is behind them
	ext4OwnNames   = 24             // "." and ".."
	xfsShortForm   = 186            // names in the inode, beside attributes
	xfsDirBlock    = pageBytes - 72 // for names and their index
	xfsOwnNames    = 48             // "." and "..", in a block
	ext4FastTarget = 60             // a symbolic link's target that needs a block
)

// mayMake says whether there is room for an inode, and for its name at a place that is free.
func (d *Disk) mayMake(p place, mode fs.FileMode) error {
	if err := d.mayMakeInode(p.dir, mode); err != nil {
		return err
	}
	return d.mayName(p.dir, p.name)
}

// mayMakeInode says whether there is room for an inode. Ext4 made them all beforehand, and
// what is no file has a block.
func (d *Disk) mayMakeInode(dir *node, mode fs.FileMode) error {
	device := d.of(&dir.inode)
	switch {
	case device.failed != nil:
		return device.failed
	case !device.full():
		return nil
	case d.options.Filesystem == XFS, mode.IsDir() && d.options.Filesystem != Btrfs:
		return errNoSpace
	}
	return nil
}

// mayName says whether a directory has room for another name, before any is taken out of it
// by the same rename. By POSIX any may need a block.
func (d *Disk) mayName(dir *node, name string) error {
	if !d.of(&dir.inode).full() || d.options.Filesystem == Btrfs {
		return nil
	}
	if d.options.Filesystem != POSIX && dirBlocks(d.options.Filesystem, dir.entries, name) <= dirBlocks(d.options.Filesystem, dir.entries, "") {
		return nil
	}
	return errNoSpace
}

// mayTarget is the same of what a symbolic link says.
func (d *Disk) mayTarget(dir *node, target string) error {
	if d.of(&dir.inode).full() && d.options.Filesystem != Btrfs && len(target) >= ext4FastTarget {
		return errNoSpace
	}
	return nil
}

// mayHaveXattrs says whether there is room for the attributes of an inode, which are others
// than it had. Xfs reserves blocks for any change, a removal too.
func (d *Disk) mayHaveXattrs(n *node, with []Xattr) error {
	size := xattrBytes(with)
	switch full := d.of(&n.inode).full(); {
	case size > maxXattrs:
		return errNoSpace
	case !full, d.options.Filesystem == Btrfs:
		return nil
	case d.options.Filesystem == XFS, d.options.Filesystem == POSIX, size > xattrsInInode && size > xattrBytes(n.xattrs):
		return errNoSpace
	}
	return nil
}

// dirBlocks is how many blocks the names of a directory take, and one more name, "" for
// none. It is the least: on a real filesystem a name may find each of several blocks too
// full, and a directory gives none back before it is removed.
func dirBlocks(filesystem Profile, e *entries, more string) int64 {
	short, long := 0, 0
	add := func(name string) {
		if filesystem == XFS {
			short += 8 + len(name)
			long += (12+len(name)+7)&^7 + 8
		} else {
			long += 8 + (len(name)+3)&^3
		}
	}
	e.each(func(name string, _ uint64) bool { add(name); return true })
	if more != "" {
		add(more)
	}
	switch {
	case filesystem != XFS:
		return ceilDiv(long+ext4OwnNames, ext4DirBlock)
	case short <= xfsShortForm:
		return 0
	}
	return ceilDiv(long+xfsOwnNames, xfsDirBlock)
}

func ceilDiv(a, b int) int64 { return int64((a + b - 1) / b) }
