package vfs

import (
	"io/fs"
	"strconv"
	"time"
)

// OpKind is what a caller asked the disk to do.
type OpKind uint8

// The kinds of operation. OpSync is a file's Sync, OpSyncDir a directory's.
// OpWrite and OpRead stand for the positioned and the sequential forms alike.
const (
	OpOpen   OpKind = iota + 1 // Open or OpenFile of a name that exists, without truncation
	OpCreate                   // OpenFile that adds a name or truncates an existing file
	OpRead
	OpWrite
	OpTruncate
	OpSync
	OpSyncDir
	OpRename
	OpLink
	OpRemove
	OpMkdir
	OpReaddir
	OpStat
	OpClose
	OpChmod // Chmod, Chown, Chtimes, and changes of extended attributes
	opKinds // number of kinds + 1
)

// Op is one operation as the injector and the hook see it, before it happens.
type Op struct {
	Seq     uint64 // 1 for the first operation that took place on this disk, counted up without gaps; 0 for Hook.Before
	Kind    OpKind
	Path    string // cleaned and rooted; of a handle, the name that its file has now, or the last it had
	Device  string // that Path is on, by Mount.Name; "" is the main one, and the only one of most disks
	NewPath string // the target of OpRename and OpLink
	Offset  int64  // of OpRead, OpWrite; the new size in bytes of OpTruncate; of what an OpSync is for alone
	Len     int64  // bytes asked for by OpRead, OpWrite; of an OpSync that ends a write through O_SYNC or O_DSYNC, 0 for one of the whole file
	Flag    int    // open flags of OpOpen, OpCreate; of the handle for OpWrite, OpSync
	Perm    fs.FileMode
}

var opKindNames = [...]string{
	OpOpen: "open", OpCreate: "create", OpRead: "read", OpWrite: "write", OpTruncate: "truncate",
	OpSync: "sync", OpSyncDir: "syncdir", OpRename: "rename", OpLink: "link", OpRemove: "remove",
	OpMkdir: "mkdir", OpReaddir: "readdir", OpStat: "stat", OpClose: "close", OpChmod: "chmod",
}

// String returns a word: "write".
func (k OpKind) String() string {
	if k == 0 || k >= opKinds {
		return "op(" + strconv.Itoa(int(k)) + ")"
	}
	return opKindNames[k]
}

// Result is what the caller of an operation was told.
type Result struct {
	N        int64 // bytes moved by OpRead, OpWrite; entries returned by OpReaddir
	Err      error
	Injected bool // an Outcome other than the zero one was applied
}

// Injector decides the fate of each operation. It is called with the disk's
// lock held: it must not call the disk.
type Injector interface {
	Inject(op Op) Outcome
}

// Hook watches every operation. Before is called, outside of the disk's lock,
// when nothing has happened yet: it may block (a scheduler switches actors
// here), and may call PowerCut. The operation gets its Seq after that, so that
// these count operations in the order in which they take place. After is
// called, also outside of the lock, when the caller is about to be told the
// result.
type Hook interface {
	Before(op Op)
	After(op Op, res Result)
}

// Outcome says what happens to one operation. The zero Outcome is success.
type Outcome struct {
	// Err is returned to the caller, wrapped in *fs.PathError or
	// *os.LinkError and matching both itself and ErrInjected. Nil with one of
	// the silent effects below tells the caller that all went well.
	Err error
	// Effect says how much of the operation takes place all the same.
	Effect Effect
	// N is the number of bytes moved by a Partial read or write.
	N int64
	// Torn lists, for a Partial write, the 512-byte sectors of the request
	// (bit i is sector i counted from Offset/512) that reach the page cache;
	// 0 means the first N bytes.
	Torn uint64
	// Sync is the way in which an fsync fails or lies.
	Sync SyncFailure
	// Flip, if not 0, is 1 + the index of the bit to invert in the bytes
	// read (OpRead: transient) or written (OpWrite: lasting bit rot).
	Flip int64
	// Redirect makes a write land elsewhere: nil for no, otherwise the offset
	// in the same file, or in Path if that is set.
	Redirect *Redirect
	// Page says which page fails with SyncDropPage: of those that the fsync
	// writes, in the order of their offsets, the one of that number, counted
	// from 0 and on from the first behind the last.
	Page int64
	// Evict drops the clean pages of all files from the cache before the
	// operation, as the kernel does when it needs the memory, see Disk.Evict.
	Evict bool
	// Offline has the device lose its power, alone, before the operation: this and
	// everything on it fails with EIO from now on, but for a close, until a power cut
	// of the machine, in which it has lost what a power cut at this point may lose.
	Offline bool
	// ReadOnly has the filesystem of the device find an error before the operation, and take
	// no change from then on until it is mounted again, as ext4 with errors=remount-ro: each
	// returns EROFS, and each fsync does, without making anything durable. Xfs shuts down.
	ReadOnly bool
	// Latency is added to the simulated clock, if there is one.
	Latency time.Duration
	// Beside is what the environment does beside the operation.
	Beside
}

// Beside is what the environment does beside an operation, which takes place as it
// would otherwise, unless handles or rights are lacking.
type Beside struct {
	// Modes has the modes of files and directories bind this operation, as they do
	// for a user who owns them and is not root.
	Modes bool
	// Quota bounds what the files of a directory may hold.
	Quota Quota
	// Handles is 0, or 1 more than the number of open handles with which an open
	// fails with EMFILE.
	Handles int64
	// ClockBack is how far the simulated clock steps back, ClockStands for how long it
	// stands still.
	ClockBack, ClockStands time.Duration
	// Stall is how long the operation is in flight before it takes place.
	Stall time.Duration
}

// Quota is how much the files that have a name in a directory, or below it, may hold
// together, in bytes, counted in blocks of 4 KiB as a device's capacity is. What goes
// beyond fails with EDQUOT. No Bytes: no quota.
type Quota struct {
	Dir   string // "/db"
	Bytes int64
}

// With is both, and of two quotas the first.
func (b Beside) With(c Beside) Beside {
	if b.Quota.Bytes == 0 {
		b.Quota = c.Quota
	}
	if c.Handles != 0 && (b.Handles == 0 || c.Handles < b.Handles) {
		b.Handles = c.Handles
	}
	b.Modes = b.Modes || c.Modes
	b.ClockBack += c.ClockBack
	b.ClockStands += c.ClockStands
	b.Stall += c.Stall
	return b
}

// disturbs says whether the outcome is another than that of an undisturbed
// operation. When an operation takes place and what is cached meanwhile is
// nothing that its caller could be told.
func (o Outcome) disturbs() bool {
	o.Latency, o.Evict, o.Beside = 0, false, Beside{}
	return o != Outcome{}
}

// withoutSync is the outcome for the operation itself, whatever becomes of what it
// left in the cache.
func (o Outcome) withoutSync() Outcome {
	o.Sync = SyncOK
	return o
}

// Redirect is where a misdirected write lands.
type Redirect struct {
	Path   string // "" is the same file
	Offset int64  // bytes
}

// Effect says how much of an operation takes place.
type Effect uint8

// The effects. Full with an Err is an operation that took place and yet
// reported failure (a rename whose reply was lost).
const (
	EffectDefault Effect = iota // Full if Err is nil, else None
	EffectNone                  // nothing happens (with a nil Err: a lost write)
	EffectPartial               // the first N bytes, or the sectors in Torn
	EffectFull
)

// SyncFailure is a way in which fsync fails, see the package comment.
type SyncFailure uint8

// The ways in which an fsync fails. All but SyncLies return EIO, or Err if
// that is set, from this call or from the next.
const (
	SyncOK           SyncFailure = iota
	SyncDropClean                // data dropped, pages marked clean: the cache shows the new data until eviction, the medium keeps the old
	SyncKeepDirty                // data kept in the cache and still dirty, error reported once
	SyncRevert                   // the cache content goes back to what the medium has
	SyncNextFails                // this call succeeds and does nothing; the next one reports the error
	SyncLies                     // success reported, nothing durable, now or by this call's doing later
	SyncJournalFails             // the filesystem's own journal fails: read-only (or shut down, by profile) from here on
	SyncDropPage                 // one page is dropped as with SyncDropClean, see Outcome.Page; the others become durable, except on btrfs, which drops all
	// SyncFlusherFails is for OpWrite, OpTruncate, OpRename and OpClose, which
	// succeed: right after it the kernel writes the file back by itself, and
	// fails. The cache shows what the medium has, and the next fsync reports EIO.
	SyncFlusherFails
	// SyncDeviceAway is a device that can't be reached, and will be again: the fsync fails with
	// EIO. What it has to write of names, sizes or times the filesystem's journal can't, which
	// fails for good, as with SyncJournalFails; of data alone the pages are dropped, as with
	// SyncDropClean, and all is well once the device is back. With nothing to write it is the
	// device's flush that fails, but on btrfs, and for a directory, which ask for none.
	SyncDeviceAway
)
