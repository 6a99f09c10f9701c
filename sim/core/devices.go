package core

import (
	"errors"
	"slices"
	"syscall"

	"powercut/vfs"
)

// CheckDisks says what is wrong with the disks of a run's Settings.
func CheckDisks(disks []vfs.Mount) error {
	isMain := func(m vfs.Mount) bool { return m.Name == vfs.MainDevice && m.CapacityBytes >= 0 }
	i := slices.IndexFunc(disks, isMain)
	if i >= 0 {
		disks = slices.Delete(slices.Clone(disks), i, i+1)
	}
	return vfs.CheckMounts(disks)
}

// Devices are the disks as the options of a vfs.Disk have them: the bound of the one of
// the root, and all others.
func Devices(disks []vfs.Mount) (capacityBytes int64, mounts []vfs.Mount) {
	for _, m := range disks {
		if m.Name == vfs.MainDevice {
			capacityBytes = m.CapacityBytes
		} else {
			mounts = append(mounts, m)
		}
	}
	return capacityBytes, mounts
}

// bounded says whether a disk of the run has a capacity.
func (s *Settings) bounded() bool {
	return slices.ContainsFunc(s.Disks, func(m vfs.Mount) bool { return m.CapacityBytes > 0 })
}

// isFull says whether an operation failed because a disk that has a capacity is full:
// the code under test may give up, as it may when a fault strikes.
func (r *Run) isFull(err error) bool { return r.settings.bounded() && errors.Is(err, syscall.ENOSPC) }
