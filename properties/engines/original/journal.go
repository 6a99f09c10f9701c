// Package original is a faithful port of the journal protocol of the rayforce
// database, defects included: the proof that the harness finds them. It shares
// nothing with package journal but the wire codec and, through its caller, the
// evaluator.
//
// What it does, step by step:
//
//   - append: one write of the header, one of the payload; in sync mode fsync
//     after both. An error is returned, and the journal stays open.
//   - open: load BASE.qdb, replay BASE.log, open it for appending; the directory
//     is not synced. A bad tail refuses.
//   - snapshot: write and sync BASE.qdb.tmp, rename it, sync the directory and
//     ignore the result, roll.
//   - roll: close, rename to BASE.STAMP.log with a stamp of one second, sync the
//     directory and ignore the result, open BASE.log for appending. If that
//     fails there is no handle, and appending to no handle succeeds.
//   - the limits of an entry's size are checked by the reader alone.
package original

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"time"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// Machine is the state that entries change.
type Machine interface {
	// Apply evaluates an entry. Its error is counted, not fatal.
	Apply(payload []byte, restricted bool) error
	Snapshot() ([]byte, error)
	Restore(payload []byte) (int, error)
}

// Journal is an open journal.
type Journal struct {
	fs      afero.Fs
	base    string
	sync    bool
	now     func() time.Time
	machine Machine
	log     afero.File // nil: closed, or a roll could not open the new one
}

// ErrRefused says that the files can't be opened: a bad tail, mostly.
var ErrRefused = errors.New("original: the journal can't be opened")

const (
	headerBytes = 16
	prefix      = 0xcefadefa
	version     = 3
	maxSize     = 256 << 20

	flagCompressed = 1
	flagRestricted = 2
)

// Open loads the snapshot, replays the log and opens it for appending.
func Open(fs afero.Fs, base string, m Machine, sync bool, now func() time.Time) (*Journal, error) {
	j := &Journal{fs: fs, base: base, sync: sync, now: now, machine: m}
	if err := j.load(); err != nil {
		return nil, err
	}
	if err := j.replay(); err != nil {
		return nil, err
	}
	var err error
	j.log, err = fs.OpenFile(base+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	return j, err
}

func (j *Journal) load() error {
	raw, err := afero.ReadFile(j.fs, j.base+".qdb")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	payload, _, rest, ok := frame(raw)
	if !ok || len(rest) > 0 {
		return fmt.Errorf("%w: the snapshot is cut short", ErrRefused)
	}
	if _, err := j.machine.Restore(payload); err != nil {
		return fmt.Errorf("%w: the snapshot: %w", ErrRefused, err)
	}
	return nil
}

func (j *Journal) replay() error {
	raw, err := readUpToError(j.fs, j.base+".log")
	if err != nil {
		return err
	}
	for entries := 0; len(raw) > 0; entries++ {
		payload, flags, rest, ok := frame(raw)
		if !ok {
			return fmt.Errorf("%w: bad tail after %d entries", ErrRefused, entries)
		}
		if flags&flagCompressed != 0 {
			if payload, err = wire.Decompress(payload); err != nil {
				return fmt.Errorf("%w: entry %d: %w", ErrRefused, entries, err)
			}
		}
		if err := wire.Check(payload); err != nil {
			return fmt.Errorf("%w: entry %d: %w", ErrRefused, entries, err)
		}
		_ = j.machine.Apply(payload, flags&flagRestricted != 0) // counted by the machine, not fatal
		raw = rest
	}
	return nil
}

// readUpToError reads a file as the original's validation does: a read error
// ends it as the end of the file would.
func readUpToError(fs afero.Fs, name string) ([]byte, error) {
	f, err := fs.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var raw []byte
	buf := make([]byte, 4096)
	for {
		n, err := f.Read(buf)
		raw = append(raw, buf[:n]...)
		if err != nil || n == 0 {
			return wholeFrames(raw, err), nil
		}
	}
}

// wholeFrames cuts what a read error left behind the last whole frame; at the
// end of the file it leaves a bad tail for replay to find.
func wholeFrames(raw []byte, err error) []byte {
	if err == nil || errors.Is(err, io.EOF) {
		return raw
	}
	valid := raw
	for {
		_, _, rest, ok := frame(valid)
		if !ok {
			return raw[:len(raw)-len(valid)]
		}
		valid = rest
	}
}

// frame splits the first frame off.
func frame(raw []byte) (payload []byte, flags byte, rest []byte, ok bool) {
	if len(raw) < headerBytes || binary.LittleEndian.Uint32(raw) != prefix || raw[4] != version || raw[6] != 0 {
		return nil, 0, raw, false
	}
	size := binary.LittleEndian.Uint64(raw[8:])
	if size == 0 || size > maxSize || size > uint64(len(raw)-headerBytes) {
		return nil, 0, raw, false
	}
	return raw[headerBytes : headerBytes+size], raw[5], raw[headerBytes+size:], true
}

func header(size int, flags byte) []byte {
	h := make([]byte, headerBytes)
	binary.LittleEndian.PutUint32(h, prefix)
	h[4], h[5], h[7] = version, flags, 1
	binary.LittleEndian.PutUint64(h[8:], uint64(size))
	return h
}

// Append writes an entry and applies it.
func (j *Journal) Append(payload []byte, restricted bool) error {
	if err := j.write(payload, restricted); err != nil {
		return err
	}
	_ = j.machine.Apply(payload, restricted) // counted by the machine, not fatal
	return nil
}

func (j *Journal) write(payload []byte, restricted bool) error {
	if j.log == nil {
		return nil // as the original does
	}
	var flags byte
	if restricted {
		flags |= flagRestricted
	}
	if compressed, ok := wire.Compress(nil, payload); ok {
		payload, flags = compressed, flags|flagCompressed
	}
	if _, err := j.log.Write(header(len(payload), flags)); err != nil {
		return err
	}
	if len(payload) > 0 {
		if _, err := j.log.Write(payload); err != nil {
			return err
		}
	}
	if j.sync {
		return j.log.Sync()
	}
	return nil
}

// Sync makes what was appended durable.
func (j *Journal) Sync() error {
	if j.log == nil {
		return nil
	}
	return j.log.Sync()
}

// Snapshot writes the state beside the log, and rolls the log.
func (j *Journal) Snapshot() error {
	payload, err := j.machine.Snapshot()
	if err != nil {
		return err
	}
	tmp := j.base + ".qdb.tmp"
	f, err := j.fs.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(header(len(payload), 0), payload...))
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if err := j.fs.Rename(tmp, j.base+".qdb"); err != nil {
		return err
	}
	j.syncDir()
	return j.Roll()
}

// Roll sets the log aside and begins a new one.
func (j *Journal) Roll() error {
	if j.log != nil {
		err := j.log.Close()
		j.log = nil
		if err != nil {
			return err
		}
	}
	archive := j.base + "." + j.now().UTC().Format("2006.01.02T15.04.05Z") + ".log"
	if err := j.fs.Rename(j.base+".log", archive); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	j.syncDir()
	log, err := j.fs.OpenFile(j.base+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	j.log = log
	return nil
}

// syncDir ignores every error, as the original does.
func (j *Journal) syncDir() {
	dir, err := j.fs.Open(path.Dir(j.base))
	if err != nil {
		return
	}
	_ = dir.Sync()
	_ = dir.Close()
}

// Close closes the log.
func (j *Journal) Close() error {
	if j.log == nil {
		return nil
	}
	err := j.log.Close()
	j.log = nil
	return err
}
