package properties

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/sim/core"
	"powercut/vfs"
)

// bystander is a file beside the journal whose name begins as its base does.
const bystander = "/data/jj.log"

// purge removes the journal, which is closed. From when it begins, what a crash leaves
// is all of it or nothing; once it succeeded, nothing is left.
func (p *program) purge() error {
	disk := p.run.Disk()
	struck := p.excuses()
	if err := p.run.WithoutFaults(func() error { return afero.WriteFile(disk, bystander, []byte("somebody else's"), 0o644) }); err != nil {
		if p.run.PowerIsOff() {
			return errOff
		}
		return nil // no space for it
	}
	p.run.NoteCall("purge")
	p.purgedWhole = false
	p.before = append(p.before, slices.Clone(p.oracle.applied))
	p.purged, p.kept = true, nil
	p.forgetFiles()
	p.oracle.purges()
	err := journal.Purge(disk, base)
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("done", err)
	if _, unsynced := errors.AsType[*journal.DirSyncError](err); unsynced {
		return p.judgePurged() // a power cut may bring some of it back, but it is gone
	}
	if err == nil && p.noDirSync() {
		return core.Breachf(saysWhatIsSo, "Purge succeeded on a filesystem that can't sync a directory: a power cut may bring back what it removed")
	}
	if err != nil {
		if errors.Is(err, vfs.ErrInjected) || p.run.FaultsFired() > struck.fired || struck.full && errors.Is(err, syscall.ENOSPC) || disk.Failed() {
			return nil // Open says what came of it
		}
		return core.Breachf(liveness, "Purge failed without a fault to explain it: %v", err)
	}
	p.purgedWhole = true
	return p.judgePurged()
}

// forgetFiles gives up what is known of single files: the journal begins anew, and where
// clock and entropy stand still its files have the names and ids of those before.
func (p *program) forgetFiles() { p.archives, p.older, p.appended = nil, nil, nil }

// judgePurged expects Purge to have removed what is the journal's, and nothing else.
func (p *program) judgePurged() error {
	tree := p.run.Disk().Tree()
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		if strings.HasPrefix(name, base+".") {
			return core.Breachf(notTooCautious, "Purge left %s", name)
		}
	}
	if _, there := tree[bystander]; !there && !p.run.Suspends(acknowledgedDurable) {
		return core.Breachf(archivesKept, "Purge removed %s, which is not the journal's", bystander)
	}
	return nil
}

// judgeMark expects the mark of a Purge that returned never to come back: whoever finds
// it removes what is there by then.
func (p *program) judgeMark(r *core.Run, disk *vfs.Disk) error {
	if !p.purgedWhole || r.Suspends(acknowledgedDurable) {
		return nil
	}
	if _, err := disk.Stat(base + ".purge"); err == nil {
		return core.Breachf(archivesKept, "Purge had succeeded, and a crash brought back %s.purge, by which the next Open goes on removing", base)
	}
	return nil
}
