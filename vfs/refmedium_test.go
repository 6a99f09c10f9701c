package vfs_test

import (
	"maps"
	"slices"
)

// refMedium is what the medium has of a page from an operation on, if that is
// not what the last fsync left there. Nil data is a hole.
type refMedium struct {
	seq    int
	data   []byte
	clean  bool // the cache has the same
	synced int  // seq of the last write in data that was durable at once: a truncation before it freed another block
}

// sync is an fsync that succeeds.
func (i *refInode) sync(seq int) {
	b := append([]byte(nil), i.content...)
	medium := map[int]refMedium{}
	for at, m := range i.medium {
		if at >= len(b) || i.touchedBetween(at, m.seq, seq) {
			continue // written now, or cut off
		}
		if i.freed(at, m.synced, seq) {
			m.data = nil
		}
		// A growth would show what the medium has beyond the end.
		clean := slices.Equal(refPad(b, at), refPad(m.data, 0))
		copy(b[at:min(at+refPage, len(b))], refPad(m.data, 0))
		medium[at] = refMedium{seq: seq, data: m.data, clean: clean}
	}
	reach, lost := i.reach()
	for at := 0; at < len(b); at += refPage {
		if i.takes(at / refPage) {
			i.takeBlocks(seq, at, at+1)
		}
	}
	i.synced, i.barriers, i.truncated = seq, nil, 0
	i.history = append(i.history, i.events...)
	i.events, i.medium, i.base = nil, medium, b
	if reach >= len(b) || lost == 0 {
		i.dropClean()
		return
	}
	i.base = b[:reach]
	maps.DeleteFunc(medium, func(at int, m refMedium) bool { return m.clean && at+refPage <= reach })
	i.events = []refEvent{{seq: lost, kind: 's', snap: i.content, size: len(b), failedEvent: failedEvent{lost: true, committed: true}}}
	for at := 0; at < len(b); at += refPage { // beyond reach the rest are holes
		if _, known := medium[at]; !known && at+refPage > reach {
			m := refMedium{seq: seq, clean: true}
			if at < reach {
				m.data = refPad(i.base, at)
			}
			medium[at] = m
		}
	}
}

// dropClean forgets what the medium has where base says the same.
func (i *refInode) dropClean() {
	maps.DeleteFunc(i.medium, func(_ int, m refMedium) bool { return m.clean })
}

// unmount is what a clean unmount does after a sync: no size is in doubt.
func (i *refInode) unmount() {
	i.base = append([]byte(nil), i.content...)
	for at, m := range i.medium {
		copy(i.base[at:min(at+refPage, len(i.base))], refPad(m.data, 0))
	}
	i.dropClean()
	i.events, i.history = nil, nil
}

// reach is how far a size is certain that only follows data, when all that is
// pending is written; lost is the last growth of which the data was dropped.
func (i *refInode) reach() (reach, lost int) {
	reach, size := len(i.base), len(i.base)
	for _, e := range i.events {
		switch {
		case e.lost:
			lost = e.seq
		case e.size < size:
			reach = min(reach, e.size)
		case e.size > size:
			reach = max(reach, e.size)
		}
		if e.synced {
			reach = max(reach, min(e.size, refRoundUp(e.off+e.n)))
		}
		reach = max(reach, e.reach)
		size = e.size
	}
	if pages := i.dirtyPages(refScope{}); len(pages) > 0 {
		reach = max(reach, pages[len(pages)-1]+refPage)
	}
	return reach, lost
}

// touchedBetween says whether anything changed a page after an operation, up to
// another: wrote to it, or cut it off, wholly or in part.
func (i *refInode) touchedBetween(at, seq, last int) bool {
	size := len(i.base)
	for _, e := range i.events {
		from, to := e.off, e.off+e.n
		if e.kind != 'w' {
			from, to = e.size, size
		}
		if e.seq > seq && e.seq <= last && from < at+refPage && to > at && from < to {
			return true
		}
		size = e.size
	}
	return false
}

// freed says whether a pending truncation, after an operation and up to another,
// freed a page.
func (i *refInode) freed(at, seq, last int) bool {
	size := len(i.base)
	for _, e := range i.events {
		if e.kind == 't' && e.seq > seq && e.seq <= last && at >= e.size && at < size {
			return true
		}
		size = e.size
	}
	return false
}

// dirtyPages lists the pages that a sync writes, in order.
func (i *refInode) dirtyPages(s refScope) []int {
	var out []int
	for at := 0; at < len(i.content); at += refPage {
		if i.isDirty(at) && (!s.written || at < s.end && at+refPage > s.off) {
			out = append(out, at)
		}
	}
	return out
}

func (i *refInode) isDirty(at int) bool {
	dirty, size := false, len(i.base)
	for _, e := range i.events {
		switch {
		case e.seq <= i.medium[at].seq:
		case e.kind == 'w':
			dirty = dirty || !e.synced && e.writes(at)
		case at >= e.size:
			dirty = false // there is nothing to write until somebody does
		default:
			dirty = dirty || e.size < size && at+refPage > e.size && at < size
		}
		size = e.size
	}
	return dirty
}

// onMedium is what the medium has of a page, if no truncation is committed.
func (i *refInode) onMedium(at, unit int) refMedium {
	m, ok := i.medium[at]
	if !ok && at < len(i.base) {
		m.data = refPad(i.base, at)
	}
	for _, e := range i.events {
		if !e.synced || e.seq <= m.seq || !e.writes(at) {
			continue
		}
		data := refPad(m.data, 0)
		from := max(e.off-at, 0) / unit * unit
		to := min((e.off+e.n-at+unit-1)/unit*unit, refPage)
		copy(data[from:to], refPad(e.snap, at)[from:to])
		m.data, m.synced = data, e.seq
	}
	return m
}

// evict drops the clean pages from the cache.
func (i *refInode) evict() {
	c := append([]byte(nil), i.content...)
	for at, m := range i.medium {
		if at >= len(c) || i.touchedBetween(at, m.seq, 1<<30) {
			continue
		}
		if i.freed(at, m.synced, 1<<30) {
			m.data = nil
		}
		copy(c[at:min(at+refPage, len(c))], refPad(m.data, 0))
	}
	i.content = c
}
