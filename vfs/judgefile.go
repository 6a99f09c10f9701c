package vfs

import (
	"bytes"
	"fmt"
	"slices"
)

// judgeFile says why a file cannot have a content after a power cut, "" if it
// can.
func (d *Disk) judgeFile(r *rules, ino uint64, content []byte, commit int64) string {
	n := d.nodes.get(ino)
	if n == nil { // untouched since the disk was mounted
		n = &node{inode: *d.frozen.get(ino)}
	}
	why := ""
	variants := d.fileVariants(r, n, commit)
	for i := range variants {
		if why = d.judgeVariant(&variants[i], content); why == "" {
			return ""
		}
	}
	return why
}

func (d *Disk) judgeVariant(f *fileVariant, content []byte) string {
	size := int64(len(content))
	at := slices.IndexFunc(f.sizes, func(s variantSize) bool { return s.size == size })
	if at < 0 {
		var sizes []int64
		for _, s := range f.sizes {
			sizes = append(sizes, s.size)
		}
		return fmt.Sprintf("size %d, want one of %v", size, sizes)
	}
	next := 0
	for off := int64(0); off < size; off += pageBytes {
		got := content[off:min(off+pageBytes, size)]
		if next == len(f.pages) || f.pages[next].index != uint64(off/pageBytes) {
			if p := f.n.pages.get(uint64(off / pageBytes)); p == nil && !allZero(got) || p != nil && !bytes.Equal(got, p.data[:len(got)]) {
				return fmt.Sprintf("the page at %d is durable, and is not that", off)
			}
			continue
		}
		least := int64(0)
		if off+pageBytes >= size {
			least = f.sizes[at].least
		}
		if !d.judgePage(f, &f.pages[next], got, least) {
			return fmt.Sprintf("the page at %d is none of its %d versions, nor lawfully torn", off, len(f.pages[next].versions))
		}
		next++
	}
	if !f.ordered(content) {
		return "later overwrites show without earlier ones"
	}
	return ""
}

// judgePage says whether a page may show something.
func (d *Disk) judgePage(f *fileVariant, p *variantPage, got []byte, least int64) bool {
	if p.hole && least == 0 && allZero(got) {
		return true
	}
	missing := make([]bool, (int64(len(got))+f.unit-1)/f.unit)
	for u := range missing {
		missing[u] = !p.zero || p.units != nil && p.units[u].there || !allZero(unitOf(got, u, f.unit))
	}
	var data [pageBytes]byte
	for _, v := range p.versions {
		if v.seq < least {
			continue
		}
		f.n.content(p.index, v.effect, &data)
		for u := range missing {
			part := unitOf(got, u, f.unit)
			if missing[u] && v.seq >= p.leastOf(u) && bytes.Equal(part, unitOf(data[:], u, f.unit)[:len(part)]) {
				missing[u] = false
			}
		}
	}
	if !slices.Contains(missing, true) {
		return true
	}
	if p.reused == 0 {
		return false
	}
	// A page shows one foreign page at most.
	return slices.ContainsFunc(d.foreignPages(p.reused), func(other foreignPage) bool {
		for u := range missing {
			if part := unitOf(got, u, f.unit); missing[u] && !bytes.Equal(part, unitOf(other.data[:], u, f.unit)[:len(part)]) {
				return false
			}
		}
		return true
	})
}

func unitOf(page []byte, u int, unit int64) []byte {
	from := int64(u) * unit
	return page[from:min(from+unit, int64(len(page)))]
}
