package vfs

import "slices"

// variantPage is what a page may show: zeros as a whole, if its block may be missing,
// or for each unit one of the versions. Which of them a unit shows has nothing to do
// with its neighbours: the device may have written any sectors of several writes.
type variantPage struct {
	index    uint64
	hole     bool          // the page may be all zeros, as a block that isn't there reads
	zero     bool          // each unit by itself may be zeros
	versions []pageVersion // oldest first
	// reused is, if not 0, the Seq of the operation that freed the page's
	// block: what was written to any file since may show instead.
	reused int64
	// units is what writes through O_SYNC and O_DSYNC handles, durable at once, ask
	// of each unit. Nil if there were none.
	units []variantUnit
}

// variantUnit is what one unit of a page must show.
type variantUnit struct {
	least int64 // the Seq of the oldest version that it may show
	there bool  // it can't be zeros
}

// pageVersion is a page as an effect left it, or as the medium has it: base.
type pageVersion struct {
	effect int   // index in node.effects, or base
	seq    int64 // of the operation; 0 for base
}

// page lists what a page may show: what the medium has, and what each pending
// effect up to the commit point left, or zeros where a block may be missing.
func (r *rules) page(n *node, index uint64, commit, unit int64) variantPage {
	p := r.pageOnMedium(n, index)
	at, size := p.offset(), n.baseSize()
	stale, _ := n.staleAt(index)
	kept := false // the page has its block on the medium, although it is a hole by now
	for i := range n.effects {
		e := &n.effects[i]
		if r.copyOnWrite && e.seq > commit {
			break
		}
		if e.frees(at, size) && e.seq > stale.synced {
			if r.converts && e.converts && e.seq > commit && !p.hole {
				kept = true // what was zeroed is written again in place
			} else if !p.free(r, e.seq, commit) {
				return p
			}
		}
		if r.inOrder && e.seq > commit && !kept && e.fillsPage(index) {
			return p // the block is the page's only with a commit that has what came before the write
		}
		size = e.after
		if e.changesPage(at) {
			p.add(i, e, unit)
		}
	}
	return p
}

// pageOnMedium is the page without any pending effect.
func (r *rules) pageOnMedium(n *node, index uint64) variantPage {
	p := variantPage{index: index}
	stale, isStale := n.staleAt(index)
	if p.hole = isStale && stale.data == nil || !isStale && p.offset() >= n.baseSize(); !p.hole {
		p.versions = []pageVersion{{effect: base}}
	}
	p.zero = p.hole && !r.blocks
	return p
}

// offset is where the page begins in its file, in bytes.
func (p *variantPage) offset() int64 { return int64(p.index) * pageBytes }

// free applies a truncation that freed the page's block, by its Seq. It returns
// false if the commit point comes before the truncation: what was written later
// went to another block then, and no crash shows it.
func (p *variantPage) free(r *rules, seq, commit int64) bool {
	switch {
	case !r.blocks: // each unit by itself is as before the truncation, zero, or as after it
		p.hole, p.zero = true, true
		for u := range p.units {
			p.units[u].there = false
		}
	case seq > commit:
		return false
	default:
		*p = variantPage{index: p.index, hole: true}
	}
	return true
}

// add appends the version that an effect left. A write of which only some
// sectors were let through is several effects; together they are one version.
func (p *variantPage) add(effect int, e *dataEffect, unit int64) {
	if k := len(p.versions) - 1; k >= 0 && p.versions[k].effect != base && p.versions[k].seq == e.seq {
		p.versions = p.versions[:k]
	}
	p.versions = append(p.versions, pageVersion{effect: effect, seq: e.seq})
	if e.synced {
		p.sync(e, unit)
	}
}

// sync notes that a write to the page was durable at once.
func (p *variantPage) sync(e *dataEffect, unit int64) {
	p.hole = false
	if p.units == nil {
		p.units = make([]variantUnit, pageBytes/unit)
	}
	for u := range p.units {
		if off := p.offset() + int64(u)*unit; e.touches(off, off+unit) {
			p.units[u] = variantUnit{least: e.seq, there: true}
		}
	}
}

// leastOf is the Seq of what a unit must show at least.
func (p *variantPage) leastOf(u int) int64 {
	if p.units == nil {
		return 0
	}
	return p.units[u].least
}

// versionsAt lists what units of a page may show, without repeats of one
// version; see ofUnit. It is empty where only a hole is lawful.
func (p *variantPage) versionsAt(least int64, reused []foreignPage) []unitVersion {
	var out []unitVersion
	for _, v := range p.versions {
		if v.seq >= least {
			out = append(out, unitVersion(v.effect))
		}
	}
	if p.zero && least == 0 {
		out = append(out, zeros)
	}
	for i := range reused {
		out = append(out, firstForeign-unitVersion(i))
	}
	return out
}

// ofUnit is what one unit may show of the versions that its page has.
func (p *variantPage) ofUnit(u int, versions []unitVersion) []unitVersion {
	if p.units == nil {
		return versions
	}
	var out []unitVersion
	for _, v := range versions {
		switch {
		case v == zeros && p.units[u].there:
		case v >= base && p.seqOf(v) < p.units[u].least:
		default:
			out = append(out, v)
		}
	}
	return out
}

// seqOf is the Seq of the operation that a version of the page is of.
func (p *variantPage) seqOf(v unitVersion) int64 {
	i := slices.IndexFunc(p.versions, func(have pageVersion) bool { return have.effect == int(v) })
	return p.versions[i].seq
}

// units is how many units of a page lie below a size.
func (f *fileVariant) units(index uint64, size int64) int {
	left := min(size-int64(index)*pageBytes, pageBytes)
	return int(max(0, (left+f.unit-1)/f.unit))
}
