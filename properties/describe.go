package properties

import (
	"fmt"
	"path"
	"strings"

	"powercut/journal"
	"powercut/journal/wire"
	"powercut/properties/engines"
	"powercut/sim/explain"
	"powercut/vfs"
)

// summaryBytes bounds how much of a value a description shows.
const summaryBytes = 60

// Describe implements explain.Describer: logs and snapshots frame by frame, with
// what the oracle knows of each entry.
func (p *program) Describe(disk *vfs.Disk, name string) []explain.Piece {
	file := path.Base(name)
	if !strings.HasPrefix(file, path.Base(base)+".") {
		return nil
	}
	var pieces []explain.Piece
	for f, err := range journal.Inspect(disk, name) {
		piece := explain.Piece{Offset: f.Offset, Size: f.SizeBytes}
		if err != nil {
			piece.Text, piece.Bad = "no frame: "+err.Error(), true
		} else {
			piece.Text, piece.Bad = p.describeFrame(f), f.Err != nil
		}
		pieces = append(pieces, piece)
	}
	if !strings.HasSuffix(file, ".log") || !p.can.Markers {
		return pieces
	}
	said := p.verdict(disk, name)
	if n := len(pieces) - 1; len(said) > 0 && n >= 0 && pieces[n].Size == 0 && pieces[n].Offset == said[0].Offset {
		pieces = pieces[:n] // the engine says it in better words, and of how many bytes
	}
	return append(pieces, said...)
}

// describeFrame says what a frame is: a marker, an entry that the oracle knows, or a
// value.
func (p *program) describeFrame(f journal.Frame) string {
	switch m := f.Marker; {
	case f.Err != nil:
		return "unreadable: " + f.Err.Error()
	case m != nil && m.Kind == wire.Genesis:
		return fmt.Sprintf("genesis: generation %d, after LSN %d", m.Generation, m.LastLSN)
	case m != nil && m.Kind == wire.SnapshotMarker:
		return fmt.Sprintf("snapshot marker: covers LSN %d", m.Snapshot.LSN)
	case m != nil:
		return fmt.Sprintf("commit of %d entries, up to LSN %d; LSN %d was durable before it", m.Entries, m.LastLSN, m.DurableLSN)
	}
	restricted := f.Header.Flags&wire.FlagRestricted != 0
	if number := p.oracle.numberOf(engines.Entry{Payload: f.Payload, Restricted: restricted}); number != 0 {
		return p.oracle.describe(number)
	}
	v, err := wire.Decode(f.Payload)
	if err != nil {
		return "unreadable: " + err.Error()
	}
	return wire.Summary(v, summaryBytes)
}

// verdict is what the engine itself says of a log.
func (p *program) verdict(disk *vfs.Disk, name string) []explain.Piece {
	log, err := p.driver.Validate(disk, name)
	switch {
	case err != nil:
		return []explain.Piece{{Offset: log.ValidBytes, Text: "the journal refuses it: " + err.Error(), Bad: true}}
	case log.Tail != nil:
		return []explain.Piece{{Offset: log.ValidBytes, Size: log.SizeBytes - log.ValidBytes,
			Text: fmt.Sprintf("the journal takes this for a tail that was never acknowledged (%v)", log.Tail), Bad: true}}
	}
	return nil
}
