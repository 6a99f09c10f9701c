package vfs_test

import (
	"maps"
	"strconv"
	"strings"
)

// Failures in the reference: what an fsync writes and what it does not. A page that
// the device failed to write counts as clean: the medium keeps what it had, and no
// fsync writes the page until somebody touches it again. Sizes and truncations are
// the filesystem's own: they stay pending. A truncation frees whole pages whether
// or not data that was written behind it fails.

// refFault is what happens to a step: "lies", "next", "keep", "drop", "revert" and
// "page:N" to its sync, "flusher" and what begins with it to the kernel's write-back
// after it.
type refFault struct {
	kind string
	page int
}

func parseRefFault(s string) refFault {
	kind, page, _ := strings.Cut(s, ":")
	n, _ := strconv.Atoi(page)
	return refFault{kind, n}
}

// failedEvent is what failures left of a write.
type failedEvent struct {
	end       int          // where the data ends that can carry the size
	endDone   bool         // no data is pending of the page there: it was dropped, or is on the medium
	lost      bool         // of a size: the last page of the write was dropped
	reach     int          // of a size: how far data on the medium carries it
	committed bool         // a later fsync made the size of such a write durable
	gone      map[int]bool // pages of it that were dropped
}

// refFailures is what a file has to do with failures.
type refFailures struct {
	medium map[int]refMedium // of pages that some write-back wrote or failed to write, and that had no good one since
	count  int               // failures so far
	told   bool              // somebody knows of the last one
	next   bool              // the next fsync fails
}

// refScope is what a sync is about: a file, or what one write wrote.
type refScope struct {
	dataOnly, written bool
	off, end          int
}

// toldAtOpen is how many failures a new handle counts as told of.
func (f *refFailures) toldAtOpen() int {
	if f.count > 0 && !f.told {
		return f.count - 1
	}
	return f.count
}

func (f *refFailures) fails() { f.count, f.told = f.count+1, false }

// report is what a handle is told when it asks.
func (d *refDisk) report(handle string) string {
	i := d.opened(handle)
	if d.seen[handle] == i.count {
		return ""
	}
	d.seen[handle], i.told = i.count, true
	return "EIO"
}

// syncHandle is an fsync, or the end of a write that is durable at once.
func (d *refDisk) syncHandle(handle string, s refScope) string {
	i := d.opened(handle)
	switch d.fault.kind {
	case "lies":
		return ""
	case "next":
		i.next = true
		return ""
	case "keep", "drop", "revert", "page":
		if pages := i.dirtyPages(s); d.fault.kind != "keep" {
			d.writeBackFails(d.handles[handle], pages)
		}
		if d.fault.kind == "revert" {
			i.evict()
		}
		i.fails()
		return d.report(handle)
	}
	if i.next {
		d.writeBackFails(d.handles[handle], i.dirtyPages(refScope{}))
		i.fails()
		i.next = false
	}
	if told := d.report(handle); told != "" {
		return told // it did nothing else
	}
	d.through = handle
	if s.written {
		d.syncWrite(d.handles[handle], s)
	} else {
		d.fsync(d.handles[handle], s.dataOnly)
	}
	return ""
}

// syncWrite makes the last write of a file durable.
func (d *refDisk) syncWrite(n int, s refScope) {
	i := d.inodes[n]
	last := i.lastMeta
	if s.dataOnly {
		last = i.lastData
	}
	if i.filled == i.events[len(i.events)-1].seq {
		last = max(last, i.filled)
	}
	d.forcedUpTo, d.lastSync = max(d.forcedUpTo, last), d.seq
	if d.nameless(n) {
		d.syncNameless(n)
		return
	}
	e := &i.events[len(i.events)-1]
	e.synced, e.inode = true, !s.dataOnly
	i.takeBlocks(d.seq, s.off/refPage*refPage, s.end)
	i.synced = d.seq
	if !s.dataOnly {
		i.settleAttrs()
	}
	d.logNames(n)
}

// takeBlocks notes since when the pages in [from, to) have blocks of their own.
func (i *refInode) takeBlocks(seq, from, to int) {
	own := maps.Clone(i.own)
	if own == nil {
		own = map[int]int{}
	}
	for at := from; at < to; at += refPage {
		if _, ok := own[at]; !ok {
			own[at] = seq
		}
	}
	i.own = own
}

// flush is the kernel's write-back that nobody asked for, and that fails.
func (d *refDisk) flush(n int) {
	i := d.inodes[n]
	pages := i.dirtyPages(refScope{})
	if !strings.HasPrefix(d.fault.kind, "flusher") || len(pages) == 0 {
		return
	}
	d.writeBackFails(n, pages)
	i.evict()
	i.fails()
}
