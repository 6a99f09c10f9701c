package journal

import "context"

// Sync makes everything durable that was accepted before, and writes a durable
// marker that says so: from then on, damage to any of it is recognised as
// such. A ctx that is done while others write stops the waiting (ErrRefused);
// once begun, Sync is not interrupted.
//
// If an fsync fails, the error matches ErrPoisoned. If there is no space for
// the marker it matches ErrRefused: the entries are durable, but a later Sync
// has to say so.
func (j *Journal) Sync(ctx context.Context) error {
	return j.exclusively(ctx, "sync", func() error {
		return j.unlocked(func() error { return j.settleAndClaim(false) })
	})
}

// settleAndClaim is claim after ready, but leaves a log of the original alone, and
// a roll that still waits for space.
func (j *Journal) settleAndClaim(seal bool) error {
	if j.old != nil {
		return nil // Open synced it, and nothing was written since
	}
	if j.unmade != nil {
		if err := j.makeNext(); lacksSpace(err) {
			return nil // as above: what is there is an archive, claimed as a whole
		} else if err != nil {
			return err
		}
	}
	if err := j.ready(); err != nil {
		return err
	}
	return j.claim(seal)
}

// Close writes what was accepted, makes everything durable as Sync does, and
// ends the journal's ownership of the base, in any case. Its error is an
// *UnsyncedError that says what may not be durable. Every later call returns
// ErrClosed.
func (j *Journal) Close() error {
	j.mon.Lock()
	defer j.mon.Unlock()
	if j.closed {
		return ErrClosed
	}
	j.closed = true
	j.ended.Store(true)
	if err := j.acquire(context.Background()); err != nil {
		return err // a background context is never done
	}
	defer j.release()
	j.drain()
	err := j.poisoned
	if err == nil {
		err = j.unlocked(func() error {
			if err := j.settleAndClaim(true); err != nil || j.old != nil {
				return err
			}
			return j.trim()
		})
		j.publish()
		err = j.conclude("close", err)
	}
	j.closeReaders()
	if closeErr := j.unlocked(j.closeFiles); err == nil && closeErr != nil {
		err = closeErr
	}
	if err != nil {
		return &UnsyncedError{DurableLSN: j.knownDurable(), LastLSN: max(j.written, j.durableLSN, j.uncertain), Err: err}
	}
	return nil
}

// knownDurable is the LSN up to which all is known to be durable. Where a filesystem's own
// journal failed, and another program was told, ext4 returns nil to the fsyncs of all others
// and makes nothing durable, until a change is refused. So an fsync that nothing waits for is
// known to have been one when a change was taken after it; in sync mode, each is waited for.
func (j *Journal) knownDurable() uint64 {
	if j.opts.Mode == Sync {
		return j.durableLSN
	}
	return j.provenLSN
}

func (j *Journal) closeFiles() (err error) {
	if j.active.file != nil {
		err = j.active.file.Close()
	}
	if j.next != nil {
		_ = j.next.file.Close() // it was synced
	}
	if unlockErr := j.unlock(); err == nil {
		err = unlockErr
	}
	return err
}
