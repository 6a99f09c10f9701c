package vfs_test

// unlogRemoved: the name that is removed may be gone from the log, and with it the loss of
// that name by whatever had it before and was not fsynced itself.
func (d *refDisk) unlogRemoved(op refOp) {
	maybe := func(k int) {
		for _, h := range []refHalf{{k, false}, {k, true}} {
			exists := d.ops[k].adds && !h.rem || d.ops[k].rems && h.rem
			if delete(d.logged, h); exists {
				d.maybeLogged[h] = true
			}
		}
	}
	isForced := func(k int) bool { return d.forcedPosix[refHalf{k, false}] || d.forcedPosix[refHalf{k, true}] }
	for k, o := range d.ops {
		if o.inode != op.inode || !o.adds || o.to != op.from || !d.logged[refHalf{k, false}] || isForced(k) {
			continue
		}
		maybe(k)
		if j := d.vacatedBy(k); j >= 0 && d.inLog[d.ops[j].inode] == 0 && !isForced(j) {
			maybe(j)
		}
	}
	d.close(d.logged, true, 0)
}

// unlogReplaced: a file in the log over which another is renamed, that is not in there, may
// be gone from it.
func (d *refDisk) unlogReplaced(op refOp) {
	for k, o := range d.ops {
		add, rem := refHalf{k, false}, refHalf{k, true}
		if o.inode == op.over && o.adds && o.to == op.to && d.logged[add] && !d.forcedPosix[add] && !d.forcedPosix[rem] {
			delete(d.logged, add)
			d.maybeLogged[add] = true
			if o.rems {
				delete(d.logged, rem)
				d.maybeLogged[rem] = true
			}
		}
	}
	d.close(d.logged, true, 0)
}
