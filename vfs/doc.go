// Package vfs is a simulated disk with a filesystem on it, that programs use
// through afero.Fs and that can lose power at any instant.
//
// # Terms
//
//   - An operation is one call of a program, an Op. Its Seq counts operations, and
//     names whatever the operation changed.
//   - The medium is what a power cut leaves alone; the page cache is what programs
//     see. A change that is in the cache and not yet on the medium is pending.
//   - A power cut loses any part of what is pending that the filesystem may lose; a
//     process crash loses nothing of the cache.
//   - A page is 4096 bytes of a file, and so is a block, its place on the medium. A
//     hole is a page without a block, which reads as zeros.
//   - A unit is what the device writes as a whole: a sector of 512 bytes, or a page.
//   - A version of a unit is its content as some operation left it.
//   - Names: an operation on directories adds an entry, removes one, or, if it is a
//     rename, does both. Each of the two is a half of it.
//   - A commit point is an operation up to which a filesystem with a journal has
//     written its names and sizes when the power is cut.
//   - A profile says what a filesystem may leave after a power cut. What it leaves
//     is an image; a choice names one image among all those that are lawful.
//
// # What a disk is
//
// A Disk holds files twice: as programs see them, in the page cache, and as
// they are on the medium. What was written and is not on the medium yet is
// pending. An fsync makes pending changes durable; a power cut loses any part
// of them that the rules allow. What it leaves is an Image: a whole disk, that
// never changes, and that can be mounted as a new Disk any number of times.
//
//	d := vfs.New(vfs.Options{})           // an empty disk
//	// ... a program writes to d, and syncs now and then ...
//	im := d.Crash(vfs.POSIX, source)      // one image of those that are lawful
//	after := im.Mount(vfs.Options{})      // the disk that the program finds
//
// The disk that crashed goes on, so that one run can be crashed at every
// operation and in many ways at each. Images drawn from the same numbers are
// the same in every process: nothing here depends on time, on addresses or on
// the order of a map.
//
// Power cut and process crash are two things. After a process crash
// (Disk.ProcessCrash) the page cache survives: all that programs saw is there,
// what was pending is pending still, and open files are closed.
//
// # What is pending
//
// Of a file: the writes since its last fsync, and its changes of size. Of
// directories: names added, removed and renamed. Disk.Pending lists both. Each
// such change belongs to an operation, and is named by the operation's number,
// Op.Seq.
//
// A page of a file has versions: the one on the medium, and one for each write
// that touched it since. After a power cut each unit of it shows one of them. A
// unit is a sector of the device, 512 bytes, or 4096 on a device that writes
// so much atomically (Options.SectorBytes). So a write may be torn, may be lost
// although a later one is there, or may be there although its file's size says
// otherwise.
//
// # Profiles
//
// What may come back depends on the filesystem. A Profile states it, and was
// measured on the real one, with Linux 6.18: thousands of trees that real
// filesystems left after real crashes are in testdata/kernel, and each is
// accepted.
//
//	profile               names after a power cut      content, beside any version of each sector
//	ext4                  a prefix in program order    replaced files have zeros by whole pages, or none
//	ext4-noauto_da_alloc  the same                     replaced files may be short
//	xfs                   the same                     a size shows only with its data
//	btrfs                 a prefix, and each fsynced   whole pages, exact sizes, overwrites in order,
//	                      file with its names, and     a new size with some of the file's data
//	                      what became of those since
//	ext4-writeback        as ext4                      a removed file may show another's new data
//	posix                 any subset                   sizes and data separate; nothing forced by others' fsync
//
// POSIX is the default, and the most hostile that the standard allows:
//
//   - of each sector any version persists, or zeros where the medium had none;
//   - the size is any that the file had since its last fsync, or a multiple of
//     the page between two of them;
//   - a truncation may be lost, wholly or with what it cut off zeroed already;
//   - of the pending names any subset persists: a rename by halves, so that a
//     file has both names, but never its removal alone; a name taken again only
//     with what made it free, but for the rename of what, in this image, never
//     came there;
//   - the fsync of a file makes its data and size durable, not its name; that
//     of a directory its own names, not the data of the files in it; close and
//     the fsync of another file nothing.
//
// testdata/failures has what programs were told, and what was left, when the
// device failed under real filesystems; vfs/kernel makes such recordings.
// testdata/rules has a script for each rule: what is done, and the complete
// list of trees that may come back.
//
// The rules of a profile are stated once. Drawing an image (Disk.Crash),
// listing all of them (Disk.Images), the special ones that find most
// (Disk.Specials), naming one (Choice, Disk.Choose) and judging a tree
// (Disk.Accepts) go by the same statement.
//
// A write through a handle opened with os.O_SYNC or O_DSYNC makes durable what it
// wrote, not the rest of the file. It is two operations, an OpWrite and an OpSync
// of the range: between them it is pending like any other write, so that a crash
// may tear it, and what strikes an fsync may strike the second, whose error the
// write returns. O_DSYNC brings the size that reading the data takes; O_SYNC the
// inode too, as fsync does beside fdatasync: with a journal, the file's earlier
// names; in posix, a truncation before. The fsync of what has no name any more
// writes nothing; where names are in a journal, it commits their loss.
//
// Modes and extended attributes (Xattrs) are in the inode, all of a file's together: the
// fsync of the file, or of the directory, makes them durable, and fdatasync does not. In
// a journal they keep the order of the names; without one, any that the file had since
// its last fsync may be there. Owners and times are durable at once. Space
// that was reserved (Allocator) comes and goes with the size that it reaches; behind
// the end (FallocateKeepSize) it stays. A disk with a capacity that is full refuses
// what needs a block of the filesystem's own too, as Options.Filesystem does: names,
// inodes, long symbolic links, attributes.
//
// # What afero lacks
//
// A file or the disk implements these beside it, each as an interface of its own or
// a method. All of it but mappings and SyncFS has been recorded on real filesystems:
//
//   - A symbolic link (afero.Symlinker) is a name that is pending like any other; what
//     it says comes and goes with it.
//   - An exchange of two names (Disk.RenameWith) persists whole or not at all: the journals
//     of all three filesystems have it in one transaction. On btrfs the fsync of what is in
//     an exchanged directory need not bring the exchange. And there, and on posix, it comes
//     apart where the log has one of the two, and what put the other at the name which that
//     one takes is lost: then that other one is where it was before, or nowhere.
//   - A file opened with O_TMPFILE has no name until it is given one (LinkTaker). Its
//     fsync makes its data durable before that, as POSIX says. On btrfs the fsync through
//     the handle that it was opened by does not bring a new directory that it was named in,
//     nor that of a file which was linked there since and has no other name.
//   - A hole that is punched, or a range that is zeroed (RangeAllocator), frees the
//     blocks of whole pages, as a truncation does, and is pending like one. Of a page of
//     which a part is zeroed that is an overwrite. On ext4 a range that is zeroed keeps its
//     blocks: what is written there later tears over what they had until the zeroing is
//     durable; and either call commits a size up to its end, with or without the data.
//   - What is written in a hole, or where space was reserved, shows on ext4 and xfs only
//     with all that was done to names, attributes and sizes before: that the block is the
//     file's is in the journal behind that. So its fsync brings all of that along.
//   - What is stored through a mapping is written by Mappable.StoreAt, and msync is
//     Mappable.SyncRange: it makes durable what was written to the pages of the range,
//     and so much of the size as reading them takes.
//   - Disk.SyncFS is sync: SyncAll as an operation, which can fail; and SyncFS of a file
//     is syncfs, of the device alone that the file is on.
//
// # Faults
//
// An Injector decides the fate of each operation: an error before or after its
// effect, a short or torn write, a flipped bit, a write that lands elsewhere.
// An error that it makes up looks like a real one, a *fs.PathError around an
// errno, and matches ErrInjected too. This package knows no faults by itself;
// package faults has a language for them.
//
// An fsync can fail as it does on Linux (SyncFailure). The error is told once
// to each descriptor that was open at the time, and to one opened later if
// nobody was told yet. The next call returns nil, although the data may be gone:
// with SyncDropClean the cache shows the new data until the page is evicted
// (Disk.Evict, Outcome.Evict), and the medium keeps the old; with SyncRevert the
// old is back at once; with SyncKeepDirty the data is still pending. With
// SyncDropPage one page of several fails: the others become durable, except on
// btrfs, which drops them all. Sizes and truncations are no data: they stay
// pending, and with them what was written to blocks that only they free. With SyncFlusherFails the kernel writes a file
// back before any fsync was asked for, and fails: the old data shows already. An
// fsync that reports an older failure does nothing else. What was told to nobody
// outlives the process: whoever opens the file after a process crash is told.
//
// Directories lose no names by any of these: they are in the filesystem's own
// journal, whose failure (SyncJournalFails) leaves it read-only until it is
// mounted again, with an fsync that returns nil and does nothing; on btrfs that
// of a directory returns EROFS, and directories can't be read (EIO); on xfs
// everything but close returns EIO. Outcome.ReadOnly is a filesystem that found an error in
// itself: there every fsync says so. While a device is out of reach (SyncDeviceAway) the cache
// goes on, and what an fsync finds to write decides what fails.
//
// # Watching
//
// A Hook sees each operation before and after it takes place, outside of the
// disk's lock. It may block, which is how a scheduler interleaves actors, and
// take images or cut the power (Disk.PowerCut): then that operation, and every
// later one on the disk and its open files, fails with ErrPowerCut and does
// nothing.
//
// # Cost
//
// Pages, tables and directories are shared between a disk, its images and the
// disks mounted from these, and copied when one of them changes. So an append,
// a sync, a rename and an image cost what is dirty, whatever the size of the
// files and their number; a digest too, since every file and directory keeps
// its own. Release gives memory back for the next disk.
package vfs
