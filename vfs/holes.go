package vfs

// HoleSeeker is what a file implements that tells where it has holes: there it reads as
// zeros, and has no blocks, or only such as were reserved and not written. An offset from
// which on there is nothing to be found, such as one behind the end, is ENXIO.
type HoleSeeker interface {
	// SeekData returns the first offset from off on that is in no hole.
	SeekData(off int64) (int64, error)
	// SeekHole returns the first that is in one. The end of the file is a hole.
	SeekHole(off int64) (int64, error)
}

var _ HoleSeeker = (*handle)(nil)

// SeekData implements HoleSeeker. It leaves alone where Read and Write go on, and is no
// operation of the disk's.
func (f *handle) SeekData(off int64) (int64, error) { return f.tellHole(off, seekData) }

// SeekHole implements HoleSeeker, likewise.
func (f *handle) SeekHole(off int64) (int64, error) { return f.tellHole(off, seekHole) }

func (f *handle) tellHole(off int64, whence int) (int64, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.seekable(); err != nil {
		return 0, err
	}
	at, err := f.n.seekBlock(off, whence)
	if err != nil {
		return 0, f.fail("seek", err)
	}
	return at, nil
}

// The values of whence, beside those of package io, with which Seek goes to the next
// bytes that have a block, or to the next hole, as on Linux. Behind the end of the
// file, and of the data in it, is ENXIO; what was reserved and not written is a hole.
const (
	seekData = 3
	seekHole = 4
)

// seekBlock finds the first offset from off on that is in a page which is there, or
// in a hole. The end of the file counts as one.
func (n *inode) seekBlock(off int64, whence int) (int64, error) {
	if off < 0 || off >= n.size {
		return 0, errNoData
	}
	next := off / pageBytes // of the pages that follow each other from off on
	found := int64(-1)
	n.pages.each(uint64(next), func(i uint64, _ *page) bool {
		if whence == seekData {
			found = int64(i)
			return false
		}
		if int64(i) != next {
			return false
		}
		next++
		return true
	})
	switch {
	case whence == seekHole:
		return min(max(off, next*pageBytes), n.size), nil
	case found < 0 || found*pageBytes >= n.size:
		return 0, errNoData
	}
	return max(off, found*pageBytes), nil
}
