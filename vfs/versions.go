package vfs

import "slices"

// The effects of a file, in program order, are all that is known of what is pending.
// A version of a page is named by the last effect that it has: what programs see is
// the version of the last one, and an older one comes from undoing those after it.

// base is the version of a page that the medium has.
const base = -1

// baseSize is the size that the medium has.
func (n *node) baseSize() int64 {
	if len(n.effects) > 0 {
		return n.effects[0].before
	}
	return n.size
}

// touchedPages lists the pages that pending effects touched, in order. Of what was cut off
// these are the pages that were there, unless those that were not are asked for: where
// nobody had written, as in the gigabytes that fallocate reserves, every version is zeros.
func (n *node) touchedPages(absent bool) []uint64 {
	var pages []uint64
	add := func(p uint64) {
		if k := len(pages); k == 0 || pages[k-1] != p {
			pages = append(pages, p)
		}
	}
	for i := range n.effects {
		e := &n.effects[i]
		switch {
		case e.n == 0:
		case e.cut && !absent:
			if e.off%pageBytes != 0 {
				add(uint64(e.off / pageBytes)) // it stays, and ends in zeros
			}
			n.old[e.oldAt].each(uint64(e.off/pageBytes), func(p uint64, _ *page) bool {
				add(p)
				return true
			})
		default:
			for p := e.off / pageBytes; p*pageBytes < e.off+e.n; p++ {
				add(uint64(p))
			}
		}
	}
	slices.Sort(pages)
	return slices.Compact(pages)
}

// dirtyPages are the pages that an image has to decide: the touched ones, and those
// of which the medium has something that no pending effect tells of.
func (n *node) dirtyPages(absent bool) []uint64 {
	pages := n.touchedPages(absent)
	if len(n.stale) == 0 {
		return pages
	}
	for _, p := range n.stale {
		pages = append(pages, p.index)
	}
	slices.Sort(pages)
	return slices.Compact(pages)
}

// versionOf fills data with a page as it was after that effect; with base, as
// it was before all of them.
func (n *node) versionOf(index uint64, effect int, data *[pageBytes]byte) {
	if p := n.pages.get(index); p != nil {
		*data = p.data
	} else {
		clear(data[:])
	}
	off := int64(index) * pageBytes
	for i := len(n.effects) - 1; i > effect; i-- {
		n.undo(&n.effects[i], data[:], off)
	}
}

// content is versionOf, but for a stale page, of which the medium has
// something else.
func (n *node) content(index uint64, effect int, data *[pageBytes]byte) {
	if effect == base {
		if p, ok := n.staleAt(index); ok {
			if p.data == nil {
				clear(data[:])
			} else {
				*data = *p.data
			}
			return
		}
	}
	n.versionOf(index, effect, data)
}
