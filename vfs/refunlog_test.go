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
	d.close(d.logged, true)
}
