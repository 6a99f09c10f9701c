package vfs

// choiceOf names a selection.
func (d *Disk) choiceOf(s *selection) Choice {
	c := Choice{Kind: PowerCut, Profile: s.profile}
	p := s.pair
	if p.commit != noCommit && p.commit != d.seq {
		c.Commit = d.public(p.commit)
	}
	for i := range d.names {
		e := &d.names[i]
		lost := [2]bool{}
		for k := range lost {
			lost[k] = p.free[2*i+k] && !s.names[2*i+k]
		}
		n := LostName{Seq: d.public(e.seq)}
		switch {
		case !lost[0] && !lost[1]:
			continue
		case lost[0] && !lost[1] && p.free[2*i+1]:
			n.Half = Addition
		case !lost[0] && p.free[2*i]:
			n.Half = Removal
		}
		c.Lost = append(c.Lost, n)
	}
	for i := range s.files {
		if f, differs := d.fileChoiceOf(&s.files[i]); differs {
			c.Files = append(c.Files, f)
		}
	}
	return c
}

// fileChoiceOf names what a file shows that isn't the newest.
func (d *Disk) fileChoiceOf(f *fileSelection) (FileChoice, bool) {
	c := FileChoice{Ino: f.n.ino, Law: f.nth, Size: -1}
	law := *f.law
	if size := newest.size(&law); size.size != f.size {
		c.Size = f.size
		law.onlySize(f.size)
	}
	normal := newest.fileUnder(&law)
	for i := range f.pages {
		p, q := &f.pages[i], &normal.pages[i]
		first := int64(p.index) * pageBytes / f.unit
		for u := range law.units(p.index, f.size) {
			v := UnitVersion{Kind: Hole}
			if p.units != nil {
				v = law.versionName(d, p.reused, p.units[u])
			}
			if (p.units == nil) == (q.units == nil) && (p.units == nil || p.units[u] == q.units[u]) {
				continue
			}
			at := first + int64(u)
			if k := len(c.Units) - 1; k >= 0 && c.Units[k].Last == at-1 && c.Units[k].Version == v {
				c.Units[k].Last = at
			} else {
				c.Units = append(c.Units, UnitRun{First: at, Last: at, Version: v})
			}
		}
	}
	return c, c.Law != 0 || c.Size >= 0 || len(c.Units) > 0
}

// onlySize leaves a law one of its sizes. It returns false if it hasn't that.
func (f *fileLaw) onlySize(size int64) bool {
	for _, l := range f.lawfulSizes() {
		if l.size == size {
			f.sizes = []sizeLaw{l}
			return true
		}
	}
	return false
}
