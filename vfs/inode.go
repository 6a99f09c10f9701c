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

// ownHash hashes all that a program can see of an inode, but for the times. Pages is the
// sum of its pages.
func (n *inode) ownHash(pages sum) sum {
	content := n.total.add(xattrSum(n.xattrs))
	if !n.isDir() {
		content = content.add(pages)
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
	pages         sum  // of the pages of after, if it does not have these yet
	awaits        bool // it does not
	depth         int  // see depth
}

// sum is that of the pages of after.
func (c *change) sum() sum {
	if c.awaits || c.after.isDir() {
		return c.pages
	}
	return tableSum(&c.after.pages)
}

// account puts changed inodes into a table whose hashes were right before, and
// makes them right again, up to the root. It looks at the changed inodes, the
// directories that named or name them, and the ones above; nothing else.
func account(l *layer, t *table[inode], changes []change) {
	c := &changeSet{table: t, list: changes}
	c.index()
	c.hash()
	put(l, t, c.list)
}

func put(l *layer, t *table[inode], changes []change) {
	for i := range changes {
		*t.slot(l, changes[i].after.ino) = changes[i].after
	}
}

// find returns the change of an inode, nil if there is none.
func find(changes []change, ino uint64) *change {
	for i := range changes {
		if changes[i].after.ino == ino {
			return &changes[i]
		}
	}
	return nil
}

// changeSet is changes of a table, each of another inode.
type changeSet struct {
	table *table[inode]
	list  []change
	at    map[uint64]int // looked up in, never ranged over; nil for a few, which are looked through
}

// fewChanges is up to how many changes are looked through.
const fewChanges = 8

// index makes known where in the list each inode is.
func (c *changeSet) index() {
	if len(c.list) <= fewChanges {
		return
	}
	if c.at == nil {
		c.at = make(map[uint64]int, 2*len(c.list))
	}
	for i := range c.list {
		c.at[c.list[i].after.ino] = i
	}
}

// add adds the change of an inode that has none.
func (c *changeSet) add(e change) *change {
	c.list = append(c.list, e)
	if k := len(c.list) - 1; c.at != nil {
		c.at[e.after.ino] = k
	} else if k == fewChanges {
		c.index()
	}
	return &c.list[len(c.list)-1]
}

// hash adds the directories above the changed inodes, and gives all of them the hashes
// that they have in the table once they are put there.
func (c *changeSet) hash() {
	c.addDirectories()
	for i := range c.list {
		e := &c.list[i]
		e.after.total = sum{}
		if e.before != nil {
			e.after.total = e.before.total
		}
	}
	for i := range c.list {
		c.takeOut(c.list[i].before)
	}
	for i := range c.list {
		c.list[i].depth = c.depth(c.list[i].after)
	}
	// The deepest first: a directory is hashed after all that is in it.
	slices.SortStableFunc(c.list, func(a, b change) int { return cmp.Compare(b.depth, a.depth) })
	c.index()
	for i := range c.list {
		after := c.list[i].after
		after.hash = after.ownHash(c.list[i].sum())
		for _, k := range after.links {
			if dir := c.get(k.dir); dir != nil {
				dir.total = dir.total.add(after.linkSum(k.name))
			}
		}
	}
}

func (c *changeSet) find(ino uint64) *change {
	if c.at == nil {
		return find(c.list, ino)
	}
	if i, ok := c.at[ino]; ok {
		return &c.list[i]
	}
	return nil
}

// get returns the inode as it will be.
func (c *changeSet) get(ino uint64) *inode {
	if e := c.find(ino); e != nil {
		return e.after
	}
	return c.table.get(ino)
}

// addDirectories adds the directories whose total is changed, up to the root.
func (c *changeSet) addDirectories() {
	above := func(links []link) {
		for _, k := range links {
			if c.find(k.dir) != nil {
				continue
			}
			if before := c.table.get(k.dir); before != nil {
				after := *before
				c.add(change{before: before, after: &after})
			}
		}
	}
	for i := 0; i < len(c.list); i++ { // it grows meanwhile
		above(c.list[i].after.links)
		if c.list[i].before != nil {
			above(c.list[i].before.links)
		}
	}
}

// takeOut takes what an inode was out of the totals of the directories that named
// it.
func (c *changeSet) takeOut(before *inode) {
	if before == nil {
		return
	}
	for _, k := range before.links {
		if e := c.find(k.dir); e != nil {
			e.after.total = e.after.total.sub(before.linkSum(k.name))
		}
	}
}

// depth is how far below the root a directory is, or below one that has no
// name. Files count as deeper than any: they may have names in several places.
func (c *changeSet) depth(n *inode) int {
	if !n.isDir() {
		return math.MaxInt
	}
	d := 0
	// What a crash cut off from the root may even be a circle.
	for n != nil && len(n.links) > 0 && d < maxPathBytes {
		n = c.get(n.links[0].dir)
		d++
	}
	return d
}
