package properties

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"powercut/journal"
	"powercut/sim/core"
	"powercut/vfs"
)

// journalProtocol is package journal.
var journalProtocol = protocol{
	name:       "journal",
	canary:     "j.log",
	copies:     true,
	markers:    true,
	opensFull:  true,
	open:       openJournal,
	repair:     repairJournal,
	badTail:    journalBadTail,
	understand: understandJournal,
	damaged:    journalDamaged,
	steps:      allSteps,
	step:       journalStep,
}

type journalEngine struct {
	*journal.Journal
	machine  *machine
	recovery journal.Recovery
}

func openJournal(r *core.Run, w *Workload, disk *vfs.Disk, m *machine, monitor *core.Monitor) (engine, error) {
	options := journal.Options{Now: r.Now, Entropy: r.Entropy(), MaxBatchEntries: w.BatchEntries, RoomBytes: w.Room}
	if monitor != nil {
		options.Monitor = monitor
	}
	if w.Async {
		options.Mode = journal.Async
	}
	j, recovery, err := journal.Open(disk, base, m, options)
	if err != nil {
		return nil, err
	}
	return &journalEngine{j, m, recovery}, nil
}

func repairJournal(disk *vfs.Disk) error {
	_, err := journal.Repair(disk, base, journal.RepairOptions{})
	return err
}

func journalBadTail(err error) bool {
	_, ok := errors.AsType[*journal.BadTailError](err)
	return ok
}

func understandJournal(err error) answer {
	switch {
	case errors.Is(err, journal.ErrIndeterminate):
		return answerIndeterminate
	case errors.Is(err, journal.ErrPoisoned):
		return answerPoisoned
	case errors.Is(err, journal.ErrClosed):
		return answerClosed
	case errors.Is(err, journal.ErrRefused), errors.Is(err, journal.ErrTooLarge), errors.Is(err, journal.ErrBadInput):
		return answerRefused
	}
	return answerUnclear
}

func journalDamaged(err error) bool {
	_, corrupt := errors.AsType[*journal.CorruptError](err)
	_, badTail := errors.AsType[*journal.BadTailError](err)
	_, snapshot := errors.AsType[*journal.SnapshotError](err)
	_, version := errors.AsType[*journal.VersionError](err)
	_, foreign := errors.AsType[*journal.ForeignError](err)
	return corrupt || badTail || snapshot || version || foreign
}

func (j *journalEngine) Append(e entry) (uint64, error) {
	return j.Journal.Append(context.Background(), journal.Entry{Payload: e.payload, Restricted: e.restricted})
}

func (j *journalEngine) Accept(e entry) (ticket, error) {
	p, err := j.AppendAsync(journal.Entry{Payload: e.payload, Restricted: e.restricted})
	if err != nil {
		return ticket{}, err
	}
	return ticket{wait: func() (uint64, error) { return p.Wait(context.Background()) }, done: p.Done}, nil
}

func (j *journalEngine) Leftovers() (tail int64, step string) {
	if len(j.recovery.Repaired) > 0 {
		step = j.recovery.Repaired[0]
	}
	return j.recovery.TailBytes, step
}

func (j *journalEngine) Sync() error { return j.Journal.Sync(context.Background()) }

func (j *journalEngine) Snapshot() error { return j.Journal.Snapshot(context.Background()) }

func (j *journalEngine) Roll() error { return j.Journal.Roll(context.Background()) }

func (j *journalEngine) Prune() error { return j.Journal.Prune(context.Background()) }

func (j *journalEngine) Watch(o *oracle) { j.machine.live = o }

func (j *journalEngine) State() (map[string]any, error) { return j.machine.values() }

// Live goes by what the machine was given.
func (j *journalEngine) Live(o *oracle) (recovered, error) {
	state, err := j.State()
	given := uint64(len(o.applied))
	return recovered{lsn: given, first: given + 1, state: state}, err
}

// Recovered reads the entries back from the log and its archives.
func (j *journalEngine) Recovered(o *oracle) (recovered, error) {
	got := recovered{lsn: j.LastLSN(), first: 1}
	var err error
	if got.state, err = j.State(); err != nil {
		return got, err
	}
	for e, err := range j.Read(1) {
		if err != nil {
			// What was served before the error counts.
			if i := slices.Index(got.numbers, 0); i >= 0 {
				return got, notAppended(got.first + uint64(i))
			}
			return got, fmt.Errorf("properties: reading entries back: %w", err)
		}
		if len(got.numbers) == 0 {
			got.first = e.LSN
		}
		if want := got.first + uint64(len(got.numbers)); e.LSN != want {
			return got, core.Breachf(ArchivesKept, "Read gave LSN %d where LSN %d was due", e.LSN, want)
		}
		got.numbers = append(got.numbers, o.numberOf(entry{e.Payload, e.Restricted}))
	}
	if len(got.numbers) == 0 {
		got.first = got.lsn + 1
	}
	return got, nil
}

// journalStep names the step of the journal's protocol that a file operation
// belongs to, by the file that it is on.
func journalStep(op vfs.Op) string {
	name := path.Base(op.Path)
	switch {
	case strings.HasPrefix(op.Path, backupPrefix):
		return "backup"
	case name == "j.log":
		return "log"
	case name == "j.log.tmp":
		return "new log"
	case name == "j.qdb", name == "j.qdb.tmp":
		return "snapshot"
	case strings.HasPrefix(name, "j.log.tail"):
		return "kept tail"
	case strings.HasPrefix(name, "j.") && strings.HasSuffix(name, ".log"):
		return "archive"
	case op.Path == path.Dir(base):
		return "directory"

	}
	return ""
}
