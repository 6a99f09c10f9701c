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
	Offset  int64 // of data, and of what became zeros without being written: bytes
	Len     int64
	OldSize int64 // the size before and after, bytes
	NewSize int64
	Device  string `json:",omitempty"` // of a disk that has several: which, MainDevice for that of the root
	// Part is "removal" or "addition" of a rename of which only that half is
	// meant: the other one is there, or was in a directory that is gone. It is
	// "exchange" where both names change places; of one that came apart the addition is what
	// it put under NewPath, and the removal what it put under Path. Image.Lost says "part" for a write
	// of which something is there. Of an OpChmod it is the extended attribute, or "" for
	// the mode.
	Part string
}

// String describes the change: "12: write /a 0+600, size 0 to 600".
func (p Pending) String() string {
	text := fmt.Sprintf("%d: %s %s", p.Seq, p.Kind, p.Path)
	if p.NewPath != "" {
		text += " to " + p.NewPath
	}
	if p.Kind == OpWrite || p.Len > 0 {
		text += fmt.Sprintf(" %d+%d", p.Offset, p.Len)
	}
	if p.OldSize != p.NewSize {
		text += fmt.Sprintf(", size %d to %d", p.OldSize, p.NewSize)
	}
	if p.Part != "" {
		text += " (" + p.Part + ")"
	}
	if p.Device != "" {
		text += " [disk " + p.Device + "]"
	}
	return text
}

// pendingView is what a list of pending changes is made from: a disk as it is, or
// what an image remembers of the disk that it was taken of.
type pendingView struct {
	mounted int64
	names   []nameEffect
	files   []pendingFile
	peek    func(ino uint64) *inode
	devices []device
}

// deviceName names a device, if there are several.
func (v *pendingView) deviceName(dev uint8) string {
	if len(v.devices) == 1 {
		return ""
	}
	return v.devices[dev].title()
}

// pendingFile is a file with pending effects.
type pendingFile struct {
	ino     uint64
	dev     uint8
	effects []effectRef
	changes []attributeRef
	// shown is what an image shows of the file, nil if it doesn't matter.
	shown *shownFile
}

// effectRef is what is worth remembering of a dataEffect.
type effectRef struct {
	seq           int64
	off, n        int64
	before, after int64
	cut, synced   bool
	sizeOnly      bool
	zeroes        bool
}

// attributeRef is what is worth remembering of an attributeEffect.
type attributeRef struct {
	seq  int64
	what string
}

func (n *node) attributeRefs() []attributeRef {
	refs := make([]attributeRef, len(n.changes))
	for i := range n.changes {
		refs[i] = attributeRef{n.changes[i].seq, n.changes[i].what}
	}
	return refs
}

// effectRefs copies a node's effects, for an image to keep.
func (n *node) effectRefs() []effectRef {
	refs := make([]effectRef, len(n.effects))
	for i := range n.effects {
		e := &n.effects[i]
		refs[i] = effectRef{e.seq, e.off, e.n, e.before, e.after, e.cut, e.synced, e.sizeOnly, e.zeroes}
	}
	return refs
}

// Pending lists what is not on the medium yet, in the order of the operations,
// by the rules of POSIX. Milder profiles may know some of it to be durable.
func (d *Disk) Pending() []Pending {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pending()
}

// pending is Pending, for a caller that has the lock.
func (d *Disk) pending() []Pending {
	if d.layer == nil {
		return nil
	}
	v := pendingView{mounted: d.mounted, names: d.names, peek: d.peek, devices: d.devices}
	for _, n := range d.dirty {
		v.files = append(v.files, pendingFile{ino: n.ino, dev: n.dev, effects: n.effectRefs(), changes: n.attributeRefs()})
	}
	return v.list(nil)
}

// list lists what is pending, or, given the names that persisted, what of it an
// image doesn't show.
func (v *pendingView) list(persisted nameSet) []Pending {
	var out []Pending
	missing := func(id halfID, h *half) bool {
		return h.exists() && !h.done && (persisted == nil || !persisted[id])
	}
	for i := range v.names {
		e := &v.names[i]
		add, del := missing(addedBy(i), &e.add), missing(removedBy(i), &e.del)
		if j := twinOf(v.names, i); j >= 0 {
			if toA := &v.names[j]; j > i {
				out = append(out, v.exchanged(e, toA, add, missing(addedBy(j), &toA.add))...)
			}
			continue
		}
		if add || del {
			out = append(out, v.nameChange(e, add, del))
		}
	}
	for i := range v.files {
		out = v.files[i].list(v, out)
	}
	slices.SortStableFunc(out, func(a, b Pending) int { return cmp.Compare(a.Seq, b.Seq) })
	return out
}

// nameChange describes a change of names of which one half is meant, or both. A
// rename may have one half alone from the start: the other one was in a directory
// that is gone.
func (v *pendingView) nameChange(e *nameEffect, add, del bool) Pending {
	p := Pending{Seq: publicSeq(e.seq, v.mounted), Kind: e.kind, Ino: e.ino, Device: v.deviceName(e.dev)}
	at := func(h *half) string { return pathOf(v.peek, link{h.dir, h.name}) }
	switch {
	case e.add.exists() && e.del.exists():
		p.Path, p.NewPath = at(&e.del), at(&e.add)
	case e.add.exists():
		p.Path = at(&e.add)
	default:
		p.Path = at(&e.del)
	}
	switch {
	case e.kind != OpRename:
	case !add:
		p.Part = "removal"
	case !del:
		p.Part = "addition"
	}
	return p
}

// exchanged describes an exchange of two names of which what it put under one of them is
// meant, or both, or nothing.
func (v *pendingView) exchanged(toB, toA *nameEffect, second, first bool) []Pending {
	at := func(h *half) string { return pathOf(v.peek, link{h.dir, h.name}) }
	p := Pending{Seq: publicSeq(toB.seq, v.mounted), Kind: OpRename, Ino: toB.ino, Path: at(&toA.add), NewPath: at(&toB.add), Device: v.deviceName(toB.dev), Part: "exchange"}
	switch {
	case !first && !second:
		return nil
	case !first:
		p.Part = "addition"
	case !second:
		p.Part = "removal"
	}
	return []Pending{p}
}

// list appends a file's pending effects to out, those that are shown whole left out.
func (f *pendingFile) list(v *pendingView, out []Pending) []Pending {
	name := fmt.Sprintf("(deleted #%d)", f.ino)
	if n := v.peek(f.ino); n != nil && len(n.links) > 0 {
		name = pathOf(v.peek, n.links[0])
	}
	for i := range f.effects {
		e, part := &f.effects[i], ""
		if e.synced {
			continue // durable already, though what came before it may not be
		}
		if f.shown != nil {
			whole := false
			if part, whole = f.shown.shows(f.effects, i); whole {
				continue
			}
		}
		p := Pending{Seq: publicSeq(e.seq, v.mounted), Kind: OpTruncate, Path: name, Ino: f.ino, OldSize: e.before, NewSize: e.after, Device: v.deviceName(f.dev), Part: part}
		if e.n > 0 && !e.cut {
			p.Offset, p.Len = e.off, e.n
			if !e.zeroes {
				p.Kind = OpWrite
			}
		}
		out = append(out, p)
	}
	for i, c := range f.changes {
		if f.shown == nil || i >= f.shown.changes {
			out = append(out, Pending{Seq: publicSeq(c.seq, v.mounted), Kind: OpChmod, Path: name, Ino: f.ino, Device: v.deviceName(f.dev), Part: c.what})
		}
	}
	return out
}

// shownFile is what an image shows of a file.
type shownFile struct {
	size, unit int64
	pages      []pageSelection
	changes    int // of attributes
}

// shows says whether one of a file's effects is there whole, and if not, "part"
// or "". Bytes that a later truncation cut off are nothing to look for.
func (f *shownFile) shows(effects []effectRef, effect int) (part string, whole bool) {
	e := &effects[effect]
	if e.n == 0 {
		return "", f.size == e.after || e.after == e.before
	}
	end := e.off + e.n
	for _, later := range effects[effect+1:] {
		if later.cut && !e.cut {
			end = min(end, later.after)
		}
	}
	seen, all := f.count(e, effect, end)
	switch {
	case !e.cut && f.size <= e.off && e.off < end:
		return "", false // its sector may be there, but the file ends before it
	case !e.cut && f.size < end && seen == all:
		return "part", false
	case seen > 0 && seen < all:
		part = "part"
	}
	return part, seen == all
}

// count counts the units of an effect up to the offset end: those that show it or
// something later, and all.
func (f *shownFile) count(e *effectRef, effect int, end int64) (seen, all int) {
	for i := range f.pages {
		p := &f.pages[i]
		first := int64(p.index) * pageBytes
		for off := max(first, e.off) / f.unit * f.unit; off < min(first+pageBytes, end); off += f.unit {
			all++
			if f.unitShows(p, e, effect, off) {
				seen++
			}
		}
	}
	return seen, all
}

// unitShows says whether the unit at an offset shows an effect or something later.
// Beyond the file's end a truncation shows, and no write does; a hole shows that one
// was made.
func (f *shownFile) unitShows(p *pageSelection, e *effectRef, effect int, off int64) bool {
	if off >= f.size {
		return e.cut
	}
	if e.zeroes && len(p.units) == 0 {
		return true
	}
	u := int((off - int64(p.index)*pageBytes) / f.unit)
	return u < len(p.units) && int(p.units[u]) >= effect
}

// Lost lists what the crash took: the pending changes that the image doesn't
// show, or not whole. A process crash takes nothing. Of a file that has no name
// any more only that is listed.
func (im *Image) Lost() []Pending {
	o := im.origins
	if o.names == nil && o.files == nil {
		return nil
	}
	v := pendingView{mounted: o.mounted, names: o.names, peek: o.seen.get, devices: im.devices}
	for i := range o.files {
		f := o.files[i]
		v.files = append(v.files, pendingFile{ino: f.ino, dev: f.dev, effects: f.effects, changes: f.changes, shown: &f.shownFile})
	}
	persisted := o.persisted
	if persisted == nil {
		persisted = nameSet{}
	}
	return v.list(persisted)
}
