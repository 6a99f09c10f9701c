// Package block is the block device below a real filesystem: its bytes, the log
// of what the kernel asked of it, and the crash images that the log allows. It
// knows nothing of Linux.
//
// A device may lose power at any moment. Then it holds all that it had when the
// last flush ended, and of the later writes any subset, each of them torn at
// any of its 512-byte sectors. A discard is a write of zeros.
package block

import (
	"encoding/binary"
	"hash/maphash"
	"maps"
	"slices"
)

const (
	// SectorBytes is what the device writes atomically.
	SectorBytes = 512
	pageBytes   = 4096
)

type page [pageBytes]byte

// Store is the content of a device. A store made by Clone shows what its parent
// had and keeps its own changes, so that a crash image costs what differs. Not
// for concurrent use; a parent must not change below its clones.
type Store struct {
	parent *Store
	size   int64
	pages  map[int64]*page
}

// NewStore returns a device of zeros.
func NewStore(sizeBytes int64) *Store {
	return &Store{size: sizeBytes, pages: map[int64]*page{}}
}

// Size in bytes.
func (s *Store) Size() int64 { return s.size }

// Clone returns a device that begins with this content.
func (s *Store) Clone() *Store {
	return &Store{parent: s, size: s.size, pages: map[int64]*page{}}
}

func (s *Store) page(i int64) *page {
	for ; s != nil; s = s.parent {
		if p := s.pages[i]; p != nil {
			return p
		}
	}
	return nil
}

// ReadAt fills b. What lies beyond the device reads as zeros.
func (s *Store) ReadAt(b []byte, off int64) {
	for len(b) > 0 {
		i, in := off/pageBytes, off%pageBytes
		n := min(len(b), int(pageBytes-in))
		if p := s.page(i); p != nil {
			copy(b[:n], p[in:])
		} else {
			clear(b[:n])
		}
		b, off = b[n:], off+int64(n)
	}
}

// WriteAt writes b. What lies beyond the device is dropped.
func (s *Store) WriteAt(b []byte, off int64) {
	b = b[:max(0, min(int64(len(b)), s.size-off))]
	for len(b) > 0 {
		i, in := off/pageBytes, off%pageBytes
		n := min(len(b), int(pageBytes-in))
		copy(s.own(i)[in:], b[:n])
		b, off = b[n:], off+int64(n)
	}
}

// own returns a page that may be changed.
func (s *Store) own(i int64) *page {
	p := s.pages[i]
	if p == nil {
		p = new(page)
		if was := s.parent.page(i); was != nil {
			*p = *was
		}
		s.pages[i] = p
	}
	return p
}

// apply does what a log entry asks, in the sectors that the mask has; a nil
// mask has all of them.
func (s *Store) apply(e *Entry, mask []bool) {
	switch {
	case e.Kind != Write && e.Kind != Discard:
	case e.Kind == Discard:
		zeros := make([]byte, min(e.Len, 1<<20))
		for at := int64(0); at < e.Len; at += int64(len(zeros)) {
			s.WriteAt(zeros[:min(int64(len(zeros)), e.Len-at)], e.Off+at)
		}
	case mask == nil:
		s.WriteAt(e.Data, e.Off)
	default:
		for k, kept := range mask {
			if kept {
				from := k * SectorBytes
				s.WriteAt(e.Data[from:min(from+SectorBytes, len(e.Data))], e.Off+int64(from))
			}
		}
	}
}

var digestSeed = maphash.MakeSeed()

// digest sums up how a clone differs from an ancestor. It means something in
// this process alone.
func (s *Store) digest(ancestor *Store) uint64 {
	changed := map[int64]*page{}
	for t := s; t != ancestor; t = t.parent {
		for i, p := range t.pages {
			if changed[i] == nil {
				changed[i] = p
			}
		}
	}
	var h maphash.Hash
	h.SetSeed(digestSeed)
	for _, i := range slices.Sorted(maps.Keys(changed)) {
		was := ancestor.page(i)
		if was == nil && *changed[i] == (page{}) || was != nil && *was == *changed[i] {
			continue
		}
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(i)))
		h.Write(changed[i][:])
	}
	return h.Sum64()
}
