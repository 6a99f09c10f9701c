package vfs_test

import "slices"

// refSizes collects lawful sizes, each with the seq that the last page must show at
// least.
type refSizes struct {
	profile string
	all     map[int]int
	cur     int // the size that the last event left
	// some are the sizes, on btrfs, that show only with some data: a write reached
	// them, after the last fsync, which was at synced.
	some   map[int]bool
	synced int
}

func (s *refSizes) put(size, seq int) {
	if old, ok := s.all[size]; !ok || seq < old {
		s.all[size] = seq
	}
}

// sizes lists the lawful sizes of a file that had the size start before the events.
func (i *refInode) sizes(profile string, start int, events []refEvent, commit int) map[int]int {
	all, _ := i.sizesAndSome(profile, start, events, commit)
	return all
}

func (i *refInode) sizesAndSome(profile string, start int, events []refEvent, commit int) (all map[int]int, some map[int]bool) {
	for _, e := range events {
		if e.synced { // what reading it takes was committed with it
			commit = max(commit, e.seq)
		}
	}
	if k := slices.IndexFunc(events, func(e refEvent) bool { return e.seq > commit }); k >= 0 {
		events = events[:k]
	}
	start, events = refSizesSince(profile, start, events)
	s := refSizes{profile, map[int]int{start: 0}, start, map[int]bool{}, i.synced}
	floor, least, most := 0, start, start // nothing shorter than floor since the last write that was durable at once
	for _, e := range events {
		s.after(e, i.pendingEnd(e, func(int) bool { return false }))
		least, most = min(least, s.cur), max(most, s.cur)
		if floor = min(floor, e.size); e.synced {
			floor = max(floor, e.off+e.n)
			for size := range s.all {
				if size < e.off+e.n {
					delete(s.all, size)
				}
			}
		}
	}
	if profile == "posix" {
		for m := (least/refPage + 1) * refPage; m < most; m += refPage {
			if m >= floor {
				s.put(m, 0)
			}
		}
	}
	return s.all, s.some
}

// refSizesSince: a write that was durable at once, with the inode, made the sizes
// durable that don't wait for data.
func refSizesSince(profile string, start int, events []refEvent) (int, []refEvent) {
	size, base, from := start, start, 0
	settled, at := start, 0
	for k, e := range events {
		if (e.kind == 't' || e.kind == 'f') && e.size != size {
			settled, at = e.size, k+1
		}
		size = e.size
		if e.synced && (e.inode || profile != "posix") {
			base, from = settled, at
		}
	}
	return base, events[from:]
}

// after adds the sizes that an event makes lawful; pending is the end of its data
// that is not on the medium yet, 0 if there is none.
func (s *refSizes) after(e refEvent, pending int) {
	if s.profile != "xfs" || e.kind == 't' || e.kind == 'f' {
		off := e.size
		if e.kind == 'w' && !e.endDone {
			off = e.off
		}
		s.to(e, e.size, off, 0)
		return
	}
	// There a size never comes without its data.
	switch {
	case e.kind == 's':
		s.to(e, max(s.cur, min(e.size, e.reach)), e.size, 0)
	case !e.endDone && e.grew:
		s.to(e, e.size, e.off, e.seq)
	default:
		if pending > 0 {
			s.to(e, max(s.cur, min(e.size, refRoundUp(pending))), e.off, e.seq)
		}
		if e.synced {
			s.to(e, max(s.cur, min(e.size, refRoundUp(e.off+e.n))), e.off, 0)
		}
	}
}

// again is an event that leaves the size as it is: a truncation sets it all the same.
func (s *refSizes) again(e refEvent) {
	if e.kind == 't' {
		s.some[s.cur] = false
	}
}

// to adds a size that an event at an offset leaves, of which the last page shows
// seq at least, and those on the way there.
func (s *refSizes) to(e refEvent, size, off, seq int) {
	if size == s.cur {
		s.again(e)
		return
	}
	if s.profile != "posix" && (e.kind == 't' && size < s.cur || e.committed && s.profile != "btrfs") {
		s.all = map[int]int{} // journaled: it is not lost beyond the commit point
	}
	_, known := s.all[size]
	s.some[size] = s.profile == "btrfs" && e.kind == 'w' && size > s.cur && e.seq > s.synced && (!known || s.some[size])
	s.put(size, seq)
	if s.profile != "btrfs" && size > s.cur && !(e.committed && s.profile != "posix") {
		if m := refRoundUp(s.cur); m > s.cur && m < size && m <= off {
			s.put(m, 0) // the old tail page, written when the size had grown
		}
		for m := (max(s.cur, off)/refPage + 1) * refPage; m < size; m += refPage {
			s.put(m, seq)
		}
	}
	s.cur = size
}
