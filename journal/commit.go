package journal

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"time"

	"powercut/journal/wire"
)

// await waits until a batch is settled, and writes batches itself whenever
// nobody else does: the first waiter leads, the others sleep. The monitor is held
// before and free after: who is woken when all is done has no need of it. before is
// the LSN before the batch's first.
func (j *Journal) await(ctx context.Context, res *result) (before uint64, err error) {
	slept := false
	for !res.done.Load() {
		if !j.busy && len(j.control) == 0 {
			// Lead: write the oldest batch.
			j.busy = true
			j.gather()
			if j.writeNext() != res {
				j.release()
				continue
			}
			before, err = res.before, res.err
			if !slept && res.refs.Load() == 0 && !res.shared {
				j.lone = res.anew()
			}
			j.release()
			j.mon.Unlock()
			if slept {
				j.leave(res)
			}
			return before, err
		}
		if !slept {
			slept = true
			res.refs.Add(1)
		}
		w := j.newWaiterOf(res)
		held, err := sleep(ctx, w)
		if res.done.Load() {
			if held {
				j.mon.Unlock()
			}
			before, err = res.before, res.err
			j.leave(res)
			return before, err
		}
		if !held {
			j.mon.Lock()
		}
		if res.done.Load() {
			break
		}
		res.rose(w)
		if err == nil {
			continue
		}
		if !j.busy {
			j.wakeNext() // the wake may have been for us
		}
		j.mon.Unlock()
		return 0, &outcomeError{ErrIndeterminate, "waiting for an entry", err}
	}
	j.mon.Unlock()
	before, err = res.before, res.err
	if slept {
		j.leave(res)
	}
	return before, err
}

// rouse wakes the callers of the batches that were settled, in which the default
// monitor is free: those who were woken would only wait for it. The caller owns
// the files, so that nobody leads meanwhile.
func (j *Journal) rouse() {
	if len(j.settled) == 0 {
		return
	}
	_, free := j.mon.(*mutexMonitor)
	if free {
		j.mon.Unlock()
	}
	for _, res := range j.settled {
		for _, w := range res.waiters[:res.asleep] {
			w.Wake()
		}
		j.leave(res)
	}
	j.settled = j.settled[:0]
	if free {
		j.mon.Lock()
	}
}

// sleep is w.Wait, but may leave the monitor free: held says whether it is held.
func sleep(ctx context.Context, w Waiter) (held bool, err error) {
	if w, ok := w.(*channelWaiter); ok {
		return false, w.sleep(ctx)
	}
	return true, w.Wait(ctx)
}

// gather lets those whose batch was just settled append their next entry, so
// that they share this fsync and not the one after it: they need a moment to
// run, no more. Without it, writers fall into two halves that take turns. A
// lone writer is not held up. Nor is a batch that is large already, unless fsyncs take
// longer than writes: while it is written the others prepare the next.
func (j *Journal) gather() {
	if j.opts.Mode != Sync || j.lastGroup < 2 {
		return
	}
	const rounds = 8
	for range rounds {
		n := len(j.queue[0].entries)
		if n >= j.lastGroup || len(j.queue) > 1 || len(j.queue[0].buf) >= gatherBytes && !j.slow {
			return
		}
		j.mon.Unlock()
		runtime.Gosched()
		j.mon.Lock()
	}
}

// gatherBytes is from what size on a batch waits for nobody, on a disk that is not slow.
const gatherBytes = 64 << 10

// drain writes all batches that are in the queue now.
func (j *Journal) drain() {
	for n := len(j.queue); n > 0 && len(j.queue) > 0; n-- {
		j.writeNext()
	}
	j.rouse()
}

// writeNext takes the oldest batch out of the queue, so that nobody joins it
// any more, writes it with the monitor free, and settles it. It returns its result.
func (j *Journal) writeNext() *result {
	b := j.queue[0]
	res := b.res
	j.queue = slices.Delete(j.queue, 0, 1)
	j.lastGroup = max(len(b.entries), j.lastGroup*3/4)
	if company := j.lastGroup > 1; company != j.company.Load() {
		j.company.Store(company)
	}
	j.mon.Unlock()
	err := j.ready()
	company := j.company.Load()
	var began, wrote time.Time // where more than one writes: a lone writer need not pay for it
	if company {
		began = j.opts.Now()
	}
	if err == nil {
		err = j.writeMarked(b, &wire.Marker{Kind: wire.Commit, Entries: uint32(len(b.entries))})
	}
	if company {
		wrote = j.opts.Now()
	}
	if err == nil && j.opts.Mode == Sync {
		err = j.syncLog()
	}
	j.slow = company && j.opts.Now().Sub(wrote) > wrote.Sub(began)
	j.mon.Lock()
	j.publish()
	if err == nil {
		j.stats.Batches++
		j.applyBatch(b)
		j.settle(b, nil)
		return res
	}
	f := failureOf(err)
	if !f.poisons {
		j.stats.Refusals++
		j.settle(b, refused("append", err))
		return res
	}
	j.poison("append", f.cause)
	if f.written {
		j.settle(b, &outcomeError{ErrIndeterminate, "append", f.cause})
	} else {
		j.settle(b, j.poisoned)
	}
	return res
}

// settle tells a batch's callers what became of it.
func (j *Journal) settle(b *batch, err error) {
	res := b.res
	b.res = nil
	res.err = err
	if res.asleep > 0 {
		res.refs.Add(1) // until its callers are woken
		j.settled = append(j.settled, res)
	}
	if res.asleep > 0 || res.shared || j.poisoned != nil {
		res.done.Store(true) // otherwise nobody looks at it but who leads
	}
	j.recycle(b)
}

// applyBatch brings the machine up to a batch that was written.
func (j *Journal) applyBatch(b *batch) {
	b.res.before = j.lastLSN
	for i := range b.entries {
		j.lastLSN++
		if err := j.machine.Apply(b.entry(i, j.lastLSN)); err != nil {
			j.stats.EvalErrors++
			j.unsupported(b.entry(i, j.lastLSN), err)
			b.res.evals = append(b.res.evals, evalError{i, err})
		}
	}
	j.stats.Entries += uint64(len(b.entries))
	j.visible = j.active.tail
}

// maxLSN leaves room for the LSN after it, which recovery counts with.
const maxLSN = math.MaxUint64 - 1

// writeMarked writes frames and a marker behind them in one write. The first frames
// after Open, and in a new log, have an empty commit before them: so a bare frame
// directly behind a sealed marker is never ours, however a power cut tears this.
func (j *Journal) writeMarked(frames *batch, m *wire.Marker) error {
	a := &j.active
	if n := uint64(m.Entries); n > 0 && (j.written >= maxLSN || n > maxLSN-j.written) {
		return fmt.Errorf("%w: LSN %d is the last that there is", ErrTooLarge, uint64(maxLSN))
	}
	at, chain := a.tail, a.chain
	var lead []byte
	if a.opened && len(frames.buf) > 0 {
		first := j.nextMarker(wire.Marker{Kind: wire.Commit}, at, 0, chain)
		lead = wire.AppendMarker(nil, &first)
		at, chain = at+int64(len(lead)), first.CRC
	}
	*m = j.nextMarker(*m, at, len(frames.buf), frames.sum(chain))
	frames.buf = wire.AppendMarker(frames.buf, m)
	b := frames.buf
	if lead != nil {
		b = append(lead, frames.buf...)
	}
	n, err := a.file.WriteAt(b, a.tail)
	j.io.Bytes += uint64(max(n, 0))
	if err != nil || n < len(b) {
		return j.failedWrite(b, n, m.LastLSN, err)
	}
	a.tail += int64(len(b))
	a.chain, a.sealed, a.opened = m.CRC, m.Sealed, false
	a.entries += uint64(m.Entries)
	j.written, j.provenLSN = m.LastLSN, j.durableLSN
	j.makeRoom(a.tail)
	return nil
}

// nextMarker completes a marker that is to stand behind so many bytes of frames, which
// begin at an offset, and have that CRC.
func (j *Journal) nextMarker(m wire.Marker, at int64, bytes int, crc uint32) wire.Marker {
	a := &j.active
	m.Log, m.Generation = a.genesis.Log, a.genesis.Generation
	m.Offset = at + int64(bytes)
	m.LastLSN = j.written + uint64(m.Entries)
	m.DurableLSN, m.DurableBytes = j.durableLSN, a.durable
	m.BatchBytes, m.BatchCRC = int64(bytes), crc
	return m
}

// failedWrite undoes a write at the log's end, up to an LSN, of which n bytes were written. If
// it can't, the rest may come back, unless its end, the marker, was not written.
// Where room was made, what was not written is zero.
func (j *Journal) failedWrite(b []byte, n int, lsn uint64, err error) error {
	a := &j.active
	if err == nil {
		err = fmt.Errorf("%w: got %d, want %d bytes", io.ErrShortWrite, n, len(b))
	}
	a.rollback, a.failed = true, max(a.failed, a.tail+int64(len(b)))
	undo := j.undo()
	missing := b[max(n, 0):]
	incomplete := len(missing) > 0 && (a.room <= a.tail || !onlyZeros(missing))
	if undo == nil || incomplete && !failureOf(undo).poisons {
		return err // undone now, or before the next write
	}
	j.uncertain = lsn
	return lost(fmt.Errorf("%w, and undoing it: %w", err, undo))
}

// undo cuts off what a failed write left beyond the log's end. It changes
// nothing if there is no space even for that: then it can be tried again.
func (j *Journal) undo() error {
	a := &j.active
	if !a.rollback {
		return nil
	}
	if err := j.keepOthers(max(a.room, a.failed)); err != nil {
		return err
	}
	if err := a.file.Truncate(a.tail); err != nil {
		if isNoSpace(err) {
			return err
		}
		return dead(err)
	}
	a.room, a.others, j.provenLSN = 0, false, j.durableLSN
	if err := j.syncLog(); err != nil {
		return dead(failureOf(err).cause)
	}
	a.rollback, a.failed = false, 0
	return nil
}

// syncLog makes what was written to the log durable. A failed fsync is never
// repeated.
func (j *Journal) syncLog() error {
	a := &j.active
	if err := a.file.Sync(); err != nil {
		return lost(err)
	}
	j.io.Fsyncs++
	a.durable = a.tail
	j.durableLSN = j.written
	return nil
}

// claim makes everything that was written durable, and says so in an empty
// commit marker that is durable itself. To seal it says besides that nothing more
// of ours comes directly behind it but a marker.
func (j *Journal) claim(seal bool) error {
	a := &j.active
	if a.claimed == a.tail && (a.sealed || !seal) {
		return nil
	}
	if a.durable < a.tail {
		if err := j.syncLog(); err != nil {
			return err
		}
	}
	claimed := a.claimed == a.tail
	err := j.writeMarked(j.noFrames(), &wire.Marker{Kind: wire.Commit, Sealed: seal})
	if claimed && isNoSpace(err) && !failureOf(err).poisons && !a.rollback {
		return nil // without the seal, the log is as good as before there were any
	}
	if err != nil {
		return err
	}
	if err := j.syncLog(); err != nil {
		return err
	}
	a.claimed = a.tail
	return nil
}

// ready completes what recovery or an earlier operation had to leave undone for
// lack of space, and rolls a log without markers: after it, the active log can be
// written to.
func (j *Journal) ready() error {
	if err := j.syncNamesDue(); err != nil {
		return err
	}
	if j.old != nil {
		return j.rollOld()
	}
	if j.next != nil {
		return j.finishRoll()
	}
	if j.unmade != nil {
		return j.makeNext()
	}
	if err := j.cutTail(); err != nil {
		return err
	}
	return j.undo()
}

// logBytes is how much of the active log is the journal's.
func (j *Journal) logBytes() int64 {
	switch {
	case j.old != nil:
		return j.old.end
	case j.unmade != nil:
		return 0
	}
	return j.active.tail
}

// publish makes the owner's counts visible. The monitor is held.
func (j *Journal) publish() {
	j.stats.Bytes, j.stats.Fsyncs, j.stats.DurableLSN = j.io.Bytes, j.io.Fsyncs, j.knownDurable()
	j.stats.Generation, j.stats.LogBytes = j.generation, j.logBytes()
	j.stats.TailBytes, j.stats.TailKept = max(j.active.uncut-j.active.tail, 0), j.io.TailKept
}
