package original

import (
	"errors"
	"iter"
	"sync"

	"powercut/properties/engines"
	"powercut/vfs"
)

// Driver implements engines.Driver. The original knows no LSNs and has nothing to
// read entries back with.
type Driver struct{}

// Name implements engines.Driver.
func (Driver) Name() string { return "original" }

// Capabilities implements engines.Driver.
func (Driver) Capabilities() engines.Capabilities { return engines.Capabilities{SyncedFile: "j.log"} }

// Open implements engines.Driver.
func (Driver) Open(disk *vfs.Disk, base string, o engines.Options) (engines.Engine, engines.Recovered, error) {
	j, err := Open(disk, base, machine{o.Machine}, !o.Async, o.Now)
	if err != nil {
		return nil, engines.Recovered{}, err
	}
	s := &session{journal: j}
	if o.Monitor != nil {
		s.lock = o.Monitor
	}
	return s, engines.Recovered{}, nil
}

// Repair implements engines.Driver: the original has no such thing.
func (Driver) Repair(*vfs.Disk, string) error { return errors.ErrUnsupported }

// Validate implements engines.Driver: its logs have no markers.
func (Driver) Validate(*vfs.Disk, string) (engines.Extent, error) {
	return engines.Extent{}, errors.ErrUnsupported
}

// Classify implements engines.Driver. The original says no more than that it
// failed.
func (Driver) Classify(err error) engines.Answer {
	a := engines.Answer{Outcome: engines.Refused}
	switch {
	case err == nil:
		a.Outcome = engines.Acknowledged
	case errors.Is(err, ErrRefused):
		a.Damage = engines.Corrupt
	}
	return a
}

// machine gives the harness's machine what the port gives.
type machine struct{ engines.Machine }

// Apply implements Machine.
func (m machine) Apply(payload []byte, restricted bool) error {
	return m.Machine.Apply(engines.Entry{Payload: payload, Restricted: restricted})
}

// session implements engines.Engine. Its clients wait for each other: the original
// is called from one thread alone.
type session struct {
	journal *Journal
	lock    sync.Locker // nil: there is one client only
}

func (s *session) Append(e engines.Entry) (uint64, error) {
	return 0, engines.Alone(s.lock, func() error { return s.journal.Append(e.Payload, e.Restricted) })
}

func (s *session) Accept(e engines.Entry) (engines.Ticket, error) {
	lsn, err := s.Append(e)
	return engines.Answered(lsn), err
}

func (s *session) Sync() error { return engines.Alone(s.lock, s.journal.Sync) }

func (s *session) Snapshot() error { return engines.Alone(s.lock, s.journal.Snapshot) }

func (s *session) Roll() error { return engines.Alone(s.lock, s.journal.Roll) }

func (s *session) Prune() error { return nil }

func (s *session) Close() error { return engines.Alone(s.lock, s.journal.Close) }

func (s *session) LastLSN() uint64 { return 0 }

func (s *session) Entries() iter.Seq2[engines.Entry, error] {
	return func(func(engines.Entry, error) bool) {}
}
