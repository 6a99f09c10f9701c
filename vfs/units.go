package vfs

import (
	"fmt"
	"slices"
)

// Unit is a unit of a file of which an image shows one of several versions: what
// persists together, a sector or, on btrfs, a page.
type Unit struct {
	Number int64 // in the file, as UnitRun counts
	Offset int64 // bytes
	Len    int64
	Shown  UnitVersion
	May    []UnitVersion // what it may show instead, and Shown, oldest first
}

// Units lists the units of a file that are not on the medium, as an image shows them
// that a choice names, and what else each may show with the file's size and the law
// that the choice has for it. A file that the image doesn't have has none. The error
// matches ErrUnlawful if there is no such image.
func (d *Disk) Units(c Choice, ino uint64) ([]Unit, error) {
	if c.Kind != PowerCut || int(c.Profile) >= len(profileRules) {
		return nil, nil // a process crash leaves no choice
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &unitLister{resolver: resolver{c: c}, ino: ino}
	d.choose(c.Profile, l, "").Release()
	return l.units, l.err
}

// WithUnit is the choice with one unit of a file showing another version. Whether that
// is lawful Choose says.
func (c Choice) WithUnit(ino uint64, unit int64, v UnitVersion) Choice {
	c = c.clone()
	i := slices.IndexFunc(c.Files, func(f FileChoice) bool { return f.Ino == ino })
	if i < 0 {
		i = len(c.Files)
		c.Files = append(c.Files, FileChoice{Ino: ino, Size: -1})
	}
	c.Files[i].Units = append(c.Files[i].Units, UnitRun{unit, unit, v})
	return c
}

// ParseUnitVersion reads what UnitVersion.String returns.
func ParseUnitVersion(text string) (UnitVersion, error) {
	v, err := parseUnitVersion(text)
	if err != nil {
		return v, fmt.Errorf("vfs: version %q of a unit: %w", text, err)
	}
	return v, nil
}

// unitLister is a resolver that takes note of one file's units.
type unitLister struct {
	resolver
	ino   uint64
	units []Unit
}

func (l *unitLister) file(d *Disk, variants []fileVariant) fileSelection {
	sel := l.resolver.file(d, variants)
	f := sel.variant
	if f.n.ino != l.ino {
		return sel
	}
	least := variantSize{size: sel.size}
	if i := slices.IndexFunc(variants[sel.nth].sizes, func(s variantSize) bool { return s.size == sel.size }); i >= 0 {
		least = variants[sel.nth].sizes[i]
	}
	for i := range f.pages {
		p := &f.pages[i]
		for u := range f.units(p.index, sel.size) {
			l.units = append(l.units, f.unitOf(d, p, &sel.pages[i], u, least))
		}
	}
	return sel
}

// unitOf is one unit of a page that a selection decides.
func (f *fileVariant) unitOf(d *Disk, p *variantPage, s *pageSelection, u int, size variantSize) Unit {
	off := p.offset() + int64(u)*f.unit
	one := Unit{Number: off / f.unit, Offset: off, Len: min(f.unit, size.size-off), Shown: UnitVersion{Kind: Hole}}
	if p.hole && size.leastFor(p.index) == 0 {
		one.May = append(one.May, UnitVersion{Kind: Hole})
	}
	for _, v := range p.ofUnit(u, p.versionsAt(size.leastFor(p.index), s.reused)) {
		one.May = append(one.May, f.versionName(d, s.reused, v))
	}
	if s.units != nil {
		one.Shown = f.versionName(d, s.reused, s.units[u])
	}
	return one
}
