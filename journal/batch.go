package journal

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"powercut/journal/wire"
)

// batch is a group of entries that share one write, one commit marker and one
// fsync.
type batch struct {
	buf     []byte // frames, as they go to the log
	plain   []byte // payloads of those that are compressed
	entries []slot
	summed  []piece // of buf, in order, whose CRC-32C is known
	res     *result
}

// piece is a part of a batch's buffer.
type piece struct {
	from, to int
	crc      uint32
}

// sum is the CRC-32C of the batch's frames behind what has chain.
func (b *batch) sum(chain uint32) uint32 {
	at := 0
	var shift wire.Shift
	bytes := 0 // that it is the shift of
	for _, p := range b.summed {
		chain = wire.Checksum(chain, b.buf[at:p.from])
		if n := p.to - p.from; n != bytes {
			shift, bytes = wire.ShiftOf(int64(n)), n
		}
		chain = shift.Join(chain, p.crc)
		at = p.to
	}
	return wire.Checksum(chain, b.buf[at:])
}

// slot says where the payload of an entry stands.
type slot struct {
	from, to   int  // in buf, or in plain
	compressed bool // in plain
	restricted bool
}

// result is what became of a batch. It outlives the batch, whose buffers are
// used again.
type result struct {
	// done: the batch is settled. What follows is set before that and never changes
	// again, so that who was woken reads it without the monitor.
	done   atomic.Bool
	err    error
	before uint64 // the LSN before the batch's first
	evals  []evalError
	shared bool // a Pending refers to it: it is not used again

	refs    atomic.Int32 // callers that sleep or slept, and who wakes them
	waiters []Waiter     // the first so many of them are slept at, by the callers
	asleep  int          // of the batch; the others are spare
}

// newWaiterOf returns a place to sleep at until the batch is settled, or until its
// caller is to lead.
func (j *Journal) newWaiterOf(res *result) Waiter {
	if res.asleep == len(res.waiters) {
		res.waiters = append(res.waiters, j.mon.NewWaiter())
	}
	res.asleep++
	return res.waiters[res.asleep-1]
}

// rose says that nobody sleeps at a waiter any more.
func (r *result) rose(w Waiter) {
	i := slices.Index(r.waiters[:r.asleep], w)
	r.asleep--
	copy(r.waiters[i:], r.waiters[i+1:r.asleep+1])
	r.waiters[r.asleep] = w
}

// evalError is the evaluation error of the entry of that index in its batch.
type evalError struct {
	index int
	err   error
}

func (r *result) evalErr(index int) error {
	for _, e := range r.evals {
		if e.index == index {
			return e.err
		}
	}
	return nil
}

// frame is an entry on its way into a batch.
type frame struct {
	entry Entry
	// own is a copy of the payload as it goes to the log, nil for none.
	own        *[]byte
	compressed bool // so own is
	summed     bool
	crc        uint32 // of own, if it is summed
}

var ownBuffers = sync.Pool{New: func() any { return new([]byte) }}

// minSummed is from how many bytes on a payload in company is summed up by who
// appends it, while another writes, and not by who writes.
const minSummed = 4096

// prepare checks the entry, so that whatever is accepted can be read back, and
// compresses it.
func (f *frame) prepare(company bool) error {
	payload := f.entry.Payload
	switch {
	case len(payload) == 0:
		return refused("append", badInput("entry", "", "has no payload"))
	case len(payload) > wire.MaxPayload:
		return refused("append", fmt.Errorf("%w: payload of %d bytes, want at most %d", ErrTooLarge, len(payload), wire.MaxPayload))
	case wire.IsMarkerPayload(payload):
		return refused("append", badInput("entry", "", "begins like a marker"))
	}
	if err := wire.Check(payload); err != nil {
		return refused("append", fmt.Errorf("%w: %w", ErrBadInput, err))
	}
	if len(payload) > wire.MinCompress {
		buf := ownBuffers.Get().(*[]byte)
		*buf, f.compressed = wire.CompressFast((*buf)[:0], payload)
		if f.summed = company && len(payload) >= minSummed; f.summed && !f.compressed {
			// Who changes a payload while it is appended, against the rules, must
			// not spoil the checksum of what others append.
			*buf = append(*buf, payload...)
		}
		if f.compressed || f.summed {
			f.own = buf
		} else {
			ownBuffers.Put(buf)
		}
	}
	if f.summed {
		f.crc = wire.Checksum(0, *f.own)
	}
	return nil
}

// free gives the copy's buffer back.
func (f *frame) free() {
	if f.own != nil && cap(*f.own) <= maxSpareBytes {
		ownBuffers.Put(f.own)
	}
}

// framed is the payload as it goes to the log.
func (f *frame) framed() []byte {
	if f.own != nil {
		return *f.own
	}
	return f.entry.Payload
}

func (f *frame) sizeBytes() int { return wire.HeaderSize + len(f.framed()) }

// add puts a frame into the batch and returns its index.
func (b *batch) add(f *frame) int {
	h := wire.Header{Type: wire.TypeEntry}
	s := slot{restricted: f.entry.Restricted}
	if s.restricted {
		h.Flags |= wire.FlagRestricted
	}
	if f.compressed {
		h.Flags |= wire.FlagCompressed
		s.compressed, s.from = true, len(b.plain)
		b.plain = append(b.plain, f.entry.Payload...)
		s.to = len(b.plain)
	}
	payload := f.framed()
	h.Size = int64(len(payload))
	b.buf = append(wire.AppendHeader(b.buf, h), payload...)
	from, to := len(b.buf)-len(payload), len(b.buf)
	if !s.compressed {
		s.from, s.to = from, to
	}
	if f.summed {
		b.summed = append(b.summed, piece{from, to, f.crc})
	}
	b.entries = append(b.entries, s)
	return len(b.entries) - 1
}

// entry returns the i-th entry. Its payload is the batch's.
func (b *batch) entry(i int, lsn uint64) Entry {
	s := b.entries[i]
	from := b.buf
	if s.compressed {
		from = b.plain
	}
	return Entry{LSN: lsn, Payload: from[s.from:s.to:s.to], Restricted: s.restricted}
}

// noFrames returns a batch for a marker without frames. The caller owns the files.
func (j *Journal) noFrames() *batch {
	j.bare.buf = j.bare.buf[:0]
	return &j.bare
}

// maxSpareBytes bounds what an unused batch keeps allocated.
const maxSpareBytes = 4 << 20

// enqueue puts a frame into the last batch of the queue, or into a new one.
func (j *Journal) enqueue(f *frame) (*result, int) {
	var b *batch
	if n := len(j.queue); n > 0 {
		last := j.queue[n-1]
		if len(last.entries) < j.opts.MaxBatchEntries && len(last.buf)+f.sizeBytes() <= j.opts.MaxBatchBytes {
			b = last
		}
	}
	if b == nil {
		if n := len(j.spare); n > 0 {
			b = j.spare[n-1]
			j.spare = j.spare[:n-1]
		} else {
			b = new(batch)
		}
		b.res = j.newResult()
		j.queue = append(j.queue, b)
	}
	return b.res, b.add(f)
}

// recycle keeps the buffers of a settled batch for a later one: appending allocates
// nothing in the long run.
func (j *Journal) recycle(b *batch) {
	if len(j.spare) >= 4 || cap(b.buf) > maxSpareBytes || cap(b.plain) > maxSpareBytes {
		return
	}
	b.buf, b.plain, b.entries, b.summed = b.buf[:0], b.plain[:0], b.entries[:0], b.summed[:0]
	j.spare = append(j.spare, b)
}

// newResult returns a result that is as new: one that was left, or another.
func (j *Journal) newResult() *result {
	if res := j.lone; res != nil {
		j.lone = nil
		return res
	}
	for i := range j.results {
		if res := j.results[i].Load(); res != nil && j.results[i].CompareAndSwap(res, nil) {
			return res.anew()
		}
	}
	return new(result)
}

// anew makes a result as new that nobody looks at. Its waiters stay.
func (r *result) anew() *result {
	if r.done.Load() {
		r.done.Store(false)
	}
	r.err, r.before, r.evals, r.asleep = nil, 0, r.evals[:0], 0
	return r
}

// leave says that a caller who slept is done with a result. It is used again after the
// last one, unless a caller left before it was settled, who is never done.
func (j *Journal) leave(res *result) {
	if res.refs.Add(-1) == 0 && !res.shared {
		for i := range j.results {
			if j.results[i].CompareAndSwap(nil, res) {
				return
			}
		}
	}
}
