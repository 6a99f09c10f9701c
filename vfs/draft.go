package vfs

// A draft is an image that is decided but not made: its digest is known. Most images
// that are drawn are repeats, and of those no more is needed. It is worth something as
// long as nothing happens on its disk.
type draft struct {
	d       *Disk
	s       *selection
	name    string
	changes []change
	files   []*inode // of the selection
	pages   []draftPage
	digest  Digest
}

// draftPage is a page in which a file of the image differs from what programs see. A nil
// page is a hole.
type draftPage struct {
	file  *inode
	index uint64
	page  *page
}

// draft decides what a selection shows. The edits have its names already.
func (d *Disk) draft(e *edits, s *selection, name string) *draft {
	t := &draft{d: d, s: s, name: name}
	for i := range s.files {
		f := &s.files[i]
		c := e.change(f.n.ino)
		c.pages, c.awaits = t.file(c.after, f), true
		t.files = append(t.files, c.after)
	}
	e.hash()
	t.changes, t.digest = e.list, digestOf(e.get(rootIno).hash)
	return t
}

// file gives an inode what was selected, but for its pages, and returns the sum of
// those.
func (t *draft) file(to *inode, s *fileSelection) sum {
	n := s.n
	if len(n.changes) > 0 {
		shown := n.attributesAt(s.variant.changes)
		to.mode, to.xattrs = shown.mode, shown.xattrs
	}
	to.size, to.pages, to.reserved = s.size, n.pages, n.reservedAt(s.size)
	to.solid = min(to.solid, roundUp(s.size))
	content, last := tableSum(&n.pages), s.size/pageBytes
	cut := s.size%pageBytes != 0 // the page in which the file ends has something behind that
	for i := range s.pages {
		p := &s.pages[i]
		if int64(p.index)*pageBytes >= s.size {
			continue // dropped with all that lies behind the end
		}
		cut = cut && int64(p.index) != last
		old := to.pages.get(p.index) // as programs see it
		if p.units == nil {
			to.solid = min(to.solid, int64(p.index)*pageBytes)
			if old != nil {
				content = content.sub(old.sumAt(p.index))
				t.pages = append(t.pages, draftPage{to, p.index, nil})
			}
			continue
		}
		fresh := pagePool.Get().(*page)
		n.fill(p, int(s.unit), &fresh.data, s.size)
		content = t.replace(to, p.index, old, fresh, content)
	}
	if old := to.pages.get(uint64(last)); cut && old != nil && !allZero(old.data[s.size%pageBytes:]) {
		fresh := pagePool.Get().(*page)
		fresh.data = old.data
		clear(fresh.data[s.size%pageBytes:])
		content = t.replace(to, uint64(last), old, fresh, content)
	}
	to.pages.each(uint64(roundUp(s.size)/pageBytes), func(index uint64, p *page) bool {
		content = content.sub(p.sumAt(index))
		return true
	})
	return content
}

// replace has a fresh page in the place of an old one, unless they are the same: a page
// that is as programs see it stays shared. It returns the content's sum from there on.
func (t *draft) replace(to *inode, index uint64, old, fresh *page, content sum) sum {
	if old == nil && allZero(fresh.data[:]) || old != nil && old.data == fresh.data {
		pagePool.Put(fresh)
		return content
	}
	if old != nil {
		content = content.sub(old.sumAt(index))
	}
	fresh.hashed = false
	t.pages = append(t.pages, draftPage{to, index, fresh})
	return content.add(fresh.sumAt(index))
}

// drop gives the memory of a draft back of which no image is made.
func (t *draft) drop() {
	for _, p := range t.pages {
		if p.page != nil {
			pagePool.Put(p.page)
		}
	}
	t.pages = nil
}

// image makes the image, once.
func (t *draft) image() *Image {
	// The image has a layer of its own: pages and table nodes that it changes are
	// copied there, all others are the disk's.
	d := t.d
	im := d.newImage(PowerCut, t.name)
	for _, p := range t.pages {
		if p.page != nil {
			hash := p.page.hash
			im.layer.adopt(p.page)
			p.page.hashed, p.page.hash = true, hash
		}
		*p.file.pages.slot(im.layer, p.index) = p.page
	}
	for _, f := range t.files {
		f.pages.cut(im.layer, uint64(roundUp(f.size)/pageBytes))
		tableSum(&f.pages) // kept in the table, for disks that are mounted from it side by side
	}
	put(im.layer, &im.table, t.changes)
	im.digest = t.digest
	im.choice = d.choiceOf(t.s)
	im.origins = d.originsOf(t.s)
	return im
}
