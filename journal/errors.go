package journal

import (
	"errors"
	"fmt"

	"powercut/journal/wire"
)

// What became of an entry, or of the journal. An error of Append matches at
// most one of the first three.
var (
	// ErrRefused: nothing of the entry can ever come back, and the journal goes
	// on. It wraps what went wrong.
	ErrRefused = errors.New("journal: refused")
	// ErrIndeterminate: the entry may come back after the next Open or may not,
	// because its fsync failed or because the caller left before its end.
	ErrIndeterminate = errors.New("journal: indeterminate")
	// ErrPoisoned: an fsync failed earlier, or a failed write could not be
	// undone. Nothing was written now. Only Open after Close helps.
	ErrPoisoned = errors.New("journal: poisoned, close it and open it again")
	// ErrClosed: the journal was closed. Nothing was written now.
	ErrClosed = errors.New("journal: closed")
	// ErrTooLarge: an entry, a snapshot, an LSN or a generation exceeds what the format
	// allows.
	ErrTooLarge = errors.New("journal: too large")
	// ErrLocked: somebody else has the journal open.
	ErrLocked = errors.New("journal: locked by another owner")
	// ErrBadInput: an argument that can't be meant.
	ErrBadInput = errors.New("journal: bad input")
)

// CorruptError says that bytes which were durable are damaged or missing. The
// files are left as they are.
type CorruptError struct {
	Path   string
	Offset int64 // of the first byte that is not proven good
	Reason string
	Err    error // what the bytes failed at, may be nil

	old Status // of a log without markers: the original's word for it
}

func (e *CorruptError) Error() string {
	s := fmt.Sprintf("journal: %s is corrupt at offset %d: %s", e.Path, e.Offset, e.Reason)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// BadTailError says that a log without markers ends in something that is not a
// whole frame. Whether that was ever acknowledged can't be told, so Open
// refuses and Repair cuts it off.
type BadTailError struct {
	Path       string
	Entries    int   // good ones before the tail
	ValidBytes int64 // where the tail begins
	// FramesBehind: a whole frame, with a payload that can be decoded, stands behind
	// the bad one. Then this is no torn end, and Repair cuts it off only with
	// AcceptLoss.
	FramesBehind bool
	Err          error // what the bytes failed at
}

func (e *BadTailError) Error() string {
	return fmt.Sprintf("journal: %s has a bad tail at offset %d, after %d entries: %v", e.Path, e.ValidBytes, e.Entries, e.Err)
}

// Unwrap returns the cause.
func (e *BadTailError) Unwrap() error { return e.Err }

// VersionError says that a log holds something of a version, or of a kind, that
// this package doesn't know: most likely a later version wrote it, of this package
// or of rayforce. Nothing is wrong with it, nothing was changed, and nothing may be
// cut off: it is opened with the program that wrote it.
type VersionError struct {
	Path   string
	Offset int64  // of what is not known
	What   string // what that is, with the versions
	// Got and Want are its version, or its kind, and the highest that is known.
	Got, Want uint8

	proven bool   // it is no damage
	old    Status // of a log without markers: the original's word for it
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("journal: %s is of another version: at offset %d is %s; nothing was changed: open it with the program that wrote it", e.Path, e.Offset, e.What)
}

// laterMarker refuses a marker that is not known.
func laterMarker(path string, off int64, m *wire.UnknownMarkerError) *VersionError {
	e := &VersionError{Path: path, Offset: off, Got: m.Version, Want: wire.MarkerVersion, proven: m.Proven}
	if m.Version == wire.MarkerVersion {
		e.Got, e.Want = uint8(m.Kind), uint8(wire.SnapshotMarker)
		e.What = fmt.Sprintf("a marker of kind %d (this package knows 1 to %d)", e.Got, e.Want)
	} else {
		e.What = fmt.Sprintf("a marker of format version %d (this package knows %d)", e.Got, e.Want)
	}
	if !e.proven {
		e.What += ", unless it is damaged"
	}
	return e
}

// ForeignError says that another program, such as rayforce, appended entries to a
// log after the journal was closed. They are good entries, which may have been
// acknowledged to somebody, but no commit of this package covers them. Nothing was
// changed.
type ForeignError struct {
	Path    string
	Offset  int64  // of the first of them
	Bytes   int64  // from there to the end of the file
	Entries int    // whole ones
	LastLSN uint64 // of the last entry before them
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("journal: another program appended %d entries to %s at offset %d, after it was closed with LSN %d; nothing was changed: "+
		"go on with that program, take them over with Options.AdoptForeign, or have Repair with AcceptLoss move them to a file of their own, which is a rayforce log, and append them again",
		e.Entries, e.Path, e.Offset, e.LastLSN)
}

// OldLogError says that another program, rayforce, alone has written a log, and what
// it would mean for that program to write to it here. Nothing was changed.
// [Options].AdoptForeign accepts it.
type OldLogError struct {
	Path    string
	Entries int
}

func (e *OldLogError) Error() string {
	return fmt.Sprintf("journal: %s, with %d entries, was written by rayforce alone; to write here sets it aside as an archive, which rayforce never reads: "+
		"until the next snapshot it would find only what comes after; Options.AdoptForeign accepts that", e.Path, e.Entries)
}

// SnapshotError says that the snapshot could not be restored.
type SnapshotError struct {
	Path string
	Err  error
}

func (e *SnapshotError) Error() string {
	return fmt.Sprintf("journal: snapshot %s: %v", e.Path, e.Err)
}

// Unwrap returns the cause.
func (e *SnapshotError) Unwrap() error { return e.Err }

// ReadError says that a file could not be read. It says nothing about what is
// in the file, and nothing was changed because of it.
type ReadError struct {
	Path   string
	Offset int64
	Err    error
}

func (e *ReadError) Error() string {
	return fmt.Sprintf("journal: reading %s at offset %d: %v", e.Path, e.Offset, e.Err)
}

// Unwrap returns the cause.
func (e *ReadError) Unwrap() error { return e.Err }

// DirSyncError says that the filesystem can't fsync a directory, so that no name
// of a file in it is known to survive a power cut. Options.AcceptNoDirSync and
// RepairOptions.AcceptNoDirSync accept that.
type DirSyncError struct {
	Path string // of the directory
	Err  error
}

func (e *DirSyncError) Error() string {
	return fmt.Sprintf("journal: the filesystem of %s can't fsync a directory: after a power cut, files there may be without their names (%v); Options.AcceptNoDirSync accepts that, and says what is not promised then", e.Path, e.Err)
}

// Unwrap returns the cause.
func (e *DirSyncError) Unwrap() error { return e.Err }

// UnsyncedError is what Close returns if it could not make everything durable.
type UnsyncedError struct {
	DurableLSN uint64 // all entries up to here are durable
	LastLSN    uint64 // those after DurableLSN, up to here, may come back or not
	Err        error
}

func (e *UnsyncedError) Error() string {
	if e.DurableLSN == e.LastLSN {
		return fmt.Sprintf("journal: closed with all %d entries durable, but without the final marker: %v", e.LastLSN, e.Err)
	}
	return fmt.Sprintf("journal: closed, entries %d to %d may not be durable: %v", e.DurableLSN+1, e.LastLSN, e.Err)
}

// Unwrap returns the cause.
func (e *UnsyncedError) Unwrap() error { return e.Err }

// outcomeError is a sentinel of this package and its cause, both visible to
// errors.Is and errors.As.
type outcomeError struct {
	outcome error
	doing   string
	cause   error
}

func (e *outcomeError) Error() string {
	return fmt.Sprintf("%v: %s: %v", e.outcome, e.doing, e.cause)
}

func (e *outcomeError) Unwrap() []error { return []error{e.outcome, e.cause} }

func refused(doing string, cause error) error {
	return &outcomeError{ErrRefused, doing, cause}
}

func badInput(what, path, reason string) error {
	return fmt.Errorf("%w: %s %q: %s", ErrBadInput, what, path, reason)
}
