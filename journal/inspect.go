package journal

import (
	"cmp"
	"errors"
	"iter"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// Frame is one frame of a log, as Inspect finds it.
type Frame struct {
	Offset    int64 // in the file, in bytes
	SizeBytes int64 // header included
	Header    wire.Header
	// Marker is not nil for a marker that proves itself.
	Marker *wire.Marker
	// Payload is the decompressed payload, valid until the next step; nil if
	// it can't be decompressed.
	Payload []byte
	// Err is what is wrong with the payload; the walk goes on.
	Err error
}

// Inspect iterates over the frames of a log or a snapshot, whatever they are
// worth, until the file's end or until there is no whole frame: that is
// yielded last, as a *BadTailError, or a *ReadError. A marker of another version is
// its frame's Err, a *VersionError, and is yielded once more in the end, if nothing
// else is; so is a log of which not even the frames are known. It changes nothing.
func Inspect(fs afero.Fs, path string) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		if fs == nil || path == "" {
			yield(Frame{}, badInput("log", path, "needs a filesystem and a name"))
			return
		}
		r, err := openLog(fs, path)
		if err != nil {
			yield(Frame{}, err)
			return
		}
		defer r.close()
		inspect(r, yield)
	}
}

func inspect(r *logReader, yield func(Frame, error) bool) {
	if later, err := newerLog(r); err != nil || later != nil {
		if err == nil {
			err = later
		}
		yield(Frame{}, err)
		return
	}
	if _, err := preambleOf(r); err != nil {
		yield(Frame{}, err)
		return
	}
	var raw []byte
	var later *VersionError
	for n := 0; r.left() > 0; n++ {
		f := Frame{Offset: r.off}
		h, marker, bad, err := r.frame()
		if err == nil && bad != nil {
			err = &BadTailError{Path: r.path, Entries: n, ValidBytes: r.off, Err: bad}
		}
		if err == nil {
			f.Header, f.SizeBytes = h, wire.HeaderSize+h.Size
			raw, err = r.appendNext(raw[:0], f.SizeBytes)
		}
		if err != nil {
			yield(f, err)
			return
		}
		f.Payload = raw[wire.HeaderSize:]
		switch {
		case marker:
			m, err := wire.ParseMarker(raw, f.Offset)
			unknown, is := errors.AsType[*wire.UnknownMarkerError](err)
			switch {
			case err == nil:
				f.Marker = &m
			case is && unknown.Own:
				version := laterMarker(r.path, f.Offset, unknown)
				later = cmp.Or(later, version)
				f.Err = version
			default:
				f.Err = err
			}
		case h.Flags&wire.FlagCompressed != 0:
			f.Payload, f.Err = wire.Decompress(f.Payload)
		}
		if f.Err == nil {
			f.Err = wire.Check(f.Payload)
		}
		if !yield(f, nil) {
			return
		}
	}
	if later != nil {
		yield(Frame{Offset: later.Offset}, later)
	}
}
