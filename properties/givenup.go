package properties

import (
	"powercut/journal"
	"powercut/sim/core"
	"powercut/vfs"
)

// judgeGivenUp has Repair accept the loss of what Open refused, and cuts the power: what
// Repair said that it has done stays done, so that no Open refuses it again.
func (p *program) judgeGivenUp(r *core.Run, disk *vfs.Disk, what string) error {
	damaged := specialImage(disk, r.Profile(), vfs.SpecialEverything)
	if damaged == nil {
		return nil
	}
	defer damaged.Release()
	mended := damaged.Mount(vfs.Options{Filesystem: r.Profile()})
	defer mended.Release()
	makeSpace(mended)
	if _, err := journal.Repair(mended, base, journal.RepairOptions{AcceptLoss: true, Machine: newMachine(p.parsed).asJournal()}); err != nil {
		return nil // it can do nothing for what is wrong, or not for all of it
	}
	left := specialImage(mended, r.Profile(), vfs.SpecialNothing)
	if left == nil {
		return nil
	}
	defer left.Release()
	again := left.Mount(vfs.Options{Filesystem: r.Profile()})
	defer again.Release()
	makeSpace(again)
	e, err := p.openCopy(r, again)
	if err != nil {
		return core.Breachf(damageRefused, "%s; Repair accepted the loss, and behind a power cut Open refuses it again: %v", what, err)
	}
	_ = e.Close() // of a journal that is not used any more
	return nil
}

// specialImage is the special image of that name, nil if the disk has none.
func specialImage(disk *vfs.Disk, profile vfs.Profile, name string) *vfs.Image {
	for image := range disk.Specials(profile) {
		if image.Name() == name {
			return image
		}
		image.Release()
	}
	return nil
}
