package vfs

import (
	"bytes"
	"fmt"
	"slices"
)

// judgeFile says why a file, directory or symbolic link cannot have a content and extended
// attributes after a power cut, "" if it can.
func (d *Disk) judgeFile(r *rules, ino uint64, want *wanted, commit int64) string {
	n := d.nodes.get(ino)
	if n == nil { // untouched since the disk was mounted
		n = &node{inode: *d.frozen.get(ino)}
	}
	if want.dir || want.link { // of these only attributes are left to judge
		for _, changes := range d.attributeVersions(r, n, commit) {
			if sameXattrs(n.attributesAt(changes).xattrs, want.xattrs) {
				return ""
			}
		}
		return "extended attributes that it may not have"
	}
	why := "" // of the last variant
	variants := d.fileVariants(r, n, commit)
	for i := range variants {
		if why = d.judgeVariant(&variants[i], want); why == "" {
			return ""
		}
	}
	return why
}

// judgeVariant says why what is wanted is none that a variant allows, "" if it is one. Pages
// that are not dirty have one version alone.
func (d *Disk) judgeVariant(f *fileVariant, want *wanted) string {
	if !sameXattrs(f.n.attributesAt(f.changes).xattrs, want.xattrs) {
		return "extended attributes that it may not have"
	}
	content := want.content
	size := int64(len(content))
	at := slices.IndexFunc(f.sizes, func(s variantSize) bool { return s.size == size })
	if at < 0 {
		var sizes []int64
		for _, s := range f.sizes {
			sizes = append(sizes, s.size)
		}
		return fmt.Sprintf("size %d, want one of %v", size, sizes)
	}
	next := 0 // of the dirty pages
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

// judgePage says whether a page may show something: nothing at all, where its block
// may be missing; or in each unit one of its versions. Units that none of them
// explains may be of a foreign page, if the block was freed: all of the same one.
func (d *Disk) judgePage(f *fileVariant, p *variantPage, got []byte, least int64) bool {
	if p.hole && least == 0 && allZero(got) {
		return true
	}
	shows := func(u int, data *[pageBytes]byte) bool {
		part := unitOf(got, u, f.unit)
		return bytes.Equal(part, unitOf(data[:], u, f.unit)[:len(part)])
	}
	var unexplained []int
	for u := range int((int64(len(got)) + f.unit - 1) / f.unit) {
		if !p.mayBeZero(u) || !allZero(unitOf(got, u, f.unit)) {
			unexplained = append(unexplained, u)
		}
	}
	var data [pageBytes]byte
	for _, v := range p.versions {
		if v.seq < least {
			continue
		}
		f.n.content(p.index, v.effect, &data)
		unexplained = slices.DeleteFunc(unexplained, func(u int) bool { return v.seq >= p.leastOf(u) && shows(u, &data) })
	}
	if len(unexplained) == 0 {
		return true
	}
	return p.reused != 0 && slices.ContainsFunc(d.foreignPages(f.n.dev, p.reused), func(other foreignPage) bool {
		return !slices.ContainsFunc(unexplained, func(u int) bool { return !shows(u, other.data) })
	})
}

// mayBeZero says whether a unit by itself may be missing.
func (p *variantPage) mayBeZero(u int) bool {
	return p.zero && (p.units == nil || !p.units[u].there)
}

// unitOf is unit u of a page, which may be cut off by the file's end.
func unitOf(page []byte, u int, unit int64) []byte {
	from := int64(u) * unit
	return page[from:min(from+unit, int64(len(page)))]
}
