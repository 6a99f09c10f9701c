package vfs

import (
	"fmt"
	"iter"
	"slices"
)

// Choice names one image of a disk, by what a crash lost of the pending
// effects. Operations are named by Seq; those of before the mount, pending
// since a process crash, by negative numbers. The zero Choice is no image's.
//
// A choice means something on the disk that it was taken of, and on any other
// that the same operations were made on.
type Choice struct {
	Kind    CrashKind
	Profile Profile // of a power cut
	// Commit is, for a filesystem that commits in program order, the Seq of
	// the last operation that was committed. 0: all were.
	Commit int64
	// Lost are the changes of names that could have persisted and did not.
	Lost []LostName
	// Files are the files that show anything but the newest content.
	Files []FileChoice
}

// LostName is a change of names that did not persist.
type LostName struct {
	Seq  int64
	Half Half
}

// Half says what of a rename was lost.
type Half uint8

// The halves. All other operations have one.
const (
	Whole Half = iota
	Addition
	Removal // both names persisted
)

// FileChoice is what a file shows.
type FileChoice struct {
	Ino uint64
	// Law counts, where a profile has several ways to treat a file: replaced,
	// empty.
	Law int
	// Size in bytes; -1: the newest.
	Size int64
	// Units are the runs that show anything but the newest version.
	Units []UnitRun
}

// UnitRun is a run of units of a file with the same version. A unit is what
// persists together: a sector of the device, or a page on btrfs.
type UnitRun struct {
	First, Last int64 // unit numbers in the file
	Version     UnitVersion
}

// UnitVersion names a version of a unit.
type UnitVersion struct {
	Kind VersionKind
	Seq  int64 // of Written, Reused: the operation
	// Of Reused: the file and page that were written to the block.
	Ino  uint64
	Page uint64
}

// VersionKind is where a version came from.
type VersionKind uint8

// The kinds.
const (
	Durable VersionKind = iota // what the medium had
	Written                    // as an operation left it
	Missing                    // zeros: never written
	Hole                       // the whole page is missing
	Reused                     // another file's
)

// Choose returns the image that a choice names. The error matches ErrUnlawful
// if there is none such.
func (d *Disk) Choose(c Choice) (*Image, error) {
	switch c.Kind {
	case ProcessCrash:
		return d.ProcessCrash(), nil
	case PowerCut:
	default:
		return nil, fmt.Errorf("%w: no kind of crash", ErrUnlawful)
	}
	if int(c.Profile) >= len(profileRules) {
		return nil, fmt.Errorf("%w: %v", ErrUnlawful, c.Profile)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r := &resolver{c: c}
	im := d.choose(c.Profile, r, "")
	if r.err != nil {
		im.Release()
		return nil, r.err
	}
	return im, nil
}

// resolver is the chooser that follows a choice. With the first thing that is
// not lawful it goes on as it can, and reports it.
type resolver struct {
	c   Choice
	err error
}

func (r *resolver) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: "+format, append([]any{ErrUnlawful}, args...)...)
	}
}

func (r *resolver) names(l *nameLaw, commits []int64) (nameSet, *namePair) {
	commit := commits[len(commits)-1]
	if r.c.Commit != 0 {
		i := slices.IndexFunc(commits, func(c int64) bool { return l.d.public(c) == r.c.Commit && c != noCommit })
		if i < 0 {
			r.fail("commit point %d", r.c.Commit)
		} else {
			commit = commits[i]
		}
	}
	p := l.pair(commit)
	set := slices.Clone(p.fixed)
	for h := range set {
		set[h] = set[h] || p.free[h]
	}
	for _, lost := range r.c.Lost {
		found := false
		for i := range l.d.names {
			e := &l.d.names[i]
			if l.d.public(e.seq) != lost.Seq {
				continue
			}
			for k, h := range e.halves() {
				if h.exists() && p.free[2*i+k] && (lost.Half == Whole || lost.Half == Addition && k == 0 || lost.Half == Removal && k == 1) {
					set[2*i+k], found = false, true
				}
			}
		}
		if !found {
			r.fail("operation %d has no names to lose", lost.Seq)
		}
	}
	if !l.lawful(p, set) {
		r.fail("names persist without what they need")
		set = slices.Clone(p.fixed)
	}
	for _, f := range r.c.Files {
		if n := l.d.nodes.get(f.Ino); n == nil {
			r.fail("file #%d has nothing pending", f.Ino)
		}
	}
	return set, p
}

// newest is what a file shows unless a choice says otherwise.
var newest = special{kind: SpecialEverything}

func (r *resolver) file(d *Disk, laws []fileLaw) fileSelection {
	ino := laws[0].n.ino
	i := slices.IndexFunc(r.c.Files, func(f FileChoice) bool { return f.Ino == ino })
	if i < 0 {
		return newest.fileUnder(&laws[0])
	}
	c := &r.c.Files[i]
	if c.Law < 0 || c.Law >= len(laws) {
		r.fail("file #%d has %d laws, not %d", ino, len(laws), c.Law)
		return newest.fileUnder(&laws[0])
	}
	f := &laws[c.Law]
	sel := newest.fileUnder(f)
	if c.Size >= 0 && c.Size != sel.size {
		sizes := f.lawfulSizes()
		k := slices.IndexFunc(sizes, func(l sizeLaw) bool { return l.size == c.Size })
		if k < 0 {
			r.fail("file #%d: size %d", ino, c.Size)
			return sel
		}
		g := *f
		g.sizes = sizes[k : k+1]
		sel = newest.fileUnder(&g)
	}
	sel.law, sel.nth = f, c.Law
	size := f.sizes[slices.IndexFunc(f.sizes, func(l sizeLaw) bool { return l.size == sel.size })]
	for _, run := range c.Units {
		if run.First < 0 || run.Last < run.First || run.Last-run.First > sel.size/f.unit {
			r.fail("file #%d: units %d to %d", ino, run.First, run.Last)
			return sel
		}
		for u := run.First; u <= run.Last; u++ {
			r.unit(d, f, &sel, size, u, run.Version)
		}
	}
	if !f.inOrder(&sel) {
		r.fail("file #%d: overwrites out of order", ino)
	}
	return sel
}

// unit gives one unit the version that a choice names.
func (r *resolver) unit(d *Disk, f *fileLaw, sel *fileSelection, size sizeLaw, u int64, v UnitVersion) {
	index := uint64(u * f.unit / pageBytes)
	i := slices.IndexFunc(f.pages, func(p pageLaw) bool { return p.index == index })
	if i < 0 || u*f.unit >= sel.size {
		r.fail("file #%d: nothing pending in unit %d", f.n.ino, u)
		return
	}
	p, s := &f.pages[i], &sel.pages[i]
	at := int(u - int64(index)*pageBytes/f.unit)
	if v.Kind == Hole {
		if !p.hole || size.leastFor(index) > 0 {
			r.fail("file #%d: no hole in unit %d", f.n.ino, u)
		}
		s.units = nil
		return
	}
	if s.units == nil {
		// The page is not missing: its other units are named too, or base.
		s.units = make([]unitVersion, f.units(index, sel.size))
		for k := range s.units {
			s.units[k] = base
			if p.hole && len(p.versions) > 0 {
				s.units[k] = p.ofUnit(k, p.versionsAt(0, nil))[0]
			}
		}
	}
	if v.Kind == Reused && p.reused > 0 {
		if len(s.reused) == 0 || s.reused[0].seq != d.internal(v.Seq) || s.reused[0].ino != v.Ino || s.reused[0].index != v.Page {
			all := d.foreignPages(p.reused)
			k := slices.IndexFunc(all, func(g foreignPage) bool {
				return g.seq == d.internal(v.Seq) && g.ino == v.Ino && g.index == v.Page
			})
			if k < 0 || len(s.reused) > 0 {
				r.fail("file #%d: unit %d can't show page %d of #%d", f.n.ino, u, v.Page, v.Ino)
				return
			}
			s.reused = all[k : k+1]
		}
		s.units[at] = firstForeign
		return
	}
	for _, have := range p.ofUnit(at, p.versionsAt(size.leastFor(index), nil)) {
		got := f.versionName(d, nil, have)
		if got == v {
			s.units[at] = have
			return
		}
	}
	r.fail("file #%d: unit %d has no version %v", f.n.ino, u, v)
}

// versionName is the public name of a version.
func (f *fileLaw) versionName(d *Disk, reused []foreignPage, v unitVersion) UnitVersion {
	switch {
	case v == base:
		return UnitVersion{Kind: Durable}
	case v == zeros:
		return UnitVersion{Kind: Missing}
	case v <= firstForeign:
		g := reused[firstForeign-v]
		return UnitVersion{Kind: Reused, Seq: d.public(g.seq), Ino: g.ino, Page: g.index}
	}
	return UnitVersion{Kind: Written, Seq: d.public(f.n.effects[v].seq)}
}

// Simpler yields choices in which less is lost: nothing, then what is lost by
// halves, then with one thing less. Not all of them need be lawful.
func (c Choice) Simpler() iter.Seq[Choice] {
	return func(yield func(Choice) bool) {
		if c.Kind != PowerCut || c.Commit == 0 && len(c.Lost) == 0 && len(c.Files) == 0 {
			return
		}
		nothing := Choice{Kind: c.Kind, Profile: c.Profile}
		if !yield(nothing) {
			return
		}
		with := func(change func(*Choice)) bool {
			d := c.clone()
			change(&d)
			return yield(d)
		}
		if c.Commit != 0 && (len(c.Lost) > 0 || len(c.Files) > 0) && !with(func(d *Choice) { d.Commit = 0 }) {
			return
		}
		if len(c.Lost) > 0 && len(c.Files) > 0 && (!with(func(d *Choice) { d.Lost = nil }) || !with(func(d *Choice) { d.Files = nil })) {
			return
		}
		if n := len(c.Lost); n > 3 {
			if !with(func(d *Choice) { d.Lost = d.Lost[n/2:] }) || !with(func(d *Choice) { d.Lost = d.Lost[:n/2] }) {
				return
			}
		}
		for i := range c.Lost {
			if !with(func(d *Choice) { d.Lost = slices.Delete(d.Lost, i, i+1) }) {
				return
			}
			if c.Lost[i].Half == Whole && !with(func(d *Choice) { d.Lost[i].Half = Removal }) {
				return
			}
		}
		for i := range c.Files {
			if !with(func(d *Choice) { d.Files = slices.Delete(d.Files, i, i+1) }) || !c.simplerFile(i, with) {
				return
			}
		}
	}
}

func (c Choice) simplerFile(i int, with func(func(*Choice)) bool) bool {
	f := &c.Files[i]
	if f.Law != 0 && !with(func(d *Choice) { d.Files[i].Law = 0 }) {
		return false
	}
	if f.Size >= 0 && (len(f.Units) > 0 || f.Law > 0) && !with(func(d *Choice) { d.Files[i].Size = -1 }) {
		return false
	}
	if f.Size >= 0 && len(f.Units) > 0 && !with(func(d *Choice) { d.Files[i].Units = nil }) {
		return false
	}
	if n := len(f.Units); n > 3 {
		if !with(func(d *Choice) { d.Files[i].Units = d.Files[i].Units[n/2:] }) ||
			!with(func(d *Choice) { d.Files[i].Units = d.Files[i].Units[:n/2] }) {
			return false
		}
	}
	for k := range f.Units {
		if len(f.Units) > 1 && !with(func(d *Choice) { d.Files[i].Units = slices.Delete(d.Files[i].Units, k, k+1) }) {
			return false
		}
	}
	return true
}

func (c Choice) clone() Choice {
	c.Lost, c.Files = slices.Clone(c.Lost), slices.Clone(c.Files)
	for i := range c.Files {
		c.Files[i].Units = slices.Clone(c.Files[i].Units)
	}
	return c
}
