package properties

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"powercut/journal/wire"
	"powercut/properties/engines"
)

// legacySnapshot is a snapshot of the original's that stands beside the log which the
// journal finds. It holds entries of which no log is left, since the original rolled it,
// and, where a crash came before that roll, also the first of the log: it says how much of
// that it covers, and nothing of it may be applied twice.
type legacySnapshot struct {
	entries int // of which no log is left
	covered int // of the log, its first ones
}

// present says whether there is one.
func (s legacySnapshot) present() bool { return s != legacySnapshot{} }

func (f *legacyLog) parseSnapshot(entries, covered string) (err error) {
	if f.snapshot.entries, err = strconv.Atoi(entries); err != nil || f.snapshot.entries < 0 || f.snapshot.entries > maxLegacyEntries {
		return fmt.Errorf("found-snapshot %q: want a number of entries, 0 to %d", entries, maxLegacyEntries)
	}
	if f.snapshot.covered, err = strconv.Atoi(covered); err != nil || f.snapshot.covered < 0 || f.snapshot.covered > f.entries {
		return fmt.Errorf("found-snapshot, covered %q: want a number of entries of the log that is found, 0 to %d", covered, f.entries)
	}
	if f.snapshot.covered > 0 && !f.preamble {
		return fmt.Errorf("found-snapshot, covered %q: want found-preamble before it, since a snapshot covers a part of no other log", covered)
	}
	if !f.snapshot.present() {
		return errors.New("found-snapshot 0 0: want an entry")
	}
	return nil
}

// legacyEntry is one that another program wrote.
type legacyEntry struct {
	number uint64
	engines.Entry
}

// issueLegacy issues entries of another program, of which the first makes the names that
// the others change, unless some came before them.
func (p *program) issueLegacy(n int, first bool) (all []legacyEntry) {
	for i := range n {
		s := step{kind: stepPush}
		if first && i == 0 {
			s.kind = stepInit
		}
		number, e := p.issue(s)
		all = append(all, legacyEntry{number, e})
	}
	return all
}

func numbersOf(entries []legacyEntry) (numbers []uint64) {
	for _, e := range entries {
		numbers = append(numbers, e.number)
	}
	return numbers
}

// legacyGeneration is what the preamble of a found log says, and the snapshot of that log.
const legacyGeneration = 9

// log is the content of the log that is found, and how many bytes of it the snapshot covers.
func (f *legacyLog) log(entries []legacyEntry) (log []byte, coveredBytes int) {
	if f.preamble {
		log = binary.LittleEndian.AppendUint64([]byte("RAYJLG1\x00"), legacyGeneration)
	}
	for i, e := range entries {
		log = append(log, originalFrame(e.Entry)...)
		if i+1 == f.snapshot.covered {
			coveredBytes = len(log)
		}
	}
	torn := originalFrame(entryOf(stepPush, 0, probe))
	return append(log, torn[:f.torn]...), coveredBytes
}

// snapshotOf is the content of a snapshot that holds these entries, and covers so many
// bytes of the log beside it, which has logBytes.
func (p *program) snapshotOf(entries []legacyEntry, coveredBytes int, logBytes int64) ([]byte, error) {
	m := newMachine(p.parsed)
	for _, e := range entries {
		if err := m.Apply(e.Entry); err != nil {
			return nil, err
		}
	}
	var names []string
	var values []wire.Value
	for name, value := range m.Env() {
		names, values = append(names, name), append(values, value)
	}
	switch {
	case coveredBytes > 0:
		names, values = append(names, ".journal.covered"), append(values, wire.Ints(legacyGeneration, int64(coveredBytes)))
	case p.w.legacyLog.preamble: // it covered the log that was rolled, which was as long as this one
		names, values = append(names, ".journal.covered"), append(values, wire.Ints(legacyGeneration-1, logBytes))
	}
	payload := wire.Encode(wire.NewDict(names, values))
	return append(wire.AppendHeader(nil, wire.Header{Size: int64(len(payload))}), payload...), nil
}
