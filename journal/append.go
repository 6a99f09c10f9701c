package journal

import "context"

// Append appends an entry and returns its LSN once it is acknowledged: in sync
// mode it is durable then, in async mode it has left the process, and in both
// the machine has applied it. Concurrent calls share writes and fsyncs.
//
// An error matches one of ErrRefused (the entry can't come back, the journal
// goes on: bad input, no space), ErrIndeterminate (it may come back: its fsync
// failed, or ctx was done while it was waited for), ErrPoisoned and ErrClosed
// (nothing was written). That an entry's evaluation failed is no error of Append:
// the entry is in the journal. Pending.EvalErr, of AppendAsync, tells it.
//
// A ctx that is done stops the waiting, not the writing: the caller who writes
// for a group finishes first.
func (j *Journal) Append(ctx context.Context, e Entry) (lsn uint64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, j.countRefusal(refused("append", err))
	}
	f := frame{entry: e}
	if err := f.prepare(j.company.Load()); err != nil {
		return 0, j.countRefusal(err)
	}
	j.mon.Lock()
	if err := j.unusable(); err != nil {
		j.mon.Unlock()
		f.free()
		return 0, err
	}
	res, index := j.enqueue(&f)
	f.free()
	before, err := j.await(ctx, res)
	if err == nil {
		lsn = before + uint64(index) + 1
	}
	return lsn, err
}

// countRefusal counts an entry that was refused for itself; a journal that is
// of no use any more says so instead.
func (j *Journal) countRefusal(err error) error {
	j.mon.Lock()
	defer j.mon.Unlock()
	if unusable := j.unusable(); unusable != nil {
		return unusable
	}
	j.stats.Refusals++
	return err
}

// AppendAsync accepts an entry without waiting for it to become durable. In
// sync mode nothing happens to it until somebody calls Wait, Append, Sync,
// Snapshot, Roll or Close: no goroutine does it in the background. In async
// mode it has left the process when AppendAsync returns, and is acknowledged.
//
// Its errors are those of Append. e.Payload may be used again at once.
func (j *Journal) AppendAsync(e Entry) (*Pending, error) {
	f := frame{entry: e}
	if err := f.prepare(j.company.Load()); err != nil {
		return nil, j.countRefusal(err)
	}
	j.mon.Lock()
	if err := j.unusable(); err != nil {
		j.mon.Unlock()
		f.free()
		return nil, err
	}
	res, index := j.enqueue(&f)
	f.free()
	res.shared = true
	if j.opts.Mode != Async {
		j.mon.Unlock()
	} else if _, err := j.await(context.Background(), res); err != nil {
		return nil, err
	}
	return &Pending{j: j, res: res, index: index}, nil
}

// Pending is an entry that was accepted.
type Pending struct {
	j     *Journal
	res   *result
	index int
}

// Wait waits until the entry is acknowledged and returns its LSN, or an error
// as Append does. It writes the entry itself if nobody else is at it. A caller
// that leaves because ctx is done gets ErrIndeterminate, and may wait again.
func (p *Pending) Wait(ctx context.Context) (lsn uint64, err error) {
	p.j.mon.Lock()
	before, err := p.j.await(ctx, p.res)
	if err != nil {
		return 0, err
	}
	return before + uint64(p.index) + 1, nil
}

// Done says whether Wait would return at once.
func (p *Pending) Done() bool { return p.res.done.Load() }

// EvalErr returns the error that the machine raised when it applied the entry,
// nil if there was none or it was not applied yet. It is no failure of the
// entry, which is in the log and raises it again on every replay.
func (p *Pending) EvalErr() error {
	if !p.Done() {
		return nil
	}
	return p.res.evalErr(p.index)
}
