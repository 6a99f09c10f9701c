package vfs

import "slices"

// OpenFiles returns the names that the files and directories which somebody has
// open have now, sorted, once for each handle: so that a test can tell that
// nothing was left open. What has no name any more shows up as "(removed)".
//
// A handle is open until its Close took effect. A power cut closes none: what was
// open then is still listed, as images can still be taken.
func (d *Disk) OpenFiles() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.layer == nil {
		return nil
	}
	var open []string
	d.nodes.each(0, func(_ uint64, n *node) bool {
		for range n.handles {
			open = append(open, d.nameOf(n))
		}
		return true
	})
	slices.Sort(open)
	return open
}

// OpenedBy returns the Seqs of the operations whose handles are open, in their order,
// on a disk that notes them, see Options.NotesOpens.
func (d *Disk) OpenedBy() []uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []uint64
	for _, f := range d.opens {
		all = append(all, f.opened)
	}
	return all
}

func (d *Disk) nameOf(n *node) string {
	switch {
	case n.ino == rootIno:
		return "/"
	case len(n.links) == 0:
		return "(removed)"
	}
	return d.pathOf(n.links[0])
}
