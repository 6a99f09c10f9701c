package vfs

import (
	"fmt"
	"slices"
)

// Origin says where a byte of an image came from.
type Origin struct {
	// Seq is the operation that wrote it, or cut it off by truncation. 0: it
	// was there when the disk was mounted, or nobody ever wrote it. Negative:
	// see Choice.
	Seq int64
	// Synced is true if an fsync had made it durable before the crash.
	Synced bool
	// Lost are operations that had written the byte too, later, and of which it
	// shows nothing.
	Lost []int64
}

// origins is what an image remembers of the disk, to explain itself. The effects
// are gone from the disk as soon as they are durable, so that it has copies; the log
// only grows at its end, so that it shares that.
type origins struct {
	log       []logEntry // who wrote what, in program order
	mounted   int64
	files     []originFile
	names     []nameEffect
	persisted nameSet
	seen      table[inode] // as programs saw it
}

// originFile is a file with something pending, and what the image shows of it.
type originFile struct {
	ino     uint64
	dev     uint8
	effects []effectRef
	changes []attributeRef
	stale   []stalePage
	shownFile
}

// originsOf notes what provenance needs. A nil selection is a process crash.
func (d *Disk) originsOf(s *selection) *origins {
	o := &origins{log: d.layer.log[:len(d.layer.log):len(d.layer.log)], mounted: d.mounted}
	if s == nil {
		return o
	}
	o.names, o.persisted, o.seen = slices.Clone(d.names), s.names, d.frozen
	if len(s.files) > 0 {
		o.files = make([]originFile, len(s.files))
	}
	for i := range s.files {
		f := &s.files[i]
		o.files[i] = originFile{f.n.ino, f.n.dev, f.n.effectRefs(), f.n.attributeRefs(), slices.Clone(f.n.stale), shownFile{f.size, f.unit, f.pages, f.variant.changes}}
	}
	return o
}

// Origin says where a byte of a file of the image came from.
func (im *Image) Origin(name string, off int64) (Origin, error) {
	n, err := im.find(name)
	if err != nil {
		return Origin{}, pathError("origin", name, err)
	}
	if off < 0 || off >= n.size {
		return Origin{}, fmt.Errorf("vfs: origin of %s: offset %d, want one in [0, %d)", name, off, n.size)
	}
	// What the image shows is as of an operation, if that is still pending.
	bound, reused, pending := int64(1<<62), false, []effectRef(nil)
	for i := range im.origins.files {
		f := &im.origins.files[i]
		if f.ino == n.ino {
			pending = f.effects
			bound, reused = f.bound(off)
		}
	}
	mounted := im.origins.mounted
	if reused {
		return Origin{Seq: publicSeq(bound, mounted)}, nil
	}
	var o Origin
	for i := len(im.origins.log) - 1; i >= 0; i-- {
		e := &im.origins.log[i]
		if e.ino != n.ino || off < e.off || off >= e.off+e.n {
			continue
		}
		isPending := slices.ContainsFunc(pending, func(p effectRef) bool { return p.seq == e.seq && !p.synced && !p.sizeOnly })
		if e.seq > bound || e.dropped && !(isPending && e.seq <= bound) {
			o.Lost = append(o.Lost, publicSeq(e.seq, mounted))
			continue
		}
		o.Seq, o.Synced = publicSeq(e.seq, mounted), !isPending
		break
	}
	slices.Reverse(o.Lost)
	return o, nil
}

// bound is the Seq as of which an image shows a byte: of base, the one before
// everything that was pending. A reused block shows exactly that operation's.
func (f *originFile) bound(off int64) (seq int64, reused bool) {
	index, before := uint64(off/pageBytes), int64(1<<62)
	if i := slices.IndexFunc(f.stale, func(p stalePage) bool { return p.index == index }); i >= 0 {
		before = f.stale[i].since
	} else if len(f.effects) > 0 {
		before = f.effects[0].seq - 1
	}
	for i := range f.pages {
		p := &f.pages[i]
		if p.index != index {
			continue
		}
		u := (off % pageBytes) / f.unit
		if int(u) >= len(p.units) {
			return before, false // a hole
		}
		switch v := p.units[u]; {
		case v >= 0:
			return f.effects[v].seq, false
		case v <= firstForeign:
			return p.reused[firstForeign-v].seq, true
		}
		return before, false
	}
	return 1 << 62, false
}

// find walks the image.
func (im *Image) find(name string) (*inode, error) {
	n := im.table.get(rootIno)
	clean := cleanPath(name)
	for rest := clean[1:]; rest != ""; {
		elem := rest
		if i := slices.Index([]byte(rest), '/'); i >= 0 {
			elem, rest = rest[:i], rest[i+1:]
		} else {
			rest = ""
		}
		ino := n.entries.get(elem)
		if ino == 0 {
			return nil, errNotExist
		}
		n = im.table.get(ino)
	}
	return n, nil
}
