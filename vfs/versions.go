package vfs

import (
	"cmp"
	"slices"
)

// base is the version of a page that the medium has.
const base = -1

// baseSize is the size that the medium has.
func (n *node) baseSize() int64 {
	if len(n.effects) > 0 {
		return n.effects[0].before
	}
	return n.size
}

// touchedPages lists the pages that pending effects touched, in order.
func (n *node) touchedPages() []uint64 {
	var pages []uint64
	for i := range n.effects {
		e := &n.effects[i]
		if e.n == 0 {
			continue
		}
		for p := e.off / pageBytes; p*pageBytes < e.off+e.n; p++ {
			if k := len(pages); k == 0 || pages[k-1] != uint64(p) {
				pages = append(pages, uint64(p))
			}
		}
	}
	slices.Sort(pages)
	return slices.Compact(pages)
}

// dirtyPages are the touched ones, and those that went stale.
func (n *node) dirtyPages() []uint64 {
	pages := n.touchedPages()
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

// foreignPage is a page of some file as some operation left it, kept because
// blocks are free that it may have been written to.
type foreignPage struct {
	ino   uint64
	seq   int64
	index uint64
	data  *[pageBytes]byte
}

// maxHistory bounds how many pages are kept.
const maxHistory = 4096

// keepHistory is called when a file's pending effects are about to be durable,
// while blocks freed by another's truncation or removal are not durably free.
func (d *Disk) keepHistory(n *node) {
	freed := d.firstFreed()
	if freed == 0 {
		d.history = d.history[:0]
		return
	}
	d.history = append(d.history, n.pagesSince(freed)...)
	if over := len(d.history) - maxHistory; over > 0 {
		d.history = slices.Delete(d.history, 0, over)
	}
}

// firstFreed is the Seq of the first pending operation that freed blocks.
func (d *Disk) firstFreed() int64 {
	first := int64(0)
	note := func(seq int64) {
		if first == 0 || seq < first {
			first = seq
		}
	}
	for i := range d.names {
		if d.names[i].over != 0 {
			note(d.names[i].seq)
		}
	}
	if d.cuts > 0 {
		for _, n := range d.dirty {
			for i := range n.effects {
				if n.effects[i].cut {
					note(n.effects[i].seq)
				}
			}
		}
	}
	return first
}

// pagesSince lists the versions of pages that pending writes after seq made,
// those left out that went to blocks which were the file's own by then: what was
// durable before seq is overwritten in place.
func (n *node) pagesSince(seq int64) []foreignPage {
	var out []foreignPage
	own := int64(0) // bytes of the file that have blocks from before seq
	if n.synced <= seq && len(n.effects) > 0 {
		own = n.effects[0].before
	}
	for i := range n.effects {
		e := &n.effects[i]
		if e.cut {
			own = min(own, e.after)
		}
		if e.cut || e.seq <= seq || e.n == 0 {
			continue
		}
		for p := e.off / pageBytes; p*pageBytes < e.off+e.n; p++ {
			if p*pageBytes < own {
				continue
			}
			f := foreignPage{ino: n.ino, seq: e.seq, index: uint64(p), data: new([pageBytes]byte)}
			n.versionOf(f.index, i, f.data)
			out = append(out, f)
		}
	}
	return out
}

// foreignPages lists all that may have been written to blocks freed at seq.
func (d *Disk) foreignPages(seq int64) []foreignPage {
	var out []foreignPage
	for _, f := range d.history {
		if f.seq > seq {
			out = append(out, f)
		}
	}
	for _, n := range d.dirty {
		out = append(out, n.pagesSince(seq)...)
	}
	slices.SortStableFunc(out, func(a, b foreignPage) int {
		return cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(a.ino, b.ino), cmp.Compare(a.index, b.index))
	})
	return out
}
