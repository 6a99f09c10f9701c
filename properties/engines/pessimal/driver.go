package pessimal

import (
	"errors"
	"iter"
	"sync"

	"powercut/properties/engines"
	"powercut/vfs"
)

// Driver implements engines.Driver.
type Driver struct{}

// Name implements engines.Driver.
func (Driver) Name() string { return "pessimal" }

// Capabilities implements engines.Driver. An entry that was accepted is
// acknowledged already, and there is nothing to prune or to repair: that this
// journal is asked all the same shows that the harness accuses nobody of that.
func (Driver) Capabilities() engines.Capabilities {
	return engines.Capabilities{KeepsLSNs: true, Accepts: true, Maintained: true, SyncsCopies: true, SyncedFile: "j.log.tmp"}
}

// Open implements engines.Driver.
func (Driver) Open(disk *vfs.Disk, base string, o engines.Options) (engines.Engine, engines.Recovered, error) {
	j, err := Open(disk, base)
	if err != nil {
		return nil, engines.Recovered{}, err
	}
	s := &session{journal: j, machine: o.Machine}
	if o.Monitor != nil {
		s.lock = o.Monitor
	}
	for i := range j.Entries() {
		s.apply(uint64(i + 1))
	}
	return s, engines.Recovered{}, nil
}

// Repair implements engines.Driver: there is no tail that could be bad.
func (Driver) Repair(*vfs.Disk, string) error { return errors.ErrUnsupported }

// Validate implements engines.Driver: its log has no markers.
func (Driver) Validate(*vfs.Disk, string) (engines.Extent, error) {
	return engines.Extent{}, errors.ErrUnsupported
}

// Classify implements engines.Driver.
func (Driver) Classify(err error) engines.Answer {
	a := engines.Answer{Outcome: outcome(err)}
	if errors.Is(err, ErrDamaged) {
		a.Damage = engines.Corrupt
	}
	return a
}

func outcome(err error) engines.Outcome {
	switch {
	case err == nil:
		return engines.Acknowledged
	case errors.Is(err, ErrIndeterminate):
		return engines.Indeterminate
	case errors.Is(err, ErrStopped):
		return engines.Poisoned
	case errors.Is(err, ErrClosed):
		return engines.Closed
	case errors.Is(err, ErrRefused):
		return engines.Refused
	}
	return engines.Unclear
}

// session implements engines.Engine. Its clients wait for each other.
type session struct {
	journal *Journal
	machine engines.Machine
	lock    sync.Locker // nil: there is one client only
}

func (s *session) alone(f func() error) error { return engines.Alone(s.lock, f) }

func (s *session) at(lsn uint64) engines.Entry {
	e := s.journal.Entries()[lsn-1]
	return engines.Entry{LSN: lsn, Payload: e.Payload, Restricted: e.Restricted}
}

// apply gives an entry to the machine. What that thinks of it is counted there.
func (s *session) apply(lsn uint64) { _ = s.machine.Apply(s.at(lsn)) }

func (s *session) Append(e engines.Entry) (lsn uint64, err error) {
	err = s.alone(func() error {
		if err := s.journal.Append(Entry{Payload: e.Payload, Restricted: e.Restricted}); err != nil {
			return err
		}
		lsn = s.LastLSN()
		s.apply(lsn)
		return nil
	})
	return lsn, err
}

func (s *session) Accept(e engines.Entry) (engines.Ticket, error) {
	lsn, err := s.Append(e)
	return engines.Answered(lsn), err
}

func (s *session) Sync() error { return s.alone(s.journal.Sync) }

func (s *session) Snapshot() error { return s.alone(s.journal.Sync) }

func (s *session) Roll() error { return s.alone(s.journal.Sync) }

func (s *session) Prune() error { return s.alone(s.journal.Sync) }

func (s *session) Close() error { return s.alone(s.journal.Close) }

func (s *session) LastLSN() uint64 { return uint64(len(s.journal.Entries())) }

func (s *session) Entries() iter.Seq2[engines.Entry, error] {
	return func(yield func(engines.Entry, error) bool) {
		for i := range s.journal.Entries() {
			if !yield(s.at(uint64(i+1)), nil) {
				return
			}
		}
	}
}
