package journal

import (
	"bytes"
	"errors"

	"powercut/journal/wire"
)

// findMarkers calls found for each marker from an offset on that proves itself,
// wherever frames seem to begin, until found returns false, and unknown, which may
// be nil, for each that names its own offset and is of a version or kind that is
// not known.
func findMarkers(r *logReader, from int64, found func(wire.Marker) bool, unknown func(off int64, e *wire.UnknownMarkerError)) error {
	const magicAt = wire.MarkerPrefixSize - len(wire.MarkerMagic)
	magic := []byte(wire.MarkerMagic)
	r.restart(from, 0)
	for r.left() >= wire.CommonSize {
		skipped, err := r.skipHole() // no marker begins with zeros
		if err != nil {
			return err
		}
		if skipped {
			continue
		}
		window, err := r.peek(readBufferBytes)
		if err != nil {
			return err
		}
		// The rest of the window is too short to hold a whole marker for
		// certain, and is looked at again at the next window's beginning.
		step := len(window)
		if int64(len(window)) < r.left() {
			step -= wire.MaxLaterSize
		}
		for at := 0; at < len(window); {
			i := bytes.Index(window[at:], magic)
			if i < 0 {
				break
			}
			if start := at + i - magicAt; start >= 0 && start < step {
				off := r.off + int64(start)
				m, err := wire.ParseMarker(window[start:], off)
				if err == nil && !found(m) {
					return nil
				}
				if e, is := errors.AsType[*wire.UnknownMarkerError](err); is && e.Own && unknown != nil {
					unknown(off, e)
				}
			}
			at += i + 1
		}
		if err := r.skip(int64(step)); err != nil {
			return err
		}
	}
	return nil
}
