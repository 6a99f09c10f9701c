package properties

import (
	"bytes"
	"context"
	"errors"
	"os"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
	"powercut/sim/core"
	"powercut/vfs"
)

var bg = context.Background()

// farProgram runs a farWorkload against package journal, and judges it: no fault strikes,
// so that every call has to succeed.
type farProgram struct {
	w      *farWorkload
	run    *core.Run
	before uint64 // the LSN of the last entry that was there

	entries  []journal.Entry // whose Append was called, in order
	kept     int             // of them, that a process crash leaves: their Append returned
	durable  int             // of them, that a power cut leaves as well
	covered  int             // of them, that a snapshot may cover
	prunable int             // of them, that Prune may have removed
	digest   uint64          // changes with all this
}

// Epoch implements core.Program.
func (p *farProgram) Epoch(r *core.Run, _ int) {
	p.run = r
	err := r.Prepare(func(disk *vfs.Disk) (err error) {
		p.before, err = makeFarLog(disk, p.w.end)
		return err
	})
	r.Go("main", func() error {
		if err != nil {
			return err
		}
		err := p.client()
		if r.PowerIsOff() {
			return nil
		}
		return asLiveness("a call without a fault to explain it", err)
	})
}

// OracleDigest implements core.Program.
func (p *farProgram) OracleDigest() uint64 { return p.digest + 1 }

// client does all steps.
func (p *farProgram) client() error {
	j, err := p.open(p.run, p.run.Disk(), p.run.Monitor())
	if err != nil {
		return err
	}
	for _, s := range p.w.steps {
		p.run.NoteCall(s.String())
		switch s.kind {
		case stepOpaque:
			err = p.append(j, s.arg)
		case stepSync:
			err = p.settled(j.Sync(bg))
		case stepRoll:
			err = p.settled(j.Roll(bg))
		case stepSnapshot:
			p.covered = p.kept
			p.digest++
			err = p.settled(j.Snapshot(bg))
		case stepPrune:
			p.prunable = p.covered
			p.digest++
			err = j.Prune(bg)
		case stepFollow:
			err = p.judgeRead(j, len(p.entries))
		case stepReopen:
			if err = p.settled(j.Close()); err == nil {
				j, err = p.open(p.run, p.run.Disk(), p.run.Monitor())
			}
		}
		if err != nil || p.run.PowerIsOff() {
			return err
		}
	}
	return p.settled(j.Close())
}

// open opens the journal on a disk.
func (p *farProgram) open(r *core.Run, disk *vfs.Disk, monitor journal.Monitor) (*journal.Journal, error) {
	opts := journal.Options{Now: r.Now, Entropy: r.Entropy(), Monitor: monitor, RoomBytes: p.w.room}
	if p.w.async {
		opts.Mode = journal.Async
	}
	j, _, err := journal.Open(disk, base, newMachine(rayfall.New()).asJournal(), opts)
	return j, err
}

// append appends an entry.
func (p *farProgram) append(j *journal.Journal, size int) error {
	e := journal.Entry(entryOf(stepOpaque, size, uint64(len(p.entries)+1)))
	p.entries = append(p.entries, e)
	p.digest++
	lsn, err := j.Append(bg, e)
	if err != nil || p.run.PowerIsOff() {
		return err
	}
	if want := p.before + uint64(len(p.entries)); lsn != want {
		return core.Breachf(saysWhatIsSo, "Append returned LSN %d, want %d", lsn, want)
	}
	p.kept++
	p.digest++
	if !p.w.async {
		p.durable = p.kept
	}
	return nil
}

// settled takes note that all is durable, if a call succeeded that makes it so.
func (p *farProgram) settled(err error) error {
	if err == nil && !p.run.PowerIsOff() {
		p.durable = p.kept
		p.digest++
	}
	return err
}

// Recover implements core.Program.
func (p *farProgram) Recover(r *core.Run, c *core.Crash) error {
	promised, law := p.kept, asyncPrefix
	if c.Kind == vfs.PowerCut {
		promised = p.durable
	}
	if !p.w.async {
		law = acknowledgedDurable
	}
	disk := c.Disk()
	got, err := p.recover(r, disk, promised, law)
	if err != nil {
		return err
	}
	c.EndRecovery()
	if err := p.judgeFiles(disk, got); err != nil {
		return err
	}
	next := journal.Entry(entryOf(stepOpaque, 10, probe))
	after := *p
	after.entries = append(p.entries[:got:got], next)
	j, err := p.open(r, disk, nil)
	if err != nil {
		return core.Breachf(recoveryIdempotent, "the second recovery failed: %v", err)
	}
	if _, err := j.Append(bg, next); err != nil {
		return asLiveness("append after recovery", err)
	}
	if err := j.Close(); err != nil {
		return asLiveness("close after recovery", err)
	}
	_, err = after.recover(r, disk, got+1, law)
	return err
}

// recover opens what a crash left, expects so many entries of those that were appended,
// or more, and closes it.
func (p *farProgram) recover(r *core.Run, disk *vfs.Disk, promised int, law core.Law) (got int, err error) {
	j, err := p.open(r, disk, nil)
	if err != nil {
		return 0, core.Breachf(tailForgiven, "Open refused what a crash left: %v", err)
	}
	got = int(j.LastLSN() - p.before)
	switch {
	case j.LastLSN() < p.before+uint64(promised):
		err = core.Breachf(law, "recovery reached LSN %d, but entries up to LSN %d were promised", j.LastLSN(), p.before+uint64(promised))
	case got > len(p.entries):
		err = core.Breachf(nothingInvented, "recovery reached LSN %d; nobody appended more than %d", j.LastLSN(), p.before+uint64(len(p.entries)))
	default:
		err = p.judgeRead(j, got)
	}
	return got, errors.Join(err, j.Close())
}

// judgeRead expects Read to give the first n entries that were appended, but for those that
// Prune may have removed.
func (p *farProgram) judgeRead(j *journal.Journal, n int) error {
	next := 0
	for e, err := range j.Read(p.before + 1) {
		if err != nil {
			return core.Breachf(liveness, "Read failed: %v", err)
		}
		i := int(e.LSN - p.before - 1)
		if next == 0 && i <= p.prunable {
			next = i
		}
		if i != next || i >= n || !bytes.Equal(e.Payload, p.entries[i].Payload) {
			return core.Breachf(nothingInvented, "Read gave LSN %d, where LSN %d of %d was due, or another entry than that", e.LSN, p.before+uint64(next+1), p.before+uint64(n))
		}
		next++
	}
	if next < n && (next > 0 || n > p.prunable) {
		return core.Breachf(archivesKept, "Read ended before LSN %d of %d", p.before+uint64(next+1), p.before+uint64(n))
	}
	return nil
}

// judgeFiles expects the log of a journal that was closed, and holds so many entries, to
// be whole; and to be refused where a byte of it rots, with the place.
func (p *farProgram) judgeFiles(disk *vfs.Disk, got int) error {
	const log = base + ".log"
	rep, err := journal.Validate(disk, log)
	if want := p.before + uint64(got); err != nil || rep.TailErr != nil || rep.LastLSN != want {
		return core.Breachf(saysWhatIsSo, "Validate of a closed log said %+v, and %v; it ends with LSN %d", rep, err, want)
	}
	if rep.ValidBytes <= wire.GenesisSize+2*wire.CommitSize {
		return nil
	}
	at := rep.ValidBytes - wire.CommitSize - 1 // before the marker of the Close, which claims it
	if err := flip(disk, log, at); err != nil {
		return err
	}
	_, _, err = journal.Open(disk, base, newMachine(rayfall.New()).asJournal(), journal.Options{})
	corrupt, ok := errors.AsType[*journal.CorruptError](err)
	if !ok {
		return core.Breachf(damageRefused, "byte %d of a closed log rotted, and Open said: %v", at, err)
	}
	if corrupt.Path != log || corrupt.Offset > at || corrupt.Offset < at-maxFarBatch {
		return core.Breachf(saysWhatIsSo, "byte %d of a closed log rotted, and Open said where: %v", at, err)
	}
	return flip(disk, log, at)
}

// maxFarBatch bounds a batch of a farWorkload, and the marker behind it, in bytes.
const maxFarBatch = 10_000

// flip inverts a byte of a file.
func flip(disk *vfs.Disk, name string, at int64) error {
	file, err := disk.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	b := make([]byte, 1)
	_, err = file.ReadAt(b, at)
	b[0] = ^b[0]
	_, writeErr := file.WriteAt(b, at)
	return errors.Join(err, writeErr, file.Close())
}
