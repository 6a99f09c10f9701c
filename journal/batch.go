package journal

import (
	"fmt"
	"sync"

	"powercut/journal/wire"
)

// batch is a group of entries that share one write, one commit marker and one
// fsync.
type batch struct {
	buf     []byte // frames, as they go to the log
	plain   []byte // payloads of those that are compressed
	entries []slot
	res     *result
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
	done    bool
	err     error
	before  uint64 // the LSN before the batch's first
	evals   []evalError
	waiters []Waiter
	refs    int  // callers of Append that look at it
	shared  bool // a Pending refers to it: it is not used again
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
	entry  Entry
	packed *[]byte // the compressed payload, nil if it isn't smaller
}

var packBuffers = sync.Pool{New: func() any { return new([]byte) }}

// prepare checks the entry, so that whatever is accepted can be read back, and
// compresses it.
func (f *frame) prepare() error {
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
		buf := packBuffers.Get().(*[]byte)
		packed, smaller := wire.CompressFast((*buf)[:0], payload)
		if smaller {
			*buf = packed
			f.packed = buf
		} else {
			packBuffers.Put(buf)
		}
	}
	return nil
}

// free gives the compressed payload's buffer back.
func (f *frame) free() {
	if f.packed != nil {
		packBuffers.Put(f.packed)
	}
}

func (f *frame) sizeBytes() int {
	if f.packed != nil {
		return wire.HeaderSize + len(*f.packed)
	}
	return wire.HeaderSize + len(f.entry.Payload)
}

// add puts a frame into the batch and returns its index.
func (b *batch) add(f *frame) int {
	h := wire.Header{Type: wire.TypeEntry}
	s := slot{restricted: f.entry.Restricted}
	if s.restricted {
		h.Flags |= wire.FlagRestricted
	}
	payload := f.entry.Payload
	if f.packed != nil {
		h.Flags |= wire.FlagCompressed
		s.compressed, s.from = true, len(b.plain)
		b.plain = append(b.plain, payload...)
		s.to = len(b.plain)
		payload = *f.packed
	}
	h.Size = int64(len(payload))
	b.buf = append(wire.AppendHeader(b.buf, h), payload...)
	if !s.compressed {
		s.from, s.to = len(b.buf)-len(payload), len(b.buf)
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
	b.buf, b.plain, b.entries = b.buf[:0], b.plain[:0], b.entries[:0]
	j.spare = append(j.spare, b)
}

// newResult returns a result that is as new: one that was left, or another.
func (j *Journal) newResult() *result {
	if n := len(j.results); n > 0 {
		res := j.results[n-1]
		j.results = j.results[:n-1]
		return res
	}
	return new(result)
}

// leave says that a caller of Append is done with a result, which is used
// again after the last one.
func (j *Journal) leave(res *result) {
	if res.refs--; res.refs == 0 && res.done && !res.shared && len(j.results) < 4 {
		*res = result{waiters: res.waiters[:0], evals: res.evals[:0]}
		j.results = append(j.results, res)
	}
}
