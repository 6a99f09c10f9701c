package vfs

// Quietly calls f, and meanwhile no hook sees what happens on the disk and no
// fault strikes it: for what is done to the disk that no program asked for. The
// operations of f still have numbers. Nobody else may use the disk meanwhile.
func (d *Disk) Quietly(f func()) {
	d.mu.Lock()
	hook, injector := d.hook, d.injector
	d.hook, d.injector = nil, nil
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.hook, d.injector = hook, injector
		d.mu.Unlock()
	}()
	f()
}
