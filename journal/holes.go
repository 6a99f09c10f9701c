package journal

import (
	"errors"
	"io"
	"syscall"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// holeSeeker is what a file implements that tells where it has holes: there it reads as
// zeros, and nobody needs to read it. An offset from which on nothing is to be found is
// ENXIO. A descriptor of the operating system's is one where that has the calls.
type holeSeeker interface {
	SeekData(off int64) (int64, error)
	SeekHole(off int64) (int64, error)
}

// minHoleBytes is from which size on a hole is skipped, and looked for: less is read as
// quickly as it is asked for.
const minHoleBytes = 1 << 20

// holes is what is known of the holes of a file that is read.
type holes struct {
	seeker   holeSeeker // nil: nobody tells
	from, to int64      // the hole that was found last, empty if there was none
	solid    int64      // between from and here is no other
}

// holesOf finds out who tells where a file has holes.
func holesOf(file afero.File) holes {
	if seeker, ok := file.(holeSeeker); ok {
		return holes{seeker: seeker}
	}
	return holes{seeker: osHoles(file)}
}

// hole returns how many of the bytes ahead are zeros that need not be read; 0 if that is
// not known, or if they are too few. What is said to be a hole, and is not zero where
// reading has come to, was written: then nothing is believed any more. (ZFS has called a
// hole what was not yet on the disk, before 2.2.2.)
func (r *logReader) hole() (int64, error) {
	if r.holes.seeker == nil || r.left() < minHoleBytes {
		return 0, nil
	}
	n, err := r.nextHole()
	if err != nil || n < minHoleBytes {
		return 0, err
	}
	written, err := r.looksWritten()
	if err != nil || written {
		r.holes = holes{}
		return 0, err
	}
	return n, nil
}

// nextHole returns how far the hole goes on that begins here; 0 if none does.
func (r *logReader) nextHole() (int64, error) {
	h := &r.holes
	if r.off >= h.from && r.off < h.solid {
		return max(0, h.to-r.off), nil
	}
	from, to, err := r.findHole()
	if err != nil {
		return 0, err
	}
	h.from, h.to, h.solid = r.off, r.off, max(from, r.off) // all up to the hole has to be read
	if from > r.off {
		return 0, nil
	}
	h.to, h.solid = to, to
	return to - from, nil
}

// findHole asks for the next hole, which begins at from, and ends at to if it begins
// here. Where the file, or the system, knows no holes, it is not asked again.
func (r *logReader) findHole() (from, to int64, err error) {
	from, err = r.holes.seeker.SeekHole(r.off)
	if err == nil && from > r.off {
		return from, from, nil
	}
	behind := err == nil && from == r.off // otherwise here is the end of the file
	if behind {
		to, err = r.holes.seeker.SeekData(r.off)
	}
	switch {
	case behind && err == nil && to > r.off:
		return r.off, min(to, r.limit), nil
	case behind && errors.Is(err, syscall.ENXIO):
		info, err := r.file.Stat()
		if err != nil {
			return 0, 0, &ReadError{r.path, r.off, err}
		}
		return r.off, min(info.Size(), r.limit), nil
	case err == nil, errors.Is(err, syscall.ENXIO), errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.EINVAL):
		r.holes.seeker = nil
		return r.limit, r.limit, nil
	}
	return 0, 0, &ReadError{r.path, r.off, err}
}

// looksWritten reads the beginning of what is said to be a hole.
func (r *logReader) looksWritten() (bool, error) {
	b := make([]byte, sectorBytes)
	n, err := r.file.ReadAt(b, r.off)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, &ReadError{r.path, r.off + int64(n), err}
	}
	return n < len(b) || !onlyZeros(b), nil
}

// skipHole goes on behind the zeros ahead that need not be read, and says whether there
// were any.
func (r *logReader) skipHole() (bool, error) {
	n, err := r.hole()
	if err != nil || n == 0 {
		return false, err
	}
	return true, r.skip(n)
}

// jump goes on within a hole by at most n bytes, with nothing in the buffer, and returns
// by how many; 0 if all has to be read: who holds what is skipped, or listens, wants it.
func (r *logReader) jump(n int64) (int64, error) {
	if r.tap != nil {
		n = min(n, r.tapFrom-r.off)
	}
	if r.holding || n < minHoleBytes {
		return 0, nil
	}
	hole, err := r.hole()
	if err != nil || hole == 0 {
		return 0, err
	}
	n = min(n, hole)
	crc := wire.ShiftOf(n).Zeros(r.sum())
	r.off += n
	r.start, r.end = 0, 0
	r.reseed(crc)
	return n, nil
}
