package vfs

// fileVariant is one coherent set of what a file may show after a power cut: a
// size, and for each page one of its versions. A file may have several variants;
// then one of them holds.
type fileVariant struct {
	n     *node
	unit  int64 // bytes that persist together
	sizes []variantSize
	pages []variantPage // the dirty ones, in order; all others are on the medium as they show
	// order, if not empty, are effects that persist in program order.
	order []int
	// changes is how many of the pending changes of its attributes show.
	changes int
}

// fileVariants lists the variants of a file behind a commit point. Every image shows
// the file as one of them has it, and each of them is lawful: drawing, listing,
// naming and judging start from this list.
func (d *Disk) fileVariants(r *rules, n *node, commit int64) []fileVariant {
	committed := commit
	if r.copyOnWrite {
		commit = max(commit, n.synced) // an fsynced inode jumps ahead
	}
	f := fileVariant{n: n, unit: int64(d.options.SectorBytes), sizes: r.sizes(n.baseSize(), n.effects, commit, n.synced)}
	if r.copyOnWrite || r.wholePages {
		f.unit = pageBytes
	}
	for _, index := range n.dirtyPages(r.reuses) { // a block that was freed may show what another file has there
		f.pages = append(f.pages, r.page(n, index, commit, f.unit))
	}
	if r.copyOnWrite {
		f.order = n.overwrites()
	}
	variants := []fileVariant{f}
	if r.protects {
		variants = r.protect(f, commit, d.begun(n.dev, commit))
	}
	if r.noHoles { // only now: what is protected is what was a hole
		for i := range variants {
			variants[i].fillHoles()
		}
	}
	if r.reuses {
		for i := range variants {
			d.markReused(&variants[i], commit)
		}
	}
	return d.withAttributes(r, n, committed, variants)
}

// fillHoles leaves out that a page is missing, wherever it may also be there.
func (f *fileVariant) fillHoles() {
	for i := range f.pages {
		if p := &f.pages[i]; len(p.versions) > 0 {
			p.hole, p.zero = false, false
		}
	}
}

func roundUp(n int64) int64 { return (n + pageBytes - 1) / pageBytes * pageBytes }
