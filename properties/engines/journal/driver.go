// Package journal drives the journal of this module.
package journal

import (
	"context"
	"errors"
	"iter"

	"powercut/journal"
	"powercut/properties/engines"
	"powercut/vfs"
)

// Driver implements engines.Driver.
type Driver struct{}

// Name implements engines.Driver.
func (Driver) Name() string { return "journal" }

// Capabilities implements engines.Driver.
func (Driver) Capabilities() engines.Capabilities {
	return engines.Capabilities{KeepsLSNs: true, Accepts: true, Maintained: true, Repairs: true, Markers: true, SyncsCopies: true,
		OpensFull: true, Whole: true, SyncedFile: "j.log"}
}

// Open implements engines.Driver.
func (Driver) Open(disk *vfs.Disk, base string, o engines.Options) (engines.Engine, engines.Recovered, error) {
	options := journal.Options{AdoptForeign: true, Now: o.Now, Entropy: o.Entropy, MaxBatchEntries: o.BatchEntries, MaxBatchBytes: o.BatchBytes, AllowIncomplete: o.Incomplete, RoomBytes: o.RoomBytes, AcceptNoDirSync: o.NoDirSync}
	if o.Monitor != nil {
		options.Monitor = o.Monitor
	}
	if o.Async {
		options.Mode = journal.Async
	}
	j, recovery, err := journal.Open(disk, base, machine{o.Machine}, options)
	if err != nil {
		return nil, engines.Recovered{}, err
	}
	found := engines.Recovered{TailBytes: recovery.TailBytes}
	if len(recovery.Repaired) > 0 {
		found.Step = recovery.Repaired[0]
	}
	return &session{j, &recovery}, found, nil
}

// Repair implements engines.Driver.
func (Driver) Repair(disk *vfs.Disk, base string) error {
	_, err := journal.Repair(disk, base, journal.RepairOptions{})
	return err
}

// Validate implements engines.Driver.
func (Driver) Validate(disk *vfs.Disk, log string) (engines.Extent, error) {
	r, err := journal.Validate(disk, log)
	return engines.Extent{ValidBytes: r.ValidBytes, SizeBytes: r.SizeBytes, Tail: r.TailErr}, err
}

// Classify implements engines.Driver.
func (Driver) Classify(err error) engines.Answer {
	return engines.Answer{Outcome: outcome(err), Damage: damage(err)}
}

func outcome(err error) engines.Outcome {
	switch {
	case err == nil:
		return engines.Acknowledged
	case errors.Is(err, journal.ErrIndeterminate):
		return engines.Indeterminate
	case errors.Is(err, journal.ErrPoisoned):
		return engines.Poisoned
	case errors.Is(err, journal.ErrClosed):
		return engines.Closed
	case errors.Is(err, journal.ErrRefused), errors.Is(err, journal.ErrTooLarge), errors.Is(err, journal.ErrBadInput):
		return engines.Refused
	}
	return engines.Unclear
}

func damage(err error) engines.Damage {
	if _, badTail := errors.AsType[*journal.BadTailError](err); badTail {
		return engines.BadTail
	}
	_, corrupt := errors.AsType[*journal.CorruptError](err)
	_, snapshot := errors.AsType[*journal.SnapshotError](err)
	_, version := errors.AsType[*journal.VersionError](err)
	_, foreign := errors.AsType[*journal.ForeignError](err)
	if corrupt || snapshot || version || foreign {
		return engines.Corrupt
	}
	return engines.NoDamage
}

// machine gives the harness's machine what the journal gives.
type machine struct{ engines.Machine }

// Apply implements journal.Machine.
func (m machine) Apply(e journal.Entry) error { return m.Machine.Apply(engines.Entry(e)) }

// Doubtful is what the machine says of an incomplete state.
func (m machine) Doubtful() []string {
	if d, ok := m.Machine.(interface{ Doubtful() []string }); ok {
		return d.Doubtful()
	}
	return nil
}

// Skipped is what the machine says of the snapshot that it restored.
func (m machine) Skipped() (bindings int, first error) {
	if s, ok := m.Machine.(interface{ Skipped() (int, error) }); ok {
		return s.Skipped()
	}
	return 0, nil
}

// session implements engines.Engine.
type session struct {
	journal  *journal.Journal
	recovery *journal.Recovery
}

// Journal is the journal itself, for whoever judges all that it tells.
func (s *session) Journal() *journal.Journal { return s.journal }

// Recovery is what Open reported.
func (s *session) Recovery() *journal.Recovery { return s.recovery }

func ofClient(e engines.Entry) journal.Entry {
	return journal.Entry{Payload: e.Payload, Restricted: e.Restricted}
}

func (s *session) Append(e engines.Entry) (uint64, error) {
	return s.journal.Append(context.Background(), ofClient(e))
}

func (s *session) Accept(e engines.Entry) (engines.Ticket, error) {
	p, err := s.journal.AppendAsync(ofClient(e))
	if err != nil {
		return engines.Ticket{}, err
	}
	return engines.Ticket{Wait: func() (uint64, error) { return p.Wait(context.Background()) }, Done: p.Done, Leave: p.Wait, EvalErr: p.EvalErr}, nil
}

func (s *session) Sync() error { return s.journal.Sync(context.Background()) }

func (s *session) Snapshot() error { return s.journal.Snapshot(context.Background()) }

func (s *session) Roll() error { return s.journal.Roll(context.Background()) }

func (s *session) Prune() error { return s.journal.Prune(context.Background()) }

func (s *session) Close() error { return s.journal.Close() }

func (s *session) LastLSN() uint64 { return s.journal.LastLSN() }

func (s *session) Entries() iter.Seq2[engines.Entry, error] {
	return func(yield func(engines.Entry, error) bool) {
		for e, err := range s.journal.Read(1) {
			if !yield(engines.Entry(e), err) {
				return
			}
		}
	}
}
