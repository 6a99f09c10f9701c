package journal

import (
	"cmp"
	"errors"
	"fmt"

	"powercut/journal/wire"
)

// beginning says what a log begins with.
type beginning uint8

const (
	beginsEmpty   beginning = iota // it has no bytes
	beginsZeros                    // it has nothing else, and at most a page of them
	beginsGenesis                  // it is a log with markers
	beginsOld                      // with a good frame that is no marker: it is the original's
)

// maxUnfinishedBytes is how many zeros an interrupted creation may leave: a
// genesis, rounded up to a page.
const maxUnfinishedBytes = 4096

// beginningOf reads what a log begins with. Anything that is none of the four is
// refused, with a *CorruptError, a *BadTailError or a *VersionError: whether
// entries follow, nobody can tell.
func beginningOf(r *logReader) (b beginning, genesis wire.Marker, err error) {
	genesis, ok, err := scanGenesis(r)
	switch {
	case err != nil:
		return b, genesis, err
	case ok:
		return beginsGenesis, genesis, nil
	case r.limit == 0:
		return beginsEmpty, genesis, nil
	}
	b, err = beginningWithoutGenesis(r)
	return b, genesis, err
}

// beginningWithoutGenesis tells what a log that is not empty, and has no genesis that
// proves itself, begins with, or why it is refused.
func beginningWithoutGenesis(r *logReader) (beginning, error) {
	held, err := holdsMarker(r)
	if err != nil {
		return 0, err
	}
	if held {
		return 0, &CorruptError{Path: r.path, Reason: "the genesis is damaged, but markers follow"}
	}
	if later, err := newerLog(r); err != nil || later != nil {
		if err == nil {
			err = later
		}
		return 0, err
	}
	start, err := preambleOf(r)
	if err != nil || start.sizeBytes > 0 && r.left() == 0 {
		return beginsOld, err
	}
	head, err := r.peek(wire.MaxLaterSize)
	if err != nil {
		return 0, err
	}
	if start.sizeBytes == 0 && r.limit <= maxUnfinishedBytes && onlyZeros(head) {
		return beginsZeros, nil
	}
	nearly := wire.NearlyGenesis(head)
	_, err = wire.ParseMarker(head, 0)
	unknown, later := errors.AsType[*wire.UnknownMarkerError](err)
	h, marker, bad, err := r.frame()
	switch {
	case err != nil:
		return 0, err
	case bad == nil && h.Type == wire.TypeOwnSnapshot:
		return 0, &CorruptError{Path: r.path, Reason: "is a snapshot of this package, and no log"}
	case errors.Is(bad, wire.ErrVersion):
		return 0, &VersionError{Path: r.path, Offset: start.sizeBytes, Got: head[4], Want: wire.FrameVersion, old: StatusBadTail,
			What: fmt.Sprintf("a frame of version %d (this package knows %d), unless it is damaged", head[4], wire.FrameVersion)}
	case bad != nil:
		tail, err := badTail(r, 0, start.sizeBytes, bad)
		return 0, cmp.Or[error](err, tail)
	case later:
		return 0, laterMarker(r.path, 0, unknown)
	case marker, nearly:
		return 0, &CorruptError{Path: r.path, Reason: "the genesis is damaged"}
	}
	return beginsOld, nil
}

// holdsMarker says whether any marker, of whatever log, proves itself. One that
// does and is not known is a *VersionError.
func holdsMarker(r *logReader) (bool, error) {
	held := false
	var later *VersionError
	err := findMarkers(r, 0, func(wire.Marker) bool {
		held = true
		return true
	}, func(off int64, unknown *wire.UnknownMarkerError) {
		if unknown.Proven && later == nil {
			later = laterMarker(r.path, off, unknown)
		}
	})
	if err == nil && later != nil {
		return held, later
	}
	return held, err
}
