package vfs

import "slices"

// Failed says whether a filesystem's journal failed, which takes no change from then
// on, or a device lost its power alone: until a power cut of the machine brings it back.
func (d *Disk) Failed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.devices, func(v device) bool { return v.failed != nil || v.offline })
}
