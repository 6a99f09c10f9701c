package vfs

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"sync"
	"sync/atomic"
)

// CrashKind tells the two ways apart in which a program can die.
type CrashKind uint8

const (
	// PowerCut: everything volatile is lost.
	PowerCut CrashKind = iota + 1
	// ProcessCrash: the page cache survives, and what is pending stays pending.
	ProcessCrash
)

// String returns "power cut" or "process crash".
func (k CrashKind) String() string {
	switch k {
	case PowerCut:
		return "power cut"
	case ProcessCrash:
		return "process crash"
	}
	return "no crash"
}

// Digest sums up what an image shows: names, modes, extended attributes, sizes, contents, and which
// names are of one file. Of a process crash also what is pending. Times don't
// count.
type Digest [16]byte

// String returns the digest in hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Image is a disk as one crash may have left it. It never changes, and can be
// mounted any number of times.
type Image struct {
	kind     CrashKind
	name     string
	choice   Choice
	digest   Digest
	layer    *layer `transfer:"-"`
	table    table[inode]
	nextIno  uint64
	options  Options
	devices  []device
	carried  *carried    // of a process crash
	origins  *origins    `transfer:"-"`
	released atomic.Bool `transfer:"-"`
	mounting sync.Mutex  // a mount shares the image's layer
}

// newImage starts an image from what the disk shows.
func (d *Disk) newImage(kind CrashKind, name string) *Image {
	return &Image{
		kind: kind, name: name, table: d.frozen, layer: newLayer(d.layer), nextIno: d.nextIno,
		options: Options{SectorBytes: d.options.SectorBytes, Filesystem: d.options.Filesystem}, devices: slices.Clone(d.devices),
	}
}

func digestOf(s sum) (d Digest) {
	binary.LittleEndian.PutUint64(d[:], s[0])
	binary.LittleEndian.PutUint64(d[8:], s[1])
	return d
}

// Settled says whether nothing is pending, so that a power cut can leave one
// image alone, and returns its digest: where that is known already, there is no need
// to take the image.
func (d *Disk) Settled() (Digest, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.layer == nil || len(d.names) > 0 || len(d.dirty) > 0 {
		return Digest{}, false
	}
	d.refresh()
	return digestOf(d.frozen.get(rootIno).hash), true
}

// Kind says what sort of crash left the image.
func (im *Image) Kind() CrashKind { return im.kind }

// Name is the name of a special image, "" for any other.
func (im *Image) Name() string { return im.name }

// Choice names the image among those of the disk that it was taken of.
func (im *Image) Choice() Choice { return im.choice }

// Digest sums up what the image shows.
func (im *Image) Digest() Digest { return im.digest }

// Release gives the image's memory back, as soon as the disks that were mounted
// from it are released too. An image that is not released is collected like
// anything else.
func (im *Image) Release() {
	if im.released.CompareAndSwap(false, true) {
		im.layer.release()
	}
}

// Mount returns a disk that begins with the image. Changes to it don't change
// the image. Options that describe the device and are left zero are those of
// the disk that crashed, and so are the devices. Capacity is too, unless a bound is given.
func (im *Image) Mount(options Options) *Disk {
	if im.released.Load() {
		panic("vfs: Mount of a released image")
	}
	if options.SectorBytes == 0 {
		options.SectorBytes = im.options.SectorBytes
	}
	if options.Filesystem == POSIX {
		options.Filesystem = im.options.Filesystem
	}
	im.mounting.Lock()
	d := newDisk(options, im.layer)
	im.mounting.Unlock()
	d.frozen, d.nextIno = im.table, im.nextIno
	d.remount(im.devices, options)
	if im.carried != nil {
		im.carried.restore(d)
	}
	for dev := range d.devices {
		d.setCapacity(uint8(dev), d.devices[dev].capacityBlocks*pageBytes)
	}
	return d
}

// ProcessCrash returns the image that the death of all programs leaves: what
// they saw is all there, but what was pending still is, and open files are
// closed. The disk goes on unchanged.
func (d *Disk) ProcessCrash() *Image { return d.ProcessCrashUnless(unknown) }

// ProcessCrashUnless is ProcessCrash for a caller who may know the image by its digest:
// then it is not made, and nil is returned.
func (d *Disk) ProcessCrashUnless(known func(Digest) bool) *Image {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refresh()
	inos := d.pendingInodes()
	pending := d.sumOfPending(inos)
	digest := digestOf(d.frozen.get(rootIno).hash.add(pending))
	if known(digest) {
		return nil
	}
	im := d.newImage(ProcessCrash, "")
	im.carried = d.carry(inos)
	im.carried.sum, im.digest = pending, digest
	im.choice = Choice{Kind: ProcessCrash}
	im.origins = d.originsOf(nil)
	return im
}

// Crash draws one of the images that a power cut may leave. The disk goes on
// unchanged.
func (d *Disk) Crash(p Profile, src Source) *Image { return d.CrashUnless(p, src, unknown) }

// CrashUnless is Crash for a caller who may know the image by its digest: then it is
// drawn, but not made, and nil is returned.
func (d *Disk) CrashUnless(p Profile, src Source, known func(Digest) bool) *Image {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.chooseUnless(p, &sampler{src}, "", known)
}

// unknown is for who knows no image.
func unknown(Digest) bool { return false }
