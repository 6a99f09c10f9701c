package vfs

// A chooser makes the decisions in which lawful images differ. Drawing, listing
// and the special images are choosers; what there is to decide, and between
// what, is the profiles' business alone.
type chooser interface {
	// names decides about the halves that are free.
	names(l *nameLaw, commits []int64) (nameSet, *namePair)
	// file decides what a file shows. More than one law: one of them holds.
	file(d *Disk, laws []fileLaw) fileSelection
}

// choose makes the selection that a chooser wants, and the image of it.
func (d *Disk) choose(p Profile, c chooser, name string) *Image {
	e := d.newEdits()
	l := d.nameLaw(p)
	s := &selection{profile: p}
	s.names, s.pair = c.names(l, l.commits())
	e.applyNames(s.names)
	for _, n := range d.dirtyFiles(e, l.rules) {
		laws := d.fileLaws(l.rules, n, s.pair.commit)
		s.files = append(s.files, c.file(d, laws))
	}
	return d.build(e, s, name)
}

// versionsAt lists what units of a page may show, without repeats of one
// version; see ofUnit. It is empty where only a hole is lawful.
func (p *pageLaw) versionsAt(least int64, reused []foreignPage) []unitVersion {
	var out []unitVersion
	for _, v := range p.versions {
		if v.seq >= least {
			out = append(out, unitVersion(v.effect))
		}
	}
	if p.zero && least == 0 {
		out = append(out, zeros)
	}
	for i := range reused {
		out = append(out, firstForeign-unitVersion(i))
	}
	return out
}

// least is the Seq that the page must show at least, for a size.
func (s sizeLaw) leastFor(index uint64) int64 {
	if s.size > 0 && index == uint64((s.size-1)/pageBytes) {
		return s.least
	}
	return 0
}

// units is how many units of a page lie below a size.
func (f *fileLaw) units(index uint64, size int64) int {
	left := min(size-int64(index)*pageBytes, pageBytes)
	return int(max(0, (left+f.unit-1)/f.unit))
}

// sizeLawful says whether the pages allow a size: one may ask for data that a
// later truncation took away.
func (f *fileLaw) sizeLawful(s sizeLaw) bool {
	if s.least == 0 {
		return true
	}
	for i := range f.pages {
		p := &f.pages[i]
		if s.leastFor(p.index) > 0 {
			return len(p.versionsAt(s.least, nil)) > 0
		}
	}
	return false
}

// inOrder says whether what the pages show agrees with the program order of
// overwrites: there is one before which all are shown, and after which none.
// Versions with the same content are as good as each other.
func (f *fileLaw) inOrder(s *fileSelection) bool {
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

func (f *fileLaw) pageInOrder(p *pageLaw, s *pageSelection, size int64, k int) bool {
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
