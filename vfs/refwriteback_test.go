package vfs_test

import (
	"maps"
	"strings"
)

// Write-backs that fail, in the reference: which pages are dropped, which are
// written, and what sizes are lost with them.

// writeBackFails is a write-back of pages of inode n that fails: on one of them, or
// on all. If one fails, the others are on the medium where they have their blocks;
// those behind a pending truncation are pending still, as is all of a file without
// a name.
func (d *refDisk) writeBackFails(n int, pages []int) {
	i := d.inodes[n]
	if len(pages) > 0 {
		i.filled = 0
	}
	fails := func(int) bool { return true }
	if d.fault.kind == "page" && len(pages) > 1 && d.filesystem != "btrfs" {
		fails = d.failsWith(i, pages, d.fault.page%len(pages))
	}
	bad, good, reach := map[int]bool{}, map[int]bool{}, 0
	for k, at := range pages {
		switch {
		case fails(k):
			bad[at] = true
		case !d.nameless(n) && !i.freed(at, 0, d.seq):
			good[at] = true
			reach = at + refPage
		}
	}
	i.loseSizes(bad, good, reach, d.filesystem == "xfs")
	for at := range bad {
		m := i.onMedium(at, d.unit)
		m.seq, m.clean = d.seq, false // whatever the last sync left there
		i.medium[at] = m
	}
	for at := range good {
		i.medium[at] = refMedium{seq: d.seq, data: refPad(i.content, at)}
	}
}

// loseSizes is what becomes of the pending events when the data of pages is dropped
// or written, up to reach. A growth whose last page is no more pending is two events
// from then on: what other pages that are pending can still carry, and the size. If
// the last page was dropped the size is lost, but for what was written behind it, or,
// where sizes follow the data, what was written at all.
func (i *refInode) loseSizes(bad, good map[int]bool, reach int, follow bool) {
	if i.medium == nil {
		i.medium = map[int]refMedium{}
	}
	ended := func(at int) bool { return bad[at] || good[at] }
	var events []refEvent
	size := len(i.base)
	for _, e := range i.events {
		grown := e.size
		if e.kind != 'w' {
			events, size = append(events, e), grown
			continue
		}
		e.gone = i.goneWith(e, bad)
		last := (e.end - 1) / refPage * refPage
		if e.seq <= i.medium[last].seq || !ended(last) {
			events, size = append(events, e), grown
			continue
		}
		if e.endDone = true; e.synced || grown == size {
			events, size = append(events, e), grown
			continue
		}
		e.end = i.pendingEnd(e, ended)
		e.size = max(size, e.end)
		e.endDone, e.grew = e.end == 0, e.size > size
		s := refEvent{seq: e.seq, kind: 's', snap: e.snap, size: grown, failedEvent: failedEvent{reach: grown}}
		if s.lost = bad[last] && grown > reach; s.lost {
			s.reach = 0
			if follow {
				s.reach = reach
			}
		}
		events, size = append(events, e, s), grown
	}
	i.events = events
}

// goneWith is which pages of a write were dropped, when some more are.
func (i *refInode) goneWith(e refEvent, bad map[int]bool) map[int]bool {
	gone := maps.Clone(e.gone)
	if gone == nil {
		gone = map[int]bool{}
	}
	for at := range bad {
		if e.writes(at) && e.seq > i.medium[at].seq {
			gone[at] = true
		}
	}
	return gone
}

// pendingEnd is the end of what is pending of a write, but for some pages, 0 if
// nothing is.
func (i *refInode) pendingEnd(e refEvent, but func(at int) bool) (end int) {
	for at := e.off / refPage * refPage; at < e.off+e.n; at += refPage {
		if e.kind == 'w' && e.seq > i.medium[at].seq && !but(at) {
			end = min(at+refPage, e.off+e.n)
		}
	}
	return end
}

// failsWith says which pages fail with one of them. Ext4 and xfs take a run of new
// blocks into a file when all of it was written; ext4 gives pages that are apart
// from each other neighbouring blocks.
func (d *refDisk) failsWith(i *refInode, pages []int, which int) func(k int) bool {
	isNew := func(k int) bool {
		m := i.onMedium(pages[k], d.unit)
		return len(strings.Trim(string(m.data), "\x00")) == 0 || i.freed(pages[k], m.synced, d.seq)
	}
	return func(k int) bool {
		if k == which {
			return true
		}
		if d.filesystem == "posix" {
			return false
		}
		for j := min(k, which); j <= max(k, which); j++ {
			if !isNew(j) || d.filesystem == "xfs" && j > min(k, which) && pages[j] != pages[j-1]+refPage {
				return false
			}
		}
		return true
	}
}
