package vfs

import (
	"bytes"
	"slices"
)

// overwrites lists the writes inside the file as it was: the ones that persist
// in program order. Those that were durable at once wait for none. Of a write that
// is in parts it has the first.
func (n *node) overwrites() []int {
	var out []int
	size := n.baseSize()
	for i := range n.effects {
		e := &n.effects[i]
		size = max(min(size, e.after), e.floor)
		if _, end := e.extent(); e.isWrite() && !e.synced && end <= size && (len(out) == 0 || n.effects[out[len(out)-1]].seq != e.seq) {
			out = append(out, i)
		}
	}
	return out
}

// inOrder says whether what the pages show agrees with the program order of
// overwrites: there is one before which all are shown, and after which none.
// Versions with the same content are as good as each other.
func (f *fileVariant) inOrder(s *fileSelection) bool {
	if !f.carries(s) {
		return false
	}
	if len(f.order) < 2 {
		return true
	}
	for k := range f.order {
		ok := true
		for i := range s.pages {
			if ok = f.pageInOrder(&f.pages[i], &s.pages[i], s.size, k); !ok {
				break
			}
		}
		if ok {
			return true
		}
	}
	return false
}

// pageInOrder says whether a page shows every overwrite before the k-th and none
// behind it, which itself may be there or not.
func (f *fileVariant) pageInOrder(p *variantPage, s *pageSelection, size int64, k int) bool {
	off := int64(p.index) * pageBytes
	if p.hole || off >= size {
		return true
	}
	// On the filesystem that keeps an order a unit is a page, so that the first says
	// what all of it shows. Another version may have the same content, and fit.
	n := f.n
	var got, other [pageBytes]byte
	n.content(p.index, int(s.units[0]), &got)
	end := min(size-off, pageBytes)
	for _, v := range p.versions {
		if v.effect != int(s.units[0]) {
			n.content(p.index, v.effect, &other)
			if string(other[:end]) != string(got[:end]) {
				continue
			}
		}
		fits := true
		for j, i := range f.order {
			if e := &n.effects[i]; n.touchedBy(p.index, e.seq) && e.seq > p.leastOf(0) {
				fits = fits && (j >= k || v.seq >= e.seq) && (j <= k || v.seq < e.seq)
			}
		}
		if fits {
			return true
		}
	}
	return false
}

// isOrdered says whether an overwrite that keeps an order touched the page.
func (f *fileVariant) isOrdered(p *variantPage) bool {
	return slices.ContainsFunc(f.order, func(i int) bool { return f.n.touchedBy(p.index, f.n.effects[i].seq) })
}

// touchedBy says whether an operation, or what is left of it, touched a page.
func (n *node) touchedBy(index uint64, seq int64) bool {
	return n.touchedBetween(index, seq-1, seq)
}

// ordered is inOrder for a content of which nobody knows the versions: it asks
// whether there is an overwrite before which all show whole, and after which none do.
func (f *fileVariant) ordered(content []byte) bool {
	if !f.carried(content) {
		return false
	}
	if len(f.order) < 2 {
		return true
	}
	return slices.ContainsFunc(f.order, func(torn int) bool {
		for i := range f.pages {
			p := &f.pages[i]
			if at := int64(p.index) * pageBytes; !p.hole && at < int64(len(content)) && !f.orderedPage(p, content[at:min(at+pageBytes, int64(len(content)))], torn) {
				return false
			}
		}
		return true
	})
}

// orderedPage says whether a page shows a version that has every overwrite
// before the torn one and none after it.
func (f *fileVariant) orderedPage(p *variantPage, got []byte, torn int) bool {
	var data [pageBytes]byte
	return slices.ContainsFunc(p.versions, func(v pageVersion) bool {
		for _, k := range f.order {
			e := &f.n.effects[k]
			if f.n.touchedBy(p.index, e.seq) && e.seq > p.leastOf(0) && (k < torn && v.seq < e.seq || k > torn && v.seq >= e.seq) {
				return false
			}
		}
		f.n.content(p.index, v.effect, &data)
		return bytes.Equal(got, data[:len(got)])
	})
}
