package vfs

// A chooser makes the decisions in which lawful images differ. One that draws is a
// sampler, one that follows a Choice a resolver, one of a special image a special.
// What there is to decide, and between what, comes from the profile alone: so all
// of them stay within what is lawful.
type chooser interface {
	// names picks a commit point of each device, and with it the changes of names that persist.
	names(l *nameRules, commits [][]int64) (nameSet, *nameBounds)
	// file picks one of the variants of a file, and what the file shows under it.
	file(d *Disk, variants []fileVariant) fileSelection
}

// choose makes the image that a chooser wants.
func (d *Disk) choose(p Profile, c chooser, name string) *Image {
	return d.decide(p, c, name).image()
}

// chooseUnless is choose, but for an image that is known by its digest: nil is returned
// for that.
func (d *Disk) chooseUnless(p Profile, c chooser, name string, known func(Digest) bool) *Image {
	t := d.decide(p, c, name)
	if known(t.digest) {
		t.drop()
		return nil
	}
	return t.image()
}

// decide makes the selection that a chooser wants. Names come before contents: only a
// file that a path leads to then has a content to decide.
func (d *Disk) decide(p Profile, c chooser, name string) *draft {
	e := d.newEdits()
	l := d.nameRules(p)
	s := &selection{profile: p}
	s.names, s.bounds = c.names(l, l.commits())
	e.applyNames(s.names)
	for _, n := range d.dirtyFiles(e, l.rules) {
		variants := d.fileVariants(l.rules, n, s.bounds.commit.of(n.dev))
		s.files = append(s.files, c.file(d, variants))
	}
	return d.draft(e, s, name)
}
