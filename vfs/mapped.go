package vfs

// Mappable is what a file implements that programs can have mapped into memory: what
// is needed to show them its content, and to take over what they store.
type Mappable interface {
	// LookAt reads what programs see, and returns how much there is of it: less than
	// asked for only where the file ends. It is no operation, and safe beside others.
	LookAt(b []byte, off int64) int
	// Changes returns the size in bytes, the bytes [from, to) in which the content may
	// have changed since a number, and the number to ask with the next time; with 0 it
	// is all that there is. It is no operation.
	Changes(since uint64) (size, from, to int64, now uint64)
	// StoreAt is what becomes of bytes that a program stored through a shared mapping:
	// an OpWrite, pending like any other, whatever the file was opened with. A store
	// can't fail; if the operation does, the next fsync of the file says so. An error
	// means that it did not begin: the power was cut, or the file is closed.
	StoreAt(b []byte, off int64) error
	// SyncRange makes durable what was written to the pages of a range, with the size
	// that reading it takes, as msync does: an OpSync that names the range.
	SyncRange(off, length int64) error
}

var _ Mappable = (*handle)(nil)

// LookAt implements Mappable.
func (f *handle) LookAt(b []byte, off int64) int {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if f.d.layer == nil { // released: somebody else may have the pages
		return 0
	}
	return f.n.readAt(b, off)
}

// Changes implements Mappable.
func (f *handle) Changes(since uint64) (size, from, to int64, now uint64) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if f.d.layer == nil {
		return 0, 0, 0, since
	}
	c := &f.n.changed
	switch from, to = 0, max(f.n.size, c.to); {
	case since == c.count+1:
		from, to = 0, 0
	case since == c.since+1: // nobody else asked meanwhile
		from, to = c.from, c.to
	}
	*c = contentChanges{count: c.count, since: c.count}
	return f.n.size, from, to, c.count + 1
}

// contentChanges is where a file changed since somebody asked last.
type contentChanges struct {
	count, since uint64 // changes so far, and when somebody asked
	from, to     int64  // bytes
}

// note notes one more change.
func (c *contentChanges) note(from, to int64) {
	if c.count == c.since {
		c.from, c.to = from, to
	}
	c.count++
	c.from, c.to = min(c.from, from), max(c.to, to)
}

// StoreAt implements Mappable.
func (f *handle) StoreAt(b []byte, off int64) error {
	op := Op{Kind: OpWrite, Offset: off, Len: int64(len(b)), Flag: f.flag & accessMask}
	var out Outcome
	err := f.begin(&op, &out)
	began := err == nil
	n := 0
	if began {
		n, err = f.storeMapped(b, off, out)
		f.d.afterwards(f.n, &out)
		if err != nil {
			f.d.addError(f.n, err)
		}
	}
	err = f.fail("write", err)
	f.end(&op, &out, int64(n), err)
	if began {
		return nil
	}
	return err
}

// storeMapped is a store as the outcome has it. What a program stores is in the cache, which
// is the memory that it stores to: where a write would fail, or be lost, it is the write-back
// of the store that does, and the next fsync tells.
func (f *handle) storeMapped(b []byte, off int64, out Outcome) (int, error) {
	failed, lost := out.Err, out.effect() != EffectFull
	if lost {
		out.Err, out.Effect, out.N, out.Torn = nil, EffectDefault, 0, 0
	}
	n, err := f.write(b, off, &out)
	if err == nil && lost {
		err = failed
		f.d.endWriteBack(f.n, failedWriteBack{dropped: f.n.pagesIn(off, off+int64(len(b)))})
	}
	return n, err
}

// SyncRange implements Mappable.
func (f *handle) SyncRange(off, length int64) error {
	op := Op{Kind: OpSync, Offset: off, Len: length, Flag: f.flag}
	var out Outcome
	err := f.begin(&op, &out)
	if err == nil {
		err = f.sync(&out, syncScope{dataOnly: true, ranged: true, off: off / pageBytes * pageBytes, end: roundUp(off + length)})
	}
	err = f.fail("msync", err)
	f.end(&op, &out, 0, err)
	return err
}

// syncRange makes the data durable that was written to the pages of a range. What is elsewhere stays pending, and so a write that
// reaches beyond the range is split where the range begins and ends.
func (d *Disk) syncRange(n *node, scope syncScope) {
	from, to := scope.off, scope.end
	if n.isNameless() {
		d.syncNameless(n, scope)
		return
	}
	n.splitEffects(from)
	n.splitEffects(to)
	synced := false
	for i := range n.effects {
		if e := &n.effects[i]; e.n > 0 && !e.cut && from <= e.off && e.off+e.n <= to {
			e.synced, e.floor = true, min(e.off+e.n, e.after)
			synced = true
		}
	}
	if synced {
		d.settleSynced(n)
	}
	d.syncInode(n, scope)
}

// splitEffects splits each write that begins before an offset and ends behind it, as
// if it had been two, the first of which grew the file no further than the offset.
func (n *node) splitEffects(at int64) {
	for i := 0; i < len(n.effects); i++ {
		e := n.effects[i]
		if e.cut || e.off >= at || at >= e.off+e.n {
			continue
		}
		first, second := e, e
		first.from, first.to = e.extent()
		second.from, second.to = e.extent()
		first.n = at - e.off
		first.after = max(e.before, min(e.after, at))
		first.floor = min(e.floor, first.after)
		second.off, second.n, second.savedAt = at, e.off+e.n-at, e.savedAt+int(at-e.off)
		second.before = first.after
		n.effects[i] = first
		n.effects = append(n.effects[:i+1], append([]dataEffect{second}, n.effects[i+1:]...)...)
	}
}
