package vfs_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Extended attributes in the reference: all attributes of an inode together, as each
// operation left them.

// refAttrs is what an inode has of them.
type refAttrs struct {
	attrs       map[string]string // as programs see them
	durable     map[string]string
	attrChanges []refAttrChange // since the last fsync
}

type refAttrChange struct {
	seq   int
	after map[string]string
}

// attrMark stands between the path and the attribute in a tree.
const attrMark = "//"

// setAttr gives an attribute a value, or takes it away.
func (d *refDisk) setAttr(path, attr, value string, there bool) {
	_, n := d.follow(path)
	i := d.inodes[n]
	after := maps.Clone(i.attrs)
	if after == nil {
		after = map[string]string{}
	}
	if delete(after, attr); there {
		after[attr] = value
	}
	i.lastMeta = d.seq
	i.attrChanges = append(i.attrChanges, refAttrChange{d.seq, after})
	i.attrs = after
}

// settleAttrs makes them durable.
func (i *refInode) settleAttrs() { i.durable, i.attrChanges = i.attrs, nil }

// attrsAfter lists what may show of the attributes of an inode: without a journal as any
// change since the fsync left them; with one as the last did that it committed. The last
// fsync of anything may have taken them along on btrfs, whose log has more than that file.
func (d *refDisk) attrsAfter(profile string, i *refInode, commit int) []map[string]string {
	all := []map[string]string{i.durable}
	committed := 0
	for k, c := range i.attrChanges {
		all = append(all, c.after)
		if c.seq <= commit {
			committed = k + 1
		}
	}
	last := committed
	for k, c := range i.attrChanges {
		if profile == "btrfs" && c.seq <= d.lastSync {
			last = max(last, k+1)
		}
	}
	if profile == "posix" {
		return all
	}
	return all[committed : last+1]
}

// withAttrs is trees with what may show of the attributes of all that has a name in them.
func (d *refDisk) withAttrs(profile string, c refNames, paths map[string]int, trees []refTree) []refTree {
	for _, n := range slices.Compact(slices.Sorted(maps.Values(paths))) {
		var next []refTree
		for _, attrs := range d.attrsAfter(profile, d.inodes[n], c.commit) {
			for _, t := range trees {
				u := maps.Clone(t)
				for p, m := range paths {
					for attr, value := range attrs {
						if m == n {
							u[strings.TrimSuffix(p, "/")+attrMark+attr] = []byte(value)
						}
					}
				}
				next = append(next, u)
			}
		}
		trees = next
	}
	return trees
}

// attrsOf is what a tree has at a path.
func (t refTree) attrsOf(path string) map[string]string {
	out := map[string]string{}
	for p, value := range t {
		if attr, ok := strings.CutPrefix(p, strings.TrimSuffix(path, "/")+attrMark); ok {
			out[attr] = string(value)
		}
	}
	return out
}

// acceptsAttrs is accepts for the attributes.
func (d *refDisk) acceptsAttrs(profile string, c refNames, paths map[string]int, t refTree) error {
	shown := map[int]map[string]string{}
	for p, n := range paths {
		got := t.attrsOf(p)
		if other, ok := shown[n]; ok && !maps.Equal(other, got) {
			return fmt.Errorf("%s: one file, two sets of attributes", p)
		}
		shown[n] = got
		if !slices.ContainsFunc(d.attrsAfter(profile, d.inodes[n], c.commit), func(a map[string]string) bool { return maps.Equal(a, got) }) {
			return fmt.Errorf("%s: attributes %v", p, got)
		}
	}
	return nil
}
