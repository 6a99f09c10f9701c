package vfs

import (
	"fmt"
	"strings"
)

// Mount is a second device of a disk, with a filesystem of its own of the same kind. It
// is mounted on a directory of the root, which is there from the start.
type Mount struct {
	Name          string // "log" is mounted at "/log", and called so
	CapacityBytes int64  // as in Options
}

// MainDevice is what the device of the root is called where a device is named.
const MainDevice = "main"

// maxMounts bounds how many devices there are beside the main one.
const maxMounts = 15

// CheckMounts says what is wrong with a list of mounts.
func CheckMounts(mounts []Mount) error {
	if len(mounts) > maxMounts {
		return fmt.Errorf("vfs: %d devices beside the main one, want at most %d", len(mounts), maxMounts)
	}
	seen := map[string]bool{MainDevice: true}
	for _, m := range mounts {
		switch {
		case m.Name == "" || m.Name == "." || m.Name == ".." || len(m.Name) > maxNameBytes || strings.ContainsAny(m.Name, "/\x00 \t\r\n=@\""):
			return fmt.Errorf("vfs: device %q: want the name of a directory of the root, without spaces", m.Name)
		case seen[m.Name]:
			return fmt.Errorf("vfs: device %q: there is one of that name", m.Name)
		case m.CapacityBytes < 0:
			return fmt.Errorf("vfs: device %q: a capacity of %d bytes", m.Name, m.CapacityBytes)
		}
		seen[m.Name] = true
	}
	return nil
}

// device is what a disk knows of one of its devices. Files and names never move from
// one to another, so that what is pending on one has no bearing on what is on another.
type device struct {
	name string // "" is the main one
	root uint64 // the directory that it is mounted on

	capacityBlocks int64
	usedBlocks     int64
	// forced is the Seq up to which a filesystem that commits in program order
	// was made to commit.
	forced   int64
	synced   int64 // the last fsync of anything on it, after which btrfs has a log
	failed   error // the filesystem's journal failed: what changes return
	shutdown bool  // and everything else too
	readOnly bool  // and an fsync too
	offline  bool  // it lost its power, alone
}

// title is what the device is called.
func (v *device) title() string {
	if v.name == "" {
		return MainDevice
	}
	return v.name
}

// of is the device of a file or directory.
func (d *Disk) of(n *inode) *device { return &d.devices[n.dev] }

// mount makes the directories that the other devices are mounted on.
func (d *Disk) mount(mounts []Mount) {
	if err := CheckMounts(mounts); err != nil {
		panic(err)
	}
	if len(mounts) == 0 {
		return
	}
	root := d.node(rootIno)
	for _, m := range mounts {
		dev := uint8(len(d.devices))
		n := d.newNode(root.mode, dev)
		d.devices = append(d.devices, device{name: m.Name, root: n.ino})
		d.setCapacity(dev, m.CapacityBytes)
		d.bind(root, m.Name, n)
	}
	d.refresh()
}

// remount takes over the devices of a disk that crashed. Those that failed work again,
// unless that is restored.
func (d *Disk) remount(was []device, options Options) {
	d.devices = make([]device, len(was))
	for i := range was {
		d.devices[i] = device{name: was[i].name, root: was[i].root}
		capacity := was[i].capacityBlocks * pageBytes
		if i == 0 && options.CapacityBytes != 0 {
			capacity = options.CapacityBytes
		}
		for _, m := range options.Mounts {
			if m.Name == was[i].name && m.CapacityBytes != 0 {
				capacity = m.CapacityBytes
			}
		}
		d.devices[i].capacityBlocks = capacity / pageBytes
	}
}

// isMountPoint says whether a directory is one that a device is mounted on: its name
// can't be taken away, nor given to anything else.
func (d *Disk) isMountPoint(n *node) bool {
	return n != nil && n.dev != 0 && d.devices[n.dev].root == n.ino
}

// deviceOfOp is the device of an operation on a path.
func (d *Disk) deviceOfOp(op *Op) uint8 {
	switch op.Kind {
	case OpRemove, OpRename, OpLink:
		return d.deviceAt(op.Path, keepLink)
	}
	return d.deviceAt(op.Path, followLink)
}

// deviceAt is the device that a path leads to. Where it leads nowhere, it is the one
// whose directory it begins with.
func (d *Disk) deviceAt(name string, last lastLink) uint8 {
	if len(d.devices) == 1 || d.layer == nil {
		return 0
	}
	if p, err := d.walk(cleanPath(name), last); err == nil {
		if p.node != nil {
			return p.node.dev
		}
		return p.dir.dev
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(cleanPath(name), "/"), "/")
	for i := range d.devices {
		if d.devices[i].name == first {
			return uint8(i)
		}
	}
	return 0
}

// DeviceOf names the device that a path leads to, by Mount.Name; "" is the main one.
func (d *Disk) DeviceOf(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.devices[d.deviceAt(name, followLink)].name
}

// isGone says whether an operation on a device can't even be tried.
func (v *device) isGone() bool { return v.shutdown || v.offline }

// turnReadOnly is a filesystem that found an error in itself.
func (v *device) turnReadOnly(p Profile) {
	v.failed, v.readOnly = &injectedError{errReadOnly}, true // the fault's doing, like what it failed
	v.shutdown = v.shutdown || p == XFS
}
