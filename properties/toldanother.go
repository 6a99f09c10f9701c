package properties

import (
	"errors"

	"powercut/vfs"
)

// What another program is told, and the journal is not.
//
// Where an fsync finds that the filesystem's own journal failed, its caller is told, and
// nobody else: on ext4 all others return nil from then on and make nothing durable, until a
// change is refused. Who waits for an fsync of what it had written before can't know. So
// nothing that it was told since is held against it, as long as the machine is up: what was
// promised before is.

// syncAsAnother makes the names in a folder durable, as a program beside the journal does.
func (p *program) syncAsAnother(disk *vfs.Disk, name string) error {
	folder, err := disk.Open(name)
	if err != nil {
		return err
	}
	if err = folder.Sync(); err != nil && disk.Failed() {
		p.oracle.filesystemFailed() // before anybody else goes on
	}
	return errors.Join(err, folder.Close())
}

// promisedBefore is what was promised when another program was told that the filesystem had
// failed.
type promisedBefore struct {
	failed bool
	lsn    uint64
}

// filesystemFailed remembers that another program was told so.
func (o *oracle) filesystemFailed() {
	if o.before.failed {
		return
	}
	_, lsn := o.promised(vfs.PowerCut)
	o.before = promisedBefore{true, lsn}
	o.changed(6)
}

// filesystemWorks remembers that an Open succeeded where it had not, or not yet.
func (o *oracle) filesystemWorks() {
	if o.before.failed {
		o.before = promisedBefore{}
		o.changed(7)
	}
}

// survives is how much of what a plain fsync promised a power cut must leave.
func (o *oracle) survives(lsn uint64) uint64 {
	if o.before.failed {
		return min(lsn, o.before.lsn)
	}
	return lsn
}
