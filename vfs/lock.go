package vfs

import "slices"

// Lock takes an advisory lock on a name, whether or not there is such a file.
// It is no operation: it has no Seq, and no fault strikes it. A crash releases
// it, as flock does: a mounted image has no locks.
func (d *Disk) Lock(name string) (unlock func() error, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cut {
		return nil, pathError("lock", name, ErrPowerCut)
	}
	clean := cleanPath(name)
	if slices.Contains(d.locks, clean) {
		return nil, pathError("lock", name, ErrLocked)
	}
	d.locks = append(d.locks, clean)
	held := true
	return func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.cut {
			return pathError("unlock", name, ErrPowerCut)
		}
		if held {
			held = false
			d.locks = slices.DeleteFunc(d.locks, func(l string) bool { return l == clean })
		}
		return nil
	}, nil
}
