package journal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"path/filepath"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// snapshotFile is the content of <base>.qdb.
type snapshotFile struct {
	present bool
	raw     []byte // header and payload
	ref     wire.SnapshotRef
}

// readSnapshot reads the whole file, which is not a word about whether it is a
// good snapshot. Its memory grows with the bytes that are there.
func (f files) readSnapshot() (snapshotFile, error) {
	path := f.snapshot()
	file, err := f.fs.Open(path)
	if errors.Is(err, iofs.ErrNotExist) {
		return snapshotFile{}, nil
	}
	if err != nil {
		return snapshotFile{}, fmt.Errorf("journal: opening the snapshot: %w", err)
	}
	defer file.Close() // nothing was written
	info, err := file.Stat()
	if err != nil {
		return snapshotFile{}, &ReadError{Path: path, Err: err}
	}
	if info.IsDir() {
		return snapshotFile{}, badInput("snapshot", path, "is a directory")
	}
	size := info.Size()
	if size > wire.MaxSnapshot {
		return snapshotFile{}, &SnapshotError{path, fmt.Errorf("%w: got %d bytes, want at most %d", ErrTooLarge, size, wire.MaxSnapshot)}
	}
	raw := make([]byte, size)
	if err := readFull(file, path, raw, 0); err != nil {
		return snapshotFile{}, err
	}
	s := snapshotFile{present: true, raw: raw, ref: wire.SnapshotRef{SizeBytes: size, Digest: sha256.Sum256(raw)}}
	if !s.isOwn() {
		err = readsAgain(file, path, raw)
	}
	return s, err
}

// readsAgain reads a file once more, and is an error if it holds anything else now. Nothing
// proves a snapshot of another program: one read that went wrong must not become its state.
func readsAgain(file afero.File, path string, was []byte) error {
	buf := make([]byte, min(readBufferBytes, len(was)))
	for off := 0; off < len(was); off += len(buf) {
		again := buf[:min(len(buf), len(was)-off)]
		if err := readFull(file, path, again, int64(off)); err != nil {
			return err
		}
		if !bytes.Equal(again, was[off:off+len(again)]) {
			return &ReadError{path, int64(off), errors.New("journal: read differently a second time")}
		}
	}
	return nil
}

// readFull fills b from an offset on; a file that ends sooner could not be
// read.
func readFull(file afero.File, path string, b []byte, off int64) error {
	for idle := 0; len(b) > 0; {
		n, err := file.ReadAt(b, off)
		b = b[n:]
		off += int64(n)
		switch {
		case len(b) == 0 && (err == nil || errors.Is(err, io.EOF)):
			return nil
		case errors.Is(err, io.EOF):
			return &ReadError{path, off, io.ErrUnexpectedEOF}
		case err != nil:
			return &ReadError{path, off, err}
		case n > 0:
			idle = 0
		default:
			if idle++; idle == 100 {
				return &ReadError{path, off, io.ErrNoProgress}
			}
		}
	}
	return nil
}

// isOwn says whether this package wrote the snapshot, if it is one.
func (s snapshotFile) isOwn() bool {
	h, err := wire.ParseHeader(s.raw, wire.MaxSnapshot-wire.HeaderSize)
	return err == nil && h.Type == wire.TypeOwnSnapshot
}

// payload returns the value to be restored, after it judged the framing.
func (s snapshotFile) payload() ([]byte, error) {
	payload, err := s.framed()
	if err == nil && !s.isOwn() {
		payload, _ = takeCovered(payload)
	}
	return payload, err
}

// framed returns the value in the snapshot's frame.
func (s snapshotFile) framed() ([]byte, error) {
	h, err := wire.ParseHeader(s.raw, wire.MaxSnapshot-wire.HeaderSize)
	if err != nil {
		return nil, err
	}
	payload := s.raw[wire.HeaderSize:]
	if h.Size != int64(len(payload)) {
		return nil, fmt.Errorf("%w: got %d bytes of a payload, want %d", wire.ErrShortFrame, len(payload), h.Size)
	}
	if h.Flags&wire.FlagCompressed != 0 {
		return wire.Decompress(payload)
	}
	return payload, nil
}

// matchSnapshot finds out which LSN the snapshot covers: the head says so, in
// its genesis or in a snapshot marker.
func (j *judgement) matchSnapshot() error {
	switch j.head {
	case headNone:
		return nil
	case headOld:
		return j.matchOldSnapshot()
	}
	want := j.scan.genesis.Snapshot
	if !j.snapshot.present {
		if want.SizeBytes > 0 {
			return &CorruptError{Path: j.files.snapshot(), Reason: fmt.Sprintf("is missing, and the log continues it from LSN %d", want.LSN)}
		}
		return nil
	}
	for i := len(j.scan.snapshots) - 1; i >= -1; i-- {
		ref := want
		if i >= 0 {
			ref = j.scan.snapshots[i]
		}
		if ref.SizeBytes == j.snapshot.ref.SizeBytes && ref.Digest == j.snapshot.ref.Digest {
			j.snapshot.ref = ref
			return nil
		}
	}
	return &CorruptError{Path: j.files.snapshot(), Reason: "is none that " + filepath.Base(j.headPath) + " names: damaged, or of another journal"}
}
