package journal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"

	"powercut/journal/wire"
)

// Logs of rayforce begin with a preamble since September 2026: these bytes, and a
// number that no other log of the base has, its generation. A snapshot names the
// generation and how many bytes of that log it covers: so a crash between the
// snapshot and the roll behind it applies nothing twice.
const (
	preambleMagic = "RAYJLG1\x00"
	preambleBytes = 16
	// coveredKey is what a snapshot has that account under: two i64.
	coveredKey = ".journal.covered"
)

// newerPreamble is what the magic of every version begins with. A digit follows.
const newerPreamble = "RAYJLG"

// preamble is what stands before the first frame of a log of the original: nothing,
// or a generation.
type preamble struct {
	sizeBytes  int64
	generation int64 // 0 for none
}

// preambleOf reads the preamble of a log, and leaves the reader at its first frame,
// with a CRC of what stands before that.
func preambleOf(r *logReader) (p preamble, err error) {
	r.restart(0, 0)
	head, err := r.peek(preambleBytes)
	if err != nil || len(head) < preambleBytes || !bytes.HasPrefix(head, []byte(preambleMagic)) {
		return p, err // one that was cut short is no frame either
	}
	p = preamble{preambleBytes, int64(binary.LittleEndian.Uint64(head[len(preambleMagic):]))}
	return p, r.skip(preambleBytes)
}

// newerLog returns an error for a log with a preamble of another version.
func newerLog(r *logReader) (*VersionError, error) {
	r.restart(0, 0)
	head, err := r.peek(len(preambleMagic))
	if err != nil || len(head) < len(preambleMagic) || !bytes.HasPrefix(head, []byte(newerPreamble)) || string(head) == preambleMagic {
		return nil, err
	}
	return &VersionError{Path: r.path, proven: true,
		What: fmt.Sprintf("the preamble %s%c of a newer rayforce's log (this package knows %s)", newerPreamble, printable(head[len(newerPreamble)]), "RAYJLG1")}, nil
}

// printable is a byte for a message.
func printable(b byte) byte {
	if b < ' ' || b > '~' {
		return '?'
	}
	return b
}

// covered is which part of a log a snapshot of the original's holds.
type covered struct {
	generation int64 // of the log; 0: it does not say
	bytes      int64 // from the beginning of the log
}

// takeCovered takes the account of what it covers out of a snapshot's value: it is no
// binding.
func takeCovered(payload []byte) (rest []byte, c covered) {
	if !bytes.Contains(payload, []byte(coveredKey)) {
		return payload, c
	}
	v, err := wire.Decode(payload)
	d, dict := v.(wire.Dict)
	keys, symbols := d.Keys.(wire.Symbols)
	at := slices.Index(keys.Names, coveredKey)
	if err != nil || !dict || !symbols || at < 0 {
		return payload, c // whoever restores it says what is wrong
	}
	keys.Names = slices.Delete(slices.Clone(keys.Names), at, at+1)
	d.Keys = keys
	if vals, list := d.Vals.(wire.List); list && at < len(vals.Items) { // it may be too short
		if account, ok := vals.Items[at].(wire.Vector); ok && account.Of == wire.KindI64 && account.Len() == 2 {
			c = covered{account.At(0).Int(), account.At(1).Int()}
		}
		vals.Items = slices.Delete(slices.Clone(vals.Items), at, at+1)
		d.Vals = vals
	}
	return wire.Encode(d), c
}

// matchOldSnapshot finds out which entries of the original's log its snapshot covers.
// One that does not say so, or that names another log, covers none: that log was
// rolled behind it.
func (j *judgement) matchOldSnapshot() error {
	if !j.snapshot.present {
		return nil
	}
	if j.snapshot.isOwn() {
		// Its entries stood in a log with markers, of which a power cut took the name.
		return &CorruptError{Path: j.files.snapshot(), Reason: "is of this journal, and " + filepath.Base(j.headPath) + " has no markers: the log that says which entries it covers is gone"}
	}
	payload, err := j.snapshot.framed()
	if err != nil {
		return nil // replay says what is wrong
	}
	_, c := takeCovered(payload)
	if c.generation == 0 || c.generation != j.old.preamble.generation {
		return nil
	}
	r, err := openLog(j.fs, j.headPath)
	if err != nil {
		return err
	}
	defer r.close()
	end := j.old.preamble.sizeBytes
	err = eachOldEntry(r, j.old.end, j.old.crc, func(e Entry) error {
		if r.off <= c.bytes {
			end, j.snapshot.ref.LSN = r.off, e.LSN
		}
		return nil
	})
	if err == nil && end < c.bytes && c.bytes < j.old.end && c.bytes > j.old.preamble.sizeBytes {
		err = &CorruptError{Path: j.files.snapshot(), Reason: fmt.Sprintf("covers %d bytes of %s, where no entry ends", c.bytes, j.headPath)}
	}
	return err
}
