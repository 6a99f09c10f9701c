package vfs_test

import "powercut/vfs"

// treeOf gives a reference's tree the form that a disk judges.
func treeOf(t refTree) vfs.Tree {
	out := make(vfs.Tree, len(t))
	for p, b := range t {
		out["/"+p] = b
	}
	return out
}

// refTreeOf is the other way round.
func refTreeOf(t vfs.Tree) refTree {
	out := make(refTree, len(t))
	for p, b := range t {
		out[p[1:]] = b
	}
	return out
}

// mountedTree reads all that an image shows.
func mountedTree(im *vfs.Image) (refTree, error) {
	t, err := vfs.ReadTree(im.Mount(vfs.Options{}))
	return refTreeOf(t), err
}
