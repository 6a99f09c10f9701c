package vfs

import "slices"

// A selection is one lawful outcome of a power cut, in terms of a disk's
// pending effects.
type selection struct {
	profile Profile
	names   nameSet
	pair    *namePair       // that the names obey
	files   []fileSelection // of the dirty files that have a name then, by inode number
}

type fileSelection struct {
	n     *node
	law   *fileLaw // that it obeys
	nth   int      // and which of the file's laws that is
	size  int64
	unit  int64 // bytes
	pages []pageSelection
}

// pageSelection is what each unit of a page shows. No units is a hole.
type pageSelection struct {
	index uint64
	units []unitVersion
	// reused are the pages that a foreign unit may be of.
	reused []foreignPage
}

// unitVersion is an effect, base, or one of the below.
type unitVersion int

const (
	zeros        unitVersion = -2 // nothing was ever written there
	firstForeign unitVersion = -3 // and below: pageSelection.reused[firstForeign-v]
)

// slotValue is a directory entry that pending effects concern.
type slotValue struct {
	dir          uint64
	name         string
	was, is, now uint64 // on the medium for certain; after the selection; as programs see it
	known        bool
}

// slots lists the entries that pending effects concern, with what a set leaves
// in them.
func (d *Disk) slots(set nameSet) []slotValue {
	out := make([]slotValue, 0, 2*len(d.names))
	var index map[link]int // looked up in, never ranged over
	if len(d.names) > 32 {
		index = make(map[link]int, 2*len(d.names))
	}
	find := func(h *half) *slotValue {
		if index != nil {
			if i, ok := index[link{h.dir, h.name}]; ok {
				return &out[i]
			}
			index[link{h.dir, h.name}] = len(out)
		} else if i := slices.IndexFunc(out, func(s slotValue) bool { return h.is(s.dir, s.name) }); i >= 0 {
			return &out[i]
		}
		now := uint64(0)
		if dir := d.node(h.dir); dir != nil {
			now = dir.entries.get(h.name)
		}
		out = append(out, slotValue{dir: h.dir, name: h.name, is: now, now: now})
		return &out[len(out)-1]
	}
	for i := range d.names {
		e := &d.names[i]
		for k, h := range e.halves() {
			if !h.exists() {
				continue
			}
			s := find(h)
			if h.hidden {
				continue
			}
			if !s.known {
				s.known, s.was, s.is = true, h.was, h.was
			}
			switch {
			case !set[2*i+k]:
			case k == 0:
				s.is = h.now
			case s.is == e.ino:
				s.is = 0
			}
		}
	}
	return out
}

// edits are inodes that an image changes.
type edits struct {
	d    *Disk
	list []change
	at   map[uint64]int // looked up in, never ranged over
}

func (e *edits) inode(ino uint64) *inode {
	if e.at == nil {
		e.at = make(map[uint64]int)
	}
	if i, ok := e.at[ino]; ok {
		return e.list[i].after
	}
	before := e.d.frozen.get(ino)
	after := *before
	e.at[ino] = len(e.list)
	e.list = append(e.list, change{before: before, after: &after})
	return &after
}

// peek is inode for a reader.
func (e *edits) peek(ino uint64) *inode {
	if i, ok := e.at[ino]; ok {
		return e.list[i].after
	}
	return e.d.frozen.get(ino)
}

// applyNames makes the names as a set leaves them.
func (e *edits) applyNames(set nameSet) {
	for _, s := range e.d.slots(set) {
		if s.is == s.now {
			continue
		}
		if s.now != 0 {
			e.inode(s.now).dropLink(s.dir, s.name)
		}
		if s.is != 0 {
			e.inode(s.is).addLink(s.dir, s.name)
		}
		dir := e.inode(s.dir)
		dir.entries = dir.entries.with(s.name, s.is)
	}
}

// reachable says whether a path leads to an inode.
func (e *edits) reachable(ino uint64) bool {
	n := e.peek(ino)
	if n.isDir() {
		for steps := 0; n.ino != rootIno; steps++ {
			if len(n.links) == 0 || steps > maxPathBytes {
				return false
			}
			n = e.peek(n.links[0].dir)
		}
		return true
	}
	for _, k := range n.links {
		if e.reachable(k.dir) {
			return true
		}
	}
	return false
}

// newEdits brings the frozen table up to date, for an image to start from.
func (d *Disk) newEdits() *edits {
	d.refresh()
	return &edits{d: d}
}

// build makes the image of a selection. The edits have its names already.
func (d *Disk) build(e *edits, s *selection, name string) *Image {
	im := d.newImage(PowerCut, name)
	for i := range s.files {
		d.buildFile(im.layer, e.inode(s.files[i].n.ino), &s.files[i])
	}
	account(im.layer, &im.table, e.list)
	im.finish()
	im.choice = d.choiceOf(s)
	im.origins = d.originsOf(s)
	return im
}

// buildFile gives an inode the content that was selected.
func (d *Disk) buildFile(l *layer, to *inode, s *fileSelection) {
	n := s.n
	to.size, to.pages, to.reserved = s.size, n.pages, n.reservedAt(s.size)
	var data [pageBytes]byte
	for i := range s.pages {
		p := &s.pages[i]
		if int64(p.index)*pageBytes >= s.size {
			continue
		}
		old := to.pages.get(p.index)
		if p.units == nil {
			if old != nil {
				*to.pages.slot(l, p.index) = nil
			}
			continue
		}
		n.fill(p, int(s.unit), &data, s.size)
		if old == nil && allZero(data[:]) || old != nil && old.data == data {
			continue
		}
		fresh := l.newPage()
		fresh.data = data
		*to.pages.slot(l, p.index) = fresh
	}
	l.cutPages(&to.pages, s.size)
}

// cutPages drops what lies beyond a size.
func (l *layer) cutPages(t *table[page], size int64) {
	t.cut(l, uint64((size+pageBytes-1)/pageBytes))
	rest := size % pageBytes
	if rest == 0 {
		return
	}
	if p := t.get(uint64(size / pageBytes)); p != nil && !allZero(p.data[rest:]) {
		q := l.copyPage(p)
		clear(q.data[rest:])
		*t.slot(l, uint64(size/pageBytes)) = q
	}
}

// fill makes a page's content, walking back over the effects once.
func (n *node) fill(p *pageSelection, unit int, data *[pageBytes]byte, size int64) {
	oldest := unitVersion(len(n.effects))
	for _, v := range p.units {
		if v > base {
			oldest = min(oldest, v)
		}
	}
	hasBase := slices.Contains(p.units, base)
	_, stale := n.staleAt(p.index)
	if hasBase && !stale {
		oldest = base
	}
	var work, other [pageBytes]byte
	n.versionOf(p.index, len(n.effects)-1, &work)
	clear(data[:])
	take := func(v unitVersion, from *[pageBytes]byte) {
		for u, w := range p.units {
			if w == v {
				copy(data[u*unit:min((u+1)*unit, pageBytes)], from[u*unit:])
			}
		}
	}
	for v := unitVersion(len(n.effects) - 1); v >= oldest; v-- {
		if v >= 0 {
			take(v, &work)
			n.undo(&n.effects[v], work[:], int64(p.index)*pageBytes)
		} else {
			take(base, &work)
		}
	}
	if hasBase && stale {
		n.content(p.index, base, &other)
		take(base, &other)
	}
	for i := range p.reused {
		if v := firstForeign - unitVersion(i); slices.Contains(p.units, v) {
			take(v, p.reused[i].data)
		}
	}
	if end := size - int64(p.index)*pageBytes; end < pageBytes {
		clear(data[end:])
	}
}
