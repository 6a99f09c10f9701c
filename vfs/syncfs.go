package vfs

import "io/fs"

// FileSystemSyncer is what a file implements that can have the whole filesystem
// synced that it is on.
type FileSystemSyncer interface {
	// SyncFS makes everything durable that is on the file's device. It is an operation,
	// as Disk.SyncFS is.
	SyncFS() error
}

var _ FileSystemSyncer = (*handle)(nil)

// SyncFS makes everything durable, as sync does. It is an operation, the OpSync of
// "/", and a fault may strike it: then it fails as an fsync of each file would, and
// commits no names.
func (d *Disk) SyncFS() error {
	op := Op{Kind: OpSync, Path: "/"}
	var out Outcome
	err := d.begin(&op, &out)
	if err == nil {
		err = d.syncFS(&out, allDevices)
	}
	if err != nil {
		err = pathError("syncfs", "/", err)
	}
	d.end(&op, &out, 0, err)
	return err
}

// SyncFS implements FileSystemSyncer.
func (f *handle) SyncFS() error {
	d := f.d
	d.mu.Lock()
	if f.closed {
		d.mu.Unlock()
		return fs.ErrClosed
	}
	op := Op{Kind: OpSync, Path: "/" + d.of(&f.n.inode).name}
	var out Outcome
	err := d.proceed(&op, &out, f.n.dev)
	if err == nil {
		err = d.syncFS(&out, int(f.n.dev))
	}
	err = f.fail("syncfs", err)
	d.end(&op, &out, 0, err)
	return err
}

// allDevices stands for no device by itself.
const allDevices = -1

// syncFS makes everything durable that is on a device, or on all of them.
func (d *Disk) syncFS(out *Outcome, dev int) error {
	switch out.Sync {
	case SyncOK, SyncFlusherFails: // the latter strikes other operations
	default:
		return d.failSyncFS(out, dev)
	}
	switch {
	case out.effect() == EffectNone:
	case dev == allDevices:
		d.syncAll()
	default:
		d.syncDevice(uint8(dev))
	}
	return out.Err
}

// failSyncFS is failSync for all files of which data is pending.
func (d *Disk) failSyncFS(out *Outcome, dev int) (err error) {
	if out.Sync == SyncJournalFails {
		f := handle{d: d, n: d.node(d.devices[max(dev, 0)].root)}
		return f.failSync(out, syncScope{})
	}
	for _, n := range append([]*node(nil), d.dirty...) {
		if len(n.pagesToWrite()) > 0 && (dev == allDevices || int(n.dev) == dev) {
			f := handle{d: d, n: n, seenErrors: n.count} // it is told of this failure alone
			if told := f.failSync(out, syncScope{}); told != nil {
				err = told
			}
			n.seen = false // and whoever has the file open by itself
		}
	}
	return err
}
