package vfs

// choiceOf names a selection, by what differs from an image in which everything
// persisted: so the name is short where little was lost.
func (d *Disk) choiceOf(s *selection) Choice {
	c := Choice{Kind: PowerCut, Profile: s.profile}
	p := s.bounds
	for dev := range d.devices {
		at := p.commit.of(uint8(dev))
		switch {
		case at == noCommit || at == d.seq:
		case dev == 0:
			c.Commit = d.public(at)
		default:
			c.Commits = append(c.Commits, DeviceCommit{d.devices[dev].name, d.public(at)})
		}
	}
	for i := range d.names {
		half, lost := p.lost(s.names, addedBy(i), removedBy(i))
		if j := d.twin(i); j >= 0 {
			if j < i {
				continue // it was named with its twin
			}
			half, lost = p.lost(s.names, addedBy(i), addedBy(j))
		}
		if lost {
			c.Lost = append(c.Lost, LostName{Seq: d.public(d.names[i].seq), Half: half})
		}
	}
	for i := range s.files {
		if f, differs := d.fileChoiceOf(&s.files[i]); differs {
			c.Files = append(c.Files, f)
		}
	}
	return c
}

// lost says what of an effect could have persisted, and did not in a set: of a rename the
// addition and the removal, of an exchange what it put under either name.
func (p *nameBounds) lost(set nameSet, add, del halfID) (half Half, lost bool) {
	lostAdd, lostDel := p.free[add] && !set[add], p.free[del] && !set[del]
	switch {
	case !lostAdd && !lostDel:
		return 0, false
	case lostAdd && !lostDel && p.free[del]:
		return Addition, true
	case !lostAdd && p.free[add]:
		return Removal, true
	}
	return Whole, true
}

// fileChoiceOf names what a file shows other than the newest content that its
// variant and size allow. differs is false if there is nothing to name.
func (d *Disk) fileChoiceOf(f *fileSelection) (c FileChoice, differs bool) {
	c = FileChoice{Ino: f.n.ino, Variant: f.nth, Size: -1}
	variant := *f.variant
	if size := newest.size(&variant); size.size != f.size {
		c.Size = f.size
		variant.onlySize(f.size)
	}
	normal := newest.fileUnder(&variant)
	for i := range f.pages {
		p, q := &f.pages[i], &normal.pages[i]
		first := int64(p.index) * pageBytes / f.unit
		for u := range variant.units(p.index, f.size) {
			v := UnitVersion{Kind: Hole}
			if p.units != nil {
				v = variant.versionName(d, p.reused, p.units[u])
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
	return c, c.Variant != 0 || c.Size >= 0 || len(c.Units) > 0
}

// versionName is the public name of a version.
func (f *fileVariant) versionName(d *Disk, reused []foreignPage, v unitVersion) UnitVersion {
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
