package vfs

import (
	"cmp"
	"fmt"
	"slices"
)

// Pending is one change that is not on the medium yet.
type Pending struct {
	Seq     int64 // of the operation; negative: see Choice
	Kind    OpKind
	Path    string // as the file or entry is called now, or was
	NewPath string // of a rename or link
	Ino     uint64
	Offset  int64 // of data: bytes
	Len     int64
	OldSize int64 // the size before and after, bytes
	NewSize int64
	// Part is empty in what Disk.Pending returns. Image.Lost says "removal" or
	// "addition" for half a rename, "part" for a write of which something is
	// there.
	Part string
}

// String describes the change: "12: write /a 0+600, size 0 to 600".
func (p Pending) String() string {
	text := fmt.Sprintf("%d: %s %s", p.Seq, p.Kind, p.Path)
	if p.NewPath != "" {
		text += " to " + p.NewPath
	}
	if p.Kind == OpWrite {
		text += fmt.Sprintf(" %d+%d", p.Offset, p.Len)
	}
	if p.OldSize != p.NewSize {
		text += fmt.Sprintf(", size %d to %d", p.OldSize, p.NewSize)
	}
	if p.Part != "" {
		text += " (" + p.Part + ")"
	}
	return text
}

// Pending lists what is not on the medium yet, in the order of the operations,
// by the rules of POSIX. Milder profiles may know some of it to be durable.
func (d *Disk) Pending() []Pending {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.layer == nil {
		return nil
	}
	return d.pendingWhere(func(*nameEffect, int) bool { return true }, func(*node, int) string { return "" })
}

// lostOf lists what a selection leaves out.
func (d *Disk) lostOf(s *selection) []Pending {
	return d.pendingWhere(
		func(e *nameEffect, half int) bool {
			i := slices.IndexFunc(d.names, func(f nameEffect) bool { return f.seq == e.seq && f.ino == e.ino })
			return !s.names[2*i+half]
		},
		func(n *node, i int) string {
			for k := range s.files {
				if s.files[k].n == n {
					return s.files[k].shows(i)
				}
			}
			return "kept" // the file has no name any more: that was lost, not this
		})
}

// shows says how much of an effect a file shows: "" none, "part", or "kept".
func (f *fileSelection) shows(effect int) string {
	e := &f.n.effects[effect]
	if e.n == 0 {
		if f.size == e.after || e.after == e.before {
			return "kept"
		}
		return ""
	}
	seen, all := 0, 0
	for i := range f.pages {
		p := &f.pages[i]
		for off := max(int64(p.index)*pageBytes, e.off) / f.unit * f.unit; off < min(int64(p.index+1)*pageBytes, e.off+e.n); off += f.unit {
			all++
			if off >= f.size && e.cut {
				seen++
			}
			u := int((off - int64(p.index)*pageBytes) / f.unit)
			if off < f.size && u < len(p.units) && int(p.units[u]) >= effect {
				seen++
			}
		}
	}
	switch {
	case seen == all:
		return "kept"
	case seen > 0:
		return "part"
	}
	return ""
}

// pendingWhere lists effects: halves of names for which names is true, and data
// for which data doesn't say "kept".
func (d *Disk) pendingWhere(names func(*nameEffect, int) bool, data func(*node, int) string) []Pending {
	var out []Pending
	for i := range d.names {
		e := &d.names[i]
		add := e.add.exists() && !e.add.done && names(e, 0)
		del := e.del.exists() && !e.del.done && names(e, 1)
		if !add && !del {
			continue
		}
		p := Pending{Seq: d.public(e.seq), Kind: e.kind, Ino: e.ino}
		at := func(h *half) string { return d.pathOf(link{h.dir, h.name}) }
		switch {
		case e.add.exists() && e.del.exists():
			p.Path, p.NewPath = at(&e.del), at(&e.add)
			if !add {
				p.Part = "removal"
			} else if !del {
				p.Part = "addition"
			}
		case e.add.exists():
			p.Path = at(&e.add)
		default:
			p.Path = at(&e.del)
		}
		out = append(out, p)
	}
	for _, n := range d.dirty {
		name := fmt.Sprintf("(deleted #%d)", n.ino)
		if len(n.links) > 0 {
			name = d.pathOf(n.links[0])
		}
		for i := range n.effects {
			part := data(n, i)
			if part == "kept" {
				continue
			}
			e := &n.effects[i]
			p := Pending{Seq: d.public(e.seq), Kind: OpTruncate, Path: name, Ino: n.ino, OldSize: e.before, NewSize: e.after, Part: part}
			if e.n > 0 && !e.cut {
				p.Kind, p.Offset, p.Len = OpWrite, e.off, e.n
			}
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b Pending) int { return cmp.Compare(a.Seq, b.Seq) })
	return out
}

// Lost lists what the crash took: the pending changes that the image doesn't
// show, or not whole. A process crash takes nothing.
func (im *Image) Lost() []Pending { return slices.Clone(im.origins.lost) }
