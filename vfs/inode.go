package vfs

import (
	"cmp"
	"io/fs"
	"math"
	"slices"
)

// rootIno is the number of the root directory.
const rootIno = 1

// link is one name of an inode.
type link struct {
	dir  uint64
	name string
}

// inode is a file or a directory: as an image holds it, never changed; or
// within a node, as programs see it now.
type inode struct {
	ino      uint64
	dev      uint8 // see Disk.devices
	mode     fs.FileMode
	size     int64       // bytes; of files alone
	modNanos int64       // since 1970
	pages    table[page] // of files
	reserved reservation
	solid    int64    // bytes up to the first page without a block, or further than the size
	entries  *entries // of directories
	links    []link   // replaced, never changed
	target   string   // of symbolic links
	xattrs   []Xattr  // by name; replaced, never changed

	total sum // of a directory: the sum over its entries
	hash  sum // what the inode adds to the total of each directory that names it
}

func (n *inode) isDir() bool  { return n.mode.IsDir() }
func (n *inode) isLink() bool { return n.mode&fs.ModeSymlink != 0 }

// isRemoved says whether the inode has no name any more.
func (n *inode) isRemoved() bool { return len(n.links) == 0 && n.ino != rootIno }

// addLink and dropLink replace the list of names: images share the old one.
func (n *inode) addLink(dir uint64, name string) {
	links := make([]link, len(n.links), len(n.links)+1)
	copy(links, n.links)
	n.links = append(links, link{dir, name})
}

func (n *inode) dropLink(dir uint64, name string) {
	i := slices.Index(n.links, link{dir, name})
	if i < 0 {
		return
	}
	n.links = slices.Delete(slices.Clone(n.links), i, i+1)
}

// ownHash hashes all that a program can see of an inode, but for the times.
func (n *inode) ownHash() sum {
	content := n.total.add(xattrSum(n.xattrs))
	if !n.isDir() {
		content = content.add(tableSum(&n.pages))
		content = content.add(n.reserved.sum())
		if n.isLink() {
			content = content.add(sumBytes([]byte(n.target)))
		}
		return sumOf(uint64(n.mode), uint64(n.size), uint64(len(n.links)), content[0], content[1])
	}
	return sumOf(uint64(n.mode), content[0], content[1])
}

// linkSum is what a name of the inode adds to the total of its directory.
func (n *inode) linkSum(name string) sum {
	s := sumBytes([]byte(name))
	return sumOf(s[0], s[1], n.hash[0], n.hash[1])
}

// change is an inode before and after; before is nil for a new one.
type change struct {
	before, after *inode
	depth         int // see depth
}

// account puts changed inodes into a table whose hashes were right before, and
// makes them right again, up to the root. It looks at the changed inodes, the
// directories that named or name them, and the ones above; nothing else.
func account(l *layer, t *table[inode], changes []change) {
	changes, at := withDirectories(t, changes)
	for i := range changes {
		c := &changes[i]
		*t.slot(l, c.after.ino) = c.after
		c.after.total = sum{}
		if c.before != nil {
			c.after.total = c.before.total
		}
	}
	for i := range changes {
		takeOut(changes[i].before, changes, at)
	}
	for i := range changes {
		changes[i].depth = depth(t, changes[i].after)
	}
	// The deepest first: a directory is hashed after all that is in it.
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(b.depth, a.depth) })
	for i := range changes {
		after := changes[i].after
		after.hash = after.ownHash()
		for _, k := range after.links {
			if dir := t.get(k.dir); dir != nil {
				dir.total = dir.total.add(after.linkSum(k.name))
			}
		}
	}
}

// withDirectories adds to changes the directories whose total they change, up to
// the root, and returns where each inode is in the list.
func withDirectories(t *table[inode], changes []change) ([]change, map[uint64]int) {
	at := make(map[uint64]int, 2*len(changes)) // looked up in, never ranged over
	for i := range changes {
		at[changes[i].after.ino] = i
	}
	above := func(links []link) {
		for _, k := range links {
			if _, ok := at[k.dir]; ok {
				continue
			}
			if before := t.get(k.dir); before != nil {
				after := *before
				at[k.dir] = len(changes)
				changes = append(changes, change{before: before, after: &after})
			}
		}
	}
	for i := 0; i < len(changes); i++ { // it grows meanwhile
		above(changes[i].after.links)
		if changes[i].before != nil {
			above(changes[i].before.links)
		}
	}
	return changes, at
}

// takeOut takes what an inode was out of the totals of the directories that named
// it.
func takeOut(before *inode, changes []change, at map[uint64]int) {
	if before == nil {
		return
	}
	for _, k := range before.links {
		if j, ok := at[k.dir]; ok {
			dir := changes[j].after
			dir.total = dir.total.sub(before.linkSum(k.name))
		}
	}
}

// depth is how far below the root a directory is, or below one that has no
// name. Files count as deeper than any: they may have names in several places.
func depth(t *table[inode], n *inode) int {
	if !n.isDir() {
		return math.MaxInt
	}
	d := 0
	// What a crash cut off from the root may even be a circle.
	for n != nil && len(n.links) > 0 && d < maxPathBytes {
		n = t.get(n.links[0].dir)
		d++
	}
	return d
}
