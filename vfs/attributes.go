package vfs

import (
	"bytes"
	"io/fs"
	"slices"
)

// attributes are what a file or directory has beside its content, and what a crash may
// take: its mode and its extended attributes.
type attributes struct {
	mode   fs.FileMode
	xattrs []Xattr // by name; replaced, never changed
}

func (n *inode) attributes() attributes { return attributes{n.mode, n.xattrs} }

func (a attributes) equal(b attributes) bool {
	return a.mode == b.mode && sameXattrs(a.xattrs, b.xattrs)
}

func sameXattrs(a, b []Xattr) bool {
	return slices.EqualFunc(a, b, func(x, y Xattr) bool { return x.Name == y.Name && bytes.Equal(x.Value, y.Value) })
}

// attributeEffect is one pending change of attributes.
type attributeEffect struct {
	seq    int64
	before attributes
	what   string // the extended attribute, "" for the mode
}

// changeAttributes notes a change as pending, if it is one. The inode is changed in any
// case: its next fsync has a journal commit.
func (d *Disk) changeAttributes(n *node, to attributes, what string) {
	n.lastMeta = d.seq
	d.touch(n)
	before := n.attributes()
	if before.equal(to) {
		return
	}
	d.makeDirty(n)
	n.changes = append(n.changes, attributeEffect{d.seq, before, what})
	n.mode, n.xattrs = to.mode, to.xattrs
}

// settleAttributes makes the attributes durable as they are.
func (d *Disk) settleAttributes(n *node) {
	if len(n.changes) == 0 {
		return
	}
	n.changes = nil
	if len(n.effects) == 0 && len(n.stale) == 0 {
		d.clean(n)
	}
}

// attributesAt are the attributes as they were before change i; with the number of all
// changes, as they are now.
func (n *node) attributesAt(i int) attributes {
	if i < len(n.changes) {
		return n.changes[i].before
	}
	return n.attributes()
}

// attributeVersions lists how many of the pending changes of attributes may show, the
// most first. With a journal those that it committed do, since they are in the inode; of
// what btrfs's log may have taken along (btrfs_log_all_xattrs), which needs no fsync of its
// own, perhaps those of before the last fsync of anything. Without one, any.
func (d *Disk) attributeVersions(r *rules, n *node, commit int64) []int {
	first, last := 0, len(n.changes)
	if r.inOrder {
		upTo := func(seq int64) (count int) {
			for count < len(n.changes) && n.changes[count].seq <= seq {
				count++
			}
			return count
		}
		first, last = upTo(commit), upTo(commit)
		if r.logged {
			last = upTo(max(commit, d.of(&n.inode).synced))
		}
	}
	var out []int
	for i := last; i >= first; i-- {
		out = append(out, i)
	}
	return out
}

// withAttributes makes of each variant one for each of the attributes that may show
// with it, the newest first.
func (d *Disk) withAttributes(r *rules, n *node, commit int64, variants []fileVariant) []fileVariant {
	if len(n.changes) == 0 {
		return variants
	}
	out := make([]fileVariant, 0, len(variants))
	for _, f := range variants {
		for _, changes := range d.attributeVersions(r, n, commit) {
			f.changes = changes
			out = append(out, f)
		}
	}
	return out
}
