package vfs_test

import (
	"bytes"
	"fmt"
	"slices"
)

// refVersion is a page as some operation left it.
type refVersion struct {
	seq  int
	data []byte
}

// refPageChoice is what a page may show: nothing at all (no block, zeros), or
// each unit one of the versions.
type refPageChoice struct {
	hole     bool
	since    int // nothing older is pending
	versions []refVersion
	// pieces say more of single units: from offset from to offset to of the page,
	// nothing shows that is older than seq.
	pieces []refPiece
	sparse bool // each unit may be missing by itself, but for those that pieces say are there
}

type refPiece struct {
	from, to, seq int
	there         bool
}

// refFile is one coherent set of choices for a file: the sizes, each with the
// seq that its last page must at least show, and the pages.
type refFile struct {
	sizes map[int]int
	some  map[int]bool // of the sizes those that show only with some pending data (btrfs)
	pages []refPageChoice
	unit  int
	order []refEvent // overwrites that persist in program order (btrfs)
}

func refPad(b []byte, off int) []byte {
	out := make([]byte, refPage)
	if off < len(b) {
		copy(out, b[off:])
	}
	return out
}

func refRoundUp(n int) int { return (n + refPage - 1) / refPage * refPage }

// file lists the choices for a file's content under a choice of names.
func (d *refDisk) file(profile string, c refNames, n int) []refFile {
	i := d.inodes[n]
	if i.target != "" {
		return nil // it has none
	}
	commit := c.commit
	if profile == "btrfs" {
		commit = max(commit, i.synced) // an fsynced inode jumps ahead
	}
	f := refFile{unit: d.unit}
	f.sizes, f.some = i.sizesAndSome(profile, len(i.base), i.events, commit)
	end := len(i.base)
	for _, e := range i.events {
		end = max(end, e.size)
	}
	for at := 0; at < end; at += refPage {
		f.pages = append(f.pages, i.page(profile, at, commit))
	}
	switch profile {
	case "btrfs":
		f.unit = refPage
		size := len(i.base)
		for _, e := range i.events {
			size = min(size, e.size)
			if e.synced { // so much is there for certain
				size = max(size, e.off+e.n)
			}
			if e.kind == 'w' && !e.synced && e.off+e.n <= size {
				f.order = append(f.order, e)
			}
		}
	case "ext4", "ext4-writeback":
		begun := d.forcedUpTo
		for _, seq := range d.journaled() {
			if seq <= commit {
				begun = max(begun, seq)
			}
		}
		return i.protect(profile, f, commit, begun)
	}
	return []refFile{f}
}

// page lists what the page at an offset may show.
func (i *refInode) page(profile string, at, commit int) refPageChoice {
	size, m := len(i.base), i.medium[at]
	p := i.pageOnMedium(profile, at)
	for _, e := range i.events {
		if profile == "btrfs" && e.seq > commit {
			break // copy on write
		}
		shorter := e.kind == 't' && e.size < size
		if shorter && at >= e.size && at < size && e.seq > m.synced {
			if profile != "posix" && e.seq > commit {
				return p // later writes went to other blocks
			}
			p.free(profile)
		}
		size = e.size
		if e.seq <= m.seq {
			continue
		}
		if profile != "posix" && e.fillsBehind(at, commit) {
			return p // its block is the file's with a commit, and that has all before the write
		}
		if shorter && at < e.size && at+refPage > e.size || e.writes(at) {
			p.add(e, at)
		}
	}
	return p
}

// pageOnMedium is the page as it is without any pending event.
func (i *refInode) pageOnMedium(profile string, at int) refPageChoice {
	m := i.medium[at]
	if m.seq == 0 && at < len(i.base) {
		m.data = refPad(i.base, at)
	}
	if m.data == nil {
		return refPageChoice{since: m.seq, hole: true, sparse: profile == "posix"}
	}
	return refPageChoice{since: m.seq, versions: []refVersion{{0, refPad(m.data, 0)}}}
}

// fillsBehind says whether the event, behind a commit point, is the first write to the
// page at an offset below the file's size.
func (e *refEvent) fillsBehind(at, commit int) bool {
	return e.seq > commit && slices.Contains(e.fills, at)
}

// writes says whether the event is a write to the page at an offset.
func (e *refEvent) writes(at int) bool {
	return e.kind == 'w' && e.off < at+refPage && e.off+e.n > at
}

// free is a truncation that cuts the page off as a whole.
func (p *refPageChoice) free(profile string) {
	if profile != "posix" {
		*p = refPageChoice{hole: true, since: p.since}
		return
	}
	p.hole, p.sparse = true, true
	for k := range p.pieces {
		p.pieces[k].there = false
	}
}

// add is a write to the page, or a truncation in the middle of it.
func (p *refPageChoice) add(e refEvent, at int) {
	p.versions = append(p.versions, refVersion{e.seq, refPad(e.snap, at)})
	if e.synced {
		p.hole = false
		p.pieces = append(p.pieces, refPiece{max(e.off-at, 0), min(e.off+e.n-at, refPage), e.seq, true})
	}
}

// least is the seq of what the unit at an offset of the page must show at least,
// and whether it may be missing though the page is there.
func (p refPageChoice) least(u, unit int) (seq int, sparse bool) {
	sparse = p.sparse
	for _, x := range p.pieces {
		if x.from < u+unit && x.to > u {
			seq, sparse = x.seq, p.sparse && !x.there
		}
	}
	return seq, sparse
}

// protect applies ext4's protection of replacements; begun is the last operation
// that the commit has for certain.
func (i *refInode) protect(profile string, f refFile, commit, begun int) []refFile {
	b := i.barrier(commit)
	if b.seq == 0 {
		return []refFile{f}
	}
	at, size, later := i.base, len(i.base), []refEvent(nil)
	for _, e := range i.events {
		if e.seq <= b.seq {
			at, size = e.snap, e.size
			continue
		}
		if later = append(later, e); e.kind == 't' && e.seq <= commit {
			return []refFile{f}
		}
	}
	g := refFile{unit: f.unit, sizes: i.sizes(profile, size, later, commit)}
	for k, p := range f.pages {
		if p.hole { // not on the medium before: as it was at the barrier, or zeros, or what came later
			p = p.after(b.seq)
			if k*refPage < size && i.writtenBy(b.seq, k*refPage) {
				p.versions = slices.Insert(p.versions, 0, refVersion{b.seq, refPad(at, k*refPage)})
			}
		}
		g.pages = append(g.pages, p)
	}
	out := []refFile{g}
	synced := slices.ContainsFunc(later, func(e refEvent) bool { return e.synced })
	if b.trunc > 0 && begun <= b.seq && !synced { // committed half-way
		var before []refEvent
		for _, e := range i.events {
			if e.seq > b.trunc && e.seq <= b.seq {
				before = append(before, e)
			}
		}
		f.sizes = i.sizes(profile, 0, before, refNoCommit)
		out = append(out, f)
	}
	return out
}

// barrier is the last that a commit reaches: with what a close writes back go a size and
// blocks, which the journal has behind all that was changed before.
func (i *refInode) barrier(commit int) (b refBarrier) {
	for _, x := range i.barriers {
		if x.seq <= commit {
			b = x
		}
	}
	return b
}

// after is a page that is not on the medium, with the versions after an operation.
func (p refPageChoice) after(seq int) refPageChoice {
	q := refPageChoice{hole: true}
	for _, v := range p.versions {
		if v.seq > seq {
			q.versions = append(q.versions, v)
		}
	}
	return q
}

// writtenBy says whether a commit of what was done up to an operation waits for the
// page: what a failed write-back dropped was not written, unless somebody touched
// the page again.
func (i *refInode) writtenBy(seq, at int) bool {
	m, known := i.medium[at]
	return !known || m.clean || i.touchedBetween(at, m.seq, seq)
}

// accepts says whether the content is one of the choices; reused holds pages
// of other content that a freed page may show, nil for a page not freed.
func (f refFile) accepts(content []byte, reused func(at int) [][]byte) error {
	least, ok := f.sizes[len(content)]
	if !ok {
		return fmt.Errorf("size %d is not lawful", len(content))
	}
	for at := 0; at < len(content); at += refPage {
		seq := 0
		if at+refPage >= len(content) {
			seq = least
		}
		ok := f.pageOK(at, content, seq, nil)
		for _, other := range reused(at) {
			ok = ok || f.pageOK(at, content, seq, other)
		}
		if !ok {
			return fmt.Errorf("page at %d is not lawful", at)
		}
	}
	if len(f.order) > 1 && !f.inOrder(content) {
		return fmt.Errorf("overwrites out of order")
	}
	if f.some[len(content)] && !f.showsPending(content) {
		return fmt.Errorf("size %d, and nothing that was written", len(content))
	}
	return nil
}

// showsPending says whether a page shows something that was written.
func (f refFile) showsPending(content []byte) bool {
	for k := 0; k*refPage < len(content) && k < len(f.pages); k++ {
		got := content[k*refPage : min(k*refPage+refPage, len(content))]
		durable := func(v refVersion) bool {
			return v.seq == 0 || slices.ContainsFunc(f.pages[k].pieces, func(x refPiece) bool { return x.seq == v.seq })
		}
		if slices.ContainsFunc(f.pages[k].versions, func(v refVersion) bool { return !durable(v) && bytes.Equal(v.data[:len(got)], got) }) {
			return true
		}
	}
	return false
}

func (f refFile) pageOK(at int, content []byte, least int, other []byte) bool {
	p := refPageChoice{hole: true}
	if at/refPage < len(f.pages) {
		p = f.pages[at/refPage]
	}
	got := content[at:min(at+refPage, len(content))]
	if p.hole && least == 0 && len(bytes.Trim(got, "\x00")) == 0 {
		return true
	}
	for u := 0; u < len(got); u += f.unit {
		e := min(u+f.unit, len(got))
		ok := other != nil && bytes.Equal(other[u:e], got[u:e])
		from, sparse := p.least(u, f.unit)
		for _, v := range p.versions {
			ok = ok || v.seq >= max(least, from) && bytes.Equal(v.data[u:e], got[u:e])
		}
		ok = ok || sparse && least == 0 && len(bytes.Trim(got[u:e], "\x00")) == 0
		if !ok {
			return false
		}
	}
	return true
}

// inOrder: there is an overwrite before which all are shown whole, and after
// which none.
func (f refFile) inOrder(content []byte) bool {
	for k := range f.order {
		ok := true
		for at := 0; at < len(content) && ok; at += refPage {
			p := f.pages[at/refPage]
			ok = p.hole
			shown, _ := p.least(0, refPage)
			for _, v := range p.versions {
				got := content[at:min(at+refPage, len(content))]
				fits := bytes.Equal(v.data[:len(got)], got)
				for j, e := range f.order {
					if e.off < at+refPage && e.off+e.n > at && e.seq > max(shown, p.since) {
						fits = fits && (j >= k || v.seq >= e.seq) && (j <= k || v.seq < e.seq)
					}
				}
				ok = ok || fits
			}
		}
		if ok {
			return true
		}
	}
	return false
}
