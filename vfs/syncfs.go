package vfs

// SyncFS makes everything durable, as syncfs does. It is an operation, the OpSync of
// "/", and a fault may strike it: then it fails as an fsync of each file would, and
// commits no names.
func (d *Disk) SyncFS() error {
	op := Op{Kind: OpSync, Path: "/"}
	var out Outcome
	err := d.begin(&op, &out)
	if err == nil {
		err = d.syncFS(&out)
	}
	if err != nil {
		err = pathError("syncfs", "/", err)
	}
	d.end(&op, &out, 0, err)
	return err
}

func (d *Disk) syncFS(out *Outcome) error {
	switch out.Sync {
	case SyncOK, SyncFlusherFails: // the latter strikes other operations
	default:
		return d.failSyncFS(out)
	}
	if out.effect() != EffectNone {
		d.syncAll()
	}
	return out.Err
}

// failSyncFS is failSync for all files of which data is pending.
func (d *Disk) failSyncFS(out *Outcome) (err error) {
	if out.Sync == SyncJournalFails {
		f := handle{d: d, n: d.node(rootIno)}
		return f.failSync(out, syncScope{})
	}
	for _, n := range append([]*node(nil), d.dirty...) {
		if len(n.pagesToWrite()) > 0 {
			f := handle{d: d, n: n, seenErrors: n.count} // it is told of this failure alone
			if told := f.failSync(out, syncScope{}); told != nil {
				err = told
			}
			n.seen = false // and whoever has the file open by itself
		}
	}
	return err
}
