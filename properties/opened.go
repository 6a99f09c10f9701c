package properties

import (
	"errors"
	"fmt"
	"slices"

	"powercut/journal"
	"powercut/properties/engines"
	"powercut/sim/core"
	"powercut/vfs"
)

// opened is an engine that was opened, together with the machine that it feeds.
type opened struct {
	engines.Engine
	found     engines.Recovered
	machine   *machine
	recovered int // entries that the machine was given by Open
	told      told
	keepsLSNs bool
	named     bool // what it recovered has the names that the entries change
}

// native is an opened engine that is package journal.
type native interface {
	Journal() *journal.Journal
	Recovery() *journal.Recovery
}

// journal is the journal itself, nil for any other engine.
func (e *opened) journal() *journal.Journal {
	if n, ok := e.Engine.(native); ok {
		return n.Journal()
	}
	return nil
}

// recovery is what a journal's Open reported, nil for any other engine.
func (e *opened) recovery() *journal.Recovery {
	if n, ok := e.Engine.(native); ok {
		return n.Recovery()
	}
	return nil
}

// openEngine opens the journal under test on a disk. A nil monitor means: nobody
// else is there.
func (p *program) openEngine(r *core.Run, disk *vfs.Disk, monitor *core.Monitor) (*opened, error) {
	m := newMachine(p.parsed)
	e, found, err := p.driver.Open(disk, base, engines.Options{
		Machine: m, Monitor: monitor, Now: p.now(r), Entropy: p.entropy(r), Incomplete: p.w.incomplete, NoDirSync: p.w.acceptNoDirSync,
		Async: p.w.async, BatchEntries: p.w.batchEntries, BatchBytes: p.w.batchBytes, RoomBytes: p.w.room,
	})
	if err != nil {
		return nil, err
	}
	return &opened{Engine: e, found: found, machine: m, recovered: len(m.given), keepsLSNs: p.can.KeepsLSNs}, nil
}

// openCopy opens the journal on a copy of what a crash left, where no fault strikes any
// more. But a process that crashed may not have asked for the result of a write that had
// failed, and then the kernel reports that to the next fsync of the file. Such a report
// says nothing of the journal, and comes once for each file: openCopy opens again.
func (p *program) openCopy(r *core.Run, disk *vfs.Disk) (*opened, error) {
	e, err := p.openEngine(r, disk, nil)
	for range openAttempts {
		if !errors.Is(err, vfs.ErrInjected) {
			break
		}
		e, err = p.openEngine(r, disk, nil)
	}
	return e, err
}

// Append appends an entry. In an engine that keeps no LSNs, the place of an entry's
// number in the list is its LSN.
func (e *opened) Append(next engines.Entry) (lsn uint64, err error) {
	if lsn, err = e.Engine.Append(next); err == nil {
		lsn, err = e.lsn(lsn)
	}
	return lsn, err
}

// Accept appends an entry without waiting for it.
func (e *opened) Accept(next engines.Entry) (engines.Ticket, error) {
	t, err := e.Engine.Accept(next)
	if err != nil || e.keepsLSNs {
		return t, err
	}
	lsn, err := e.lsn(0)
	return engines.Answered(lsn), err
}

// lsn is the LSN that the engine told; in an engine that keeps none, how many numbers
// the list in the state has.
func (e *opened) lsn(told uint64) (uint64, error) {
	if e.keepsLSNs {
		return told, nil
	}
	state, err := e.state()
	return uint64(len(listIn(state))), err
}

// state is that of the machine.
func (e *opened) state() (map[string]any, error) { return e.machine.values() }

// listIn is the list that entries add their numbers to.
func listIn(state map[string]any) []int64 {
	list, _ := state["l"].([]int64)
	return list
}

// watch makes the oracle see what the machine is given from now on.
func (e *opened) watch(o *oracle) {
	if e.keepsLSNs {
		e.machine.live = o
	}
}

// running tells what the engine holds while it runs, by what its machine was given.
// Nothing is read back from the disk, which would be an operation more.
func (e *opened) running(o *oracle) (recovered, error) {
	state, err := e.state()
	if !e.keepsLSNs {
		return shownIn(state), err
	}
	given := uint64(len(o.applied))
	return recovered{lsn: given, first: given + 1, state: state}, err
}

// readBack tells what the engine holds: right after an Open, what it brought back.
func (e *opened) readBack(o *oracle) (recovered, error) {
	state, err := e.state()
	if !e.keepsLSNs {
		if err != nil {
			err = fmt.Errorf("properties: the state: %w", err)
		}
		return shownIn(state), err
	}
	got := recovered{lsn: e.LastLSN(), first: 1, state: state, whole: e.journal() != nil}
	if err != nil {
		return got, err
	}
	for entry, err := range e.Entries() {
		if err != nil {
			// What was served before the error counts: bytes that nobody appended
			// are a breach, whatever came of the rest.
			if i := slices.Index(got.numbers, 0); i >= 0 {
				return got, notAppended(got.first + uint64(i))
			}
			return got, fmt.Errorf("properties: reading entries back: %w", err)
		}
		if len(got.numbers) == 0 {
			got.first = entry.LSN
		}
		if want := got.first + uint64(len(got.numbers)); entry.LSN != want {
			return got, core.Breachf(archivesKept, "Read gave LSN %d where LSN %d was due", entry.LSN, want)
		}
		got.numbers = append(got.numbers, o.numberOf(entry))
	}
	if len(got.numbers) == 0 {
		got.first = got.lsn + 1
	}
	return got, nil
}

// shownIn is what an engine without LSNs holds: the numbers in the list that entries
// add theirs to.
func shownIn(state map[string]any) recovered {
	list := listIn(state)
	got := recovered{lsn: uint64(len(list)), first: 1, state: state}
	for _, number := range list {
		got.numbers = append(got.numbers, uint64(number))
	}
	return got
}
