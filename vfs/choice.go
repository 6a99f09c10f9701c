package vfs

// Choice names one image of a disk, by what a crash lost of the pending
// effects. Operations are named by Seq; those of before the mount, pending
// since a process crash, by negative numbers. The zero Choice is no image's.
//
// A choice means something on the disk that it was taken of, and on any other
// that the same operations were made on.
type Choice struct {
	Kind    CrashKind
	Profile Profile // of a power cut
	// Commit is, for a filesystem that commits in program order, the Seq of
	// the last operation that was committed. 0: all were.
	Commit int64
	// Commits are the same for devices beside the main one.
	Commits []DeviceCommit
	// Lost are the changes of names that could have persisted and did not.
	Lost []LostName
	// Files are the files that show anything but the newest content.
	Files []FileChoice
}

// DeviceCommit is what Choice.Commit is, of a device beside the main one.
type DeviceCommit struct {
	Device string // Mount.Name
	Commit int64
}

// LostName is a change of names that did not persist.
type LostName struct {
	Seq  int64
	Half Half
}

// Half says what of a rename was lost.
type Half uint8

// The halves. All other operations have one, but for an exchange: of that they are what it
// put under its second name, and what it put under the first.
const (
	Whole Half = iota
	Addition
	Removal // both names of a rename persisted
)

// FileChoice is what a file shows.
type FileChoice struct {
	Ino uint64
	// Variant counts, from 0, the ways in which the profile may treat the file:
	// one that was replaced, say, shows its new content, or is empty.
	Variant int
	// Size in bytes; -1: the newest.
	Size int64
	// Units are the runs that show anything but the newest version.
	Units []UnitRun
}

// UnitRun is a run of units of a file with the same version. A unit is what
// persists together: a sector of the device, or a page on btrfs.
type UnitRun struct {
	First, Last int64 // unit numbers in the file
	Version     UnitVersion
}

// UnitVersion names a version of a unit.
type UnitVersion struct {
	Kind VersionKind
	Seq  int64 // of Written, Reused: the operation
	// Of Reused: the file and page that were written to the block.
	Ino  uint64
	Page uint64
}

// VersionKind is where a version came from.
type VersionKind uint8

// The kinds.
const (
	Durable VersionKind = iota // what the medium had
	Written                    // as an operation left it
	Missing                    // zeros: never written
	Hole                       // the whole page is missing
	Reused                     // another file's
)
