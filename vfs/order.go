package vfs

import (
	"bytes"
	"slices"
)

// overwrites lists the writes inside the file as it was: the ones that persist
// in program order. Those that were durable at once wait for none.
func (n *node) overwrites() []int {
	var out []int
	size := n.baseSize()
	for i := range n.effects {
		e := &n.effects[i]
		size = max(min(size, e.after), e.floor)
		if e.n > 0 && !e.cut && !e.synced && e.off+e.n <= size {
			out = append(out, i)
		}
	}
	return out
}

// inOrder says whether what the pages show agrees with the program order of
// overwrites: there is one before which all are shown, and after which none.
// Versions with the same content are as good as each other.
func (f *fileVariant) inOrder(s *fileSelection) bool {
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

func (f *fileVariant) pageInOrder(p *variantPage, s *pageSelection, size int64, k int) bool {
	off := int64(p.index) * pageBytes
	if p.hole || off >= size {
		return true
	}
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
			if e := &n.effects[i]; e.touches(off, off+pageBytes) && e.seq > p.leastOf(0) {
				fits = fits && (j >= k || v.seq >= e.seq) && (j <= k || v.seq < e.seq)
			}
		}
		if fits {
			return true
		}
	}
	return false
}

// ordered says whether there is an overwrite before which all show whole, and
// after which none do.
func (f *fileVariant) ordered(content []byte) bool {
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
	at := int64(p.index) * pageBytes
	var data [pageBytes]byte
	return slices.ContainsFunc(p.versions, func(v pageVersion) bool {
		for _, k := range f.order {
			e := &f.n.effects[k]
			if e.touches(at, at+pageBytes) && e.seq > p.leastOf(0) && (k < torn && v.effect < k || k > torn && v.effect >= k) {
				return false
			}
		}
		f.n.content(p.index, v.effect, &data)
		return bytes.Equal(got, data[:len(got)])
	})
}
