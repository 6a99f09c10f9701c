package vfs

// Failed says whether the filesystem's journal failed: from then on the
// filesystem takes no change, until a power cut brings it back.
func (d *Disk) Failed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed != nil
}
