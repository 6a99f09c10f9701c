// Package pessimal is a journal that is as slow as can be and, so it is hoped,
// obviously correct: each append writes everything anew to another file, syncs
// it, renames it into place and syncs the directory. It is there to show that
// the harness accuses nobody who is innocent. It shares nothing with package
// journal but the framing of package wire.
package pessimal

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// The ways in which a journal says no.
var (
	// ErrRefused: nothing of the entry can come back.
	ErrRefused = errors.New("pessimal: refused")
	// ErrIndeterminate: it may come back. The journal takes no more.
	ErrIndeterminate = errors.New("pessimal: indeterminate")
	// ErrStopped: an earlier failure left open what is on the disk.
	ErrStopped = errors.New("pessimal: stopped")
	ErrClosed  = errors.New("pessimal: closed")
	// ErrDamaged: the file is not one that this package wrote.
	ErrDamaged = errors.New("pessimal: damaged")
)

// Entry is what is appended.
type Entry struct {
	Payload    []byte
	Restricted bool
}

// Journal is an open journal. It is for one goroutine.
type Journal struct {
	fs      afero.Fs
	base    string
	content []byte // frames of all entries
	entries []Entry
	stopped bool
	closed  bool
}

func (j *Journal) name() string { return j.base + ".log" }

func (j *Journal) tmp() string { return j.base + ".log.tmp" }

// Open reads what there is, and makes it durable: a rename may still be pending
// since a process crash, and somebody may have copied the file into place.
func Open(fs afero.Fs, base string) (*Journal, error) {
	j := &Journal{fs: fs, base: base}
	raw, err := afero.ReadFile(fs, j.name())
	if errors.Is(err, os.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		return nil, err
	}
	if err := j.parse(raw); err != nil {
		return nil, err
	}
	file, err := fs.OpenFile(j.name(), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(file.Sync(), file.Close(), j.syncDir()); err != nil {
		return nil, err
	}
	return j, nil
}

const sumBytes = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sum(content []byte) []byte {
	c := crc32.Checksum(content, castagnoli)
	return []byte{byte(c), byte(c >> 8), byte(c >> 16), byte(c >> 24)}
}

func (j *Journal) parse(raw []byte) error {
	if len(raw) < sumBytes || string(sum(raw[sumBytes:])) != string(raw[:sumBytes]) {
		return fmt.Errorf("%w: %s", ErrDamaged, j.name())
	}
	j.content = raw[sumBytes:]
	for rest := j.content; len(rest) > 0; {
		h, err := wire.ParseHeader(rest, wire.MaxPayload)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, j.name(), err)
		}
		payload := rest[wire.HeaderSize : wire.HeaderSize+h.Size]
		j.entries = append(j.entries, Entry{payload, h.Flags&wire.FlagRestricted != 0})
		rest = rest[wire.HeaderSize+h.Size:]
	}
	return nil
}

// Entries are all that are in the journal.
func (j *Journal) Entries() []Entry { return j.entries }

// Append makes an entry durable.
func (j *Journal) Append(e Entry) error {
	switch {
	case j.closed:
		return ErrClosed
	case j.stopped:
		return ErrStopped
	case len(e.Payload) == 0 || wire.Check(e.Payload) != nil || wire.IsMarkerPayload(e.Payload):
		return fmt.Errorf("%w: the payload can't be read back", ErrRefused)
	}
	h := wire.Header{Type: wire.TypeEntry, Size: int64(len(e.Payload))}
	if e.Restricted {
		h.Flags |= wire.FlagRestricted
	}
	content := append([]byte(nil), j.content...)
	content = append(wire.AppendHeader(content, h), e.Payload...)
	if err := j.replace(content); err != nil {
		return err
	}
	j.content = content
	j.entries = append(j.entries, Entry{append([]byte(nil), e.Payload...), e.Restricted})
	return nil
}

// replace puts content in place, durably.
func (j *Journal) replace(content []byte) error {
	// Never in place: half a rename may have left the file two names.
	if err := j.fs.Remove(j.tmp()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	file, err := j.fs.OpenFile(j.tmp(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if _, err := file.Write(append(sum(content), content...)); err != nil {
		_ = file.Close() // the first error tells more
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		j.stopped = true // a failed fsync is a failed fsync, of whatever file
		return fmt.Errorf("%w: %w", ErrIndeterminate, err)
	}
	// From here on the entry may come back.
	if err := j.fs.Rename(j.tmp(), j.name()); err != nil {
		j.stopped = true
		return fmt.Errorf("%w: %w", ErrIndeterminate, err)
	}
	if err := j.syncDir(); err != nil {
		j.stopped = true
		return fmt.Errorf("%w: %w", ErrIndeterminate, err)
	}
	return nil
}

func (j *Journal) syncDir() error {
	dir, err := j.fs.Open(path.Dir(j.base))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Sync has nothing to do: what was acknowledged is durable.
func (j *Journal) Sync() error {
	switch {
	case j.closed:
		return ErrClosed
	case j.stopped:
		return ErrStopped
	}
	return nil
}

// Close ends the use of the journal.
func (j *Journal) Close() error {
	if j.closed {
		return ErrClosed
	}
	j.closed = true
	if j.stopped {
		return ErrStopped
	}
	return nil
}
