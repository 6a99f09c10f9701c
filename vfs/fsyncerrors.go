package vfs

// fsyncErrors is how an inode remembers failed fsyncs. Each open descriptor is
// told of a failure once; one opened later is told too, if nobody was yet.
type fsyncErrors struct {
	count    uint64 // failures so far
	seen     bool   // somebody was told of the last one
	last     error
	nextFail error // the next fsync fails with this
}

func (e *fsyncErrors) atOpen() uint64 {
	if e.count > 0 && !e.seen {
		return e.count - 1
	}
	return e.count
}

func (e *fsyncErrors) add(err error) {
	e.count++
	e.last, e.seen = err, false
}

// untold says whether there is a failure that nobody was told of.
func (e *fsyncErrors) untold() bool { return e.count > 0 && !e.seen || e.nextFail != nil }

// report returns what a descriptor has not been told yet.
func (e *fsyncErrors) report(seen *uint64) error {
	if *seen == e.count {
		return nil
	}
	*seen, e.seen = e.count, true
	return e.last
}

// addError has a failure told to each descriptor.
func (d *Disk) addError(n *node, err error) {
	n.fsyncErrors.add(err)
	d.noteError(n)
}

func (d *Disk) noteError(n *node) {
	if !n.erred {
		n.erred = true
		d.erred = append(d.erred, n)
	}
}
