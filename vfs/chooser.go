package vfs

// A chooser makes the decisions in which lawful images differ. Drawing, listing
// and the special images are choosers; what there is to decide, and between
// what, is the profiles' business alone.
type chooser interface {
	// names decides about the halves that are free.
	names(l *nameRules, commits []int64) (nameSet, *nameBounds)
	// file decides what a file shows. More than one variant: one of them holds.
	file(d *Disk, variants []fileVariant) fileSelection
}

// choose makes the selection that a chooser wants, and the image of it.
func (d *Disk) choose(p Profile, c chooser, name string) *Image {
	e := d.newEdits()
	l := d.nameRules(p)
	s := &selection{profile: p}
	s.names, s.bounds = c.names(l, l.commits())
	e.applyNames(s.names)
	for _, n := range d.dirtyFiles(e, l.rules) {
		variants := d.fileVariants(l.rules, n, s.bounds.commit)
		s.files = append(s.files, c.file(d, variants))
	}
	return d.build(e, s, name)
}
