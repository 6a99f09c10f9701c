package faults

import (
	"fmt"
	"slices"
	"strings"
	"syscall"

	"powercut/vfs"
)

// Kind is what goes wrong.
type Kind uint8

// The kinds of fault. The table in the package comment says what each does.
const (
	WriteError Kind = iota + 1
	ShortWrite
	TornWrite
	LostWrite
	MisdirectedWrite
	WriteFlip
	NoSpace
	DropClean
	KeepDirty
	Revert
	NextFails
	JournalFails
	ThinNoSpace
	DropPage
	FlusherFails
	LyingSync
	OpenError
	CreateError
	TruncateError
	RenameError
	LinkError
	RemoveError
	MkdirError
	ReaddirError
	StatError
	CloseError
	ChmodError
	ReadError
	ShortRead
	ReadFlip
	Evict
	Latency
	firstEnvironment
)

// The kinds of the environment, which a Mix draws only if its Kinds name them: a
// disk is seldom without its answer, but a program's clock, descriptors, rights and
// patience may run out.
const (
	ClockBack Kind = iota + firstEnvironment + 1
	ClockStands
	Stall
	TooManyOpen
	EnforceModes
	NoDirSync
	Offline
	Away
	ReadOnly
	Quota
	numKinds
)

// traits is what a kind is made of.
type traits struct {
	name     string
	ops      Ops           // that it can strike
	errno    syscall.Errno // unless the rule says otherwise; 0: the caller is told that all went well
	sync     vfs.SyncFailure
	clauses  clause   // that its rules may have, beside those which select operations
	suspends []string // laws
	does     string   // to an operation, in a few words
	// whole kinds are a property of the machine: a Mix has them on for a whole run.
	whole bool
	// beside kinds add to whatever else strikes, and leave the operation to the
	// other rules.
	beside bool
}

// clause is a set of the clauses of a rule that say how an operation fails.
type clause uint16

const (
	hasErrno clause = 1 << iota
	hasAfter
	hasBytes
	hasSectors
	hasBit
	hasPlace
	hasDelay
	hasPage
)

var (
	anySync = OpsOf(vfs.OpSync, vfs.OpSyncDir)

	kinds = [numKinds]traits{
		WriteError: {name: "write-error", ops: OpsOf(vfs.OpWrite), errno: syscall.EIO, clauses: hasErrno,
			does: "nothing is written"},
		ShortWrite: {name: "short-write", ops: OpsOf(vfs.OpWrite), errno: syscall.EIO, clauses: hasErrno | hasBytes,
			does: "the first n bytes are written, then the error"},
		TornWrite: {name: "torn-write", ops: OpsOf(vfs.OpWrite), errno: syscall.EIO, clauses: hasErrno | hasBytes | hasSectors,
			does: "some sectors are written, others not, then the error"},
		LostWrite: {name: "lost-write", ops: OpsOf(vfs.OpWrite), suspends: damage,
			does: "nothing is written, success is reported"},
		MisdirectedWrite: {name: "misdirected-write", ops: OpsOf(vfs.OpWrite), clauses: hasPlace, suspends: damage,
			does: "written elsewhere, success is reported"},
		WriteFlip: {name: "write-flip", ops: OpsOf(vfs.OpWrite), clauses: hasBit, suspends: damage,
			does: "bit rot: one bit is written inverted, success is reported"},
		NoSpace: {name: "no-space", ops: OpsOf(vfs.OpOpen, vfs.OpCreate, vfs.OpWrite, vfs.OpTruncate, vfs.OpRename, vfs.OpLink, vfs.OpMkdir),
			errno: syscall.ENOSPC, clauses: hasErrno | hasBytes,
			does: "the disk is full; of the write that crosses a budget the first bytes are written"},
		DropClean: {name: "drop-clean", ops: anySync, errno: syscall.EIO, sync: vfs.SyncDropClean, clauses: hasErrno, suspends: lostCache,
			does: "fsync fails; the data is dropped, its pages are marked clean"},
		KeepDirty: {name: "keep-dirty", ops: anySync, errno: syscall.EIO, sync: vfs.SyncKeepDirty, clauses: hasErrno, suspends: poisons,
			does: "fsync fails; the data stays in the cache, dirty"},
		Revert: {name: "revert", ops: anySync, errno: syscall.EIO, sync: vfs.SyncRevert, clauses: hasErrno, suspends: lostCache,
			does: "fsync fails; the cache goes back to what the medium has"},
		NextFails: {name: "next-fails", ops: anySync, sync: vfs.SyncNextFails, suspends: lies,
			does: "fsync does nothing and reports success; the next one reports EIO"},
		JournalFails: {name: "journal-fails", ops: anySync, errno: syscall.EIO, sync: vfs.SyncJournalFails, clauses: hasErrno, suspends: poisons,
			does: "fsync fails, the filesystem is read-only (or shut down) from then on"},
		ThinNoSpace: {name: "thin-no-space", ops: anySync, errno: syscall.ENOSPC, sync: vfs.SyncDropClean, clauses: hasErrno, suspends: lostCache,
			does: "a thin-provisioned device is full: as drop-clean, with ENOSPC"},
		DropPage: {name: "drop-page", ops: OpsOf(vfs.OpSync), errno: syscall.EIO, sync: vfs.SyncDropPage, clauses: hasErrno | hasPage, suspends: lostCache,
			does: "fsync fails on one page, which is dropped; the others become durable, except on btrfs"},
		FlusherFails: {name: "flusher-fails", ops: OpsOf(vfs.OpWrite, vfs.OpTruncate, vfs.OpRename, vfs.OpClose), sync: vfs.SyncFlusherFails, suspends: lostCache,
			does: "afterwards the kernel writes the file back unasked and fails: the old data shows, and the next fsync reports EIO"},
		LyingSync: {name: "lying-sync", ops: anySync, sync: vfs.SyncLies, suspends: lies,
			does: "fsync reports success, nothing becomes durable"},
		OpenError: {name: "open-error", ops: OpsOf(vfs.OpOpen), errno: syscall.EIO, clauses: hasErrno,
			does: "nothing is opened"},
		CreateError: {name: "create-error", ops: OpsOf(vfs.OpCreate), errno: syscall.EIO, clauses: hasErrno | hasAfter,
			does: "no file is created or cut to length 0, unless after"},
		TruncateError: {name: "truncate-error", ops: OpsOf(vfs.OpTruncate), errno: syscall.EIO, clauses: hasErrno | hasAfter, suspends: poisons,
			does: "the size stays, unless after"},
		RenameError: {name: "rename-error", ops: OpsOf(vfs.OpRename), errno: syscall.EIO, clauses: hasErrno | hasAfter,
			does: "the names stay, unless after"},
		LinkError: {name: "link-error", ops: OpsOf(vfs.OpLink), errno: syscall.EIO, clauses: hasErrno | hasAfter,
			does: "no name is added, unless after"},
		RemoveError: {name: "remove-error", ops: OpsOf(vfs.OpRemove), errno: syscall.EIO, clauses: hasErrno | hasAfter,
			does: "the name stays, unless after"},
		MkdirError: {name: "mkdir-error", ops: OpsOf(vfs.OpMkdir), errno: syscall.EIO, clauses: hasErrno | hasAfter,
			does: "no directory is made, unless after"},
		ReaddirError: {name: "readdir-error", ops: OpsOf(vfs.OpReaddir), errno: syscall.EIO, clauses: hasErrno,
			does: "no names are returned"},
		StatError: {name: "stat-error", ops: OpsOf(vfs.OpStat), errno: syscall.EIO, clauses: hasErrno,
			does: "nothing is known about the file, not even that it's missing"},
		CloseError: {name: "close-error", ops: OpsOf(vfs.OpClose), errno: syscall.EIO, clauses: hasErrno,
			does: "the error is reported, the handle is closed all the same, as on Linux"},
		ChmodError: {name: "chmod-error", ops: OpsOf(vfs.OpChmod), errno: syscall.EPERM, clauses: hasErrno | hasAfter,
			does: "mode, owner, times or extended attributes stay, unless after"},
		ReadError: {name: "read-error", ops: OpsOf(vfs.OpRead), errno: syscall.EIO, clauses: hasErrno,
			does: "nothing is read"},
		ShortRead: {name: "short-read", ops: OpsOf(vfs.OpRead), clauses: hasErrno | hasBytes,
			does: "n bytes are read, fewer than asked for; with errno=EOF the file seems to end there"},
		ReadFlip: {name: "read-flip", ops: OpsOf(vfs.OpRead), clauses: hasBit, suspends: misread,
			does: "one bit is read inverted, this once"},
		Evict: {name: "evict", ops: OpsOf(vfs.OpOpen, vfs.OpRead, vfs.OpWrite, vfs.OpTruncate, vfs.OpSync), beside: true,
			does: "before it the cache's clean pages are dropped, so that what a failed fsync left on the medium shows"},
		Latency: {name: "latency", ops: allOps, clauses: hasDelay, beside: true,
			does: "the simulated clock moves on; whatever else strikes, strikes too"},
		ClockBack: {name: "clock-back", ops: allOps, clauses: hasDelay, beside: true,
			does: "the simulated clock steps back, as when somebody sets it"},
		ClockStands: {name: "clock-stands", ops: allOps, clauses: hasDelay, beside: true,
			does: "the simulated clock stands still until it was read for so long, a microsecond each time"},
		Stall: {name: "stall", ops: allOps, clauses: hasDelay, beside: true,
			does: "the operation is in flight for so long, while other clients go on and deadlines pass"},
		TooManyOpen: {name: "too-many-open", whole: true, ops: OpsOf(vfs.OpOpen, vfs.OpCreate), clauses: hasBytes, beside: true,
			does: "nothing is opened while n files are open, EMFILE is reported"},
		EnforceModes: {name: "enforce-modes", whole: true, ops: OpsOf(vfs.OpOpen, vfs.OpCreate, vfs.OpRename, vfs.OpLink, vfs.OpRemove, vfs.OpMkdir), beside: true,
			does: "modes bind, as they do for a user who owns the files and is not root: EACCES"},
		NoDirSync: {name: "no-dir-sync", whole: true, ops: OpsOf(vfs.OpSyncDir), errno: syscall.EINVAL, clauses: hasErrno, suspends: poisons,
			does: "the filesystem can't sync a directory: nothing is done"},
		Offline: {name: "offline", ops: allOps &^ OpsOf(vfs.OpClose), errno: syscall.EIO, clauses: hasErrno, suspends: poisons,
			does: "the device loses its power, alone: this and all that follows on it fails until the machine starts again"},
		Away: {name: "away", ops: anySync, errno: syscall.EIO, sync: vfs.SyncDeviceAway, clauses: hasErrno, suspends: lostCache,
			does: "the device can't be reached: fsync fails, and with it, for good, a filesystem that has more than data to write"},
		ReadOnly: {name: "read-only", ops: OpsOf(vfs.OpCreate, vfs.OpWrite, vfs.OpTruncate, vfs.OpSync, vfs.OpSyncDir, vfs.OpRename, vfs.OpLink, vfs.OpRemove, vfs.OpMkdir, vfs.OpChmod),
			errno: syscall.EROFS, clauses: hasErrno, suspends: poisons,
			does: "the filesystem found an error in itself: it is read-only from now on, and xfs is shut down"},
		Quota: {name: "quota", whole: true, ops: OpsOf(vfs.OpWrite, vfs.OpTruncate), clauses: hasBytes, beside: true,
			does: "the files below a directory may hold n bytes together; what goes beyond fails with EDQUOT"},
	}
)

var allOps = func() (s Ops) {
	for _, o := range opNames {
		s |= OpsOf(o.kind)
	}
	return s
}()

// Kinds returns every kind of failing disk, in the order of the constants.
func Kinds() []Kind {
	all := make([]Kind, 0, firstEnvironment-1)
	for k := Kind(1); k < firstEnvironment; k++ {
		all = append(all, k)
	}
	return all
}

// EnvironmentKinds returns the kinds of the environment, in the order of the
// constants.
func EnvironmentKinds() []Kind {
	return []Kind{ClockBack, ClockStands, Stall, TooManyOpen, EnforceModes, NoDirSync, Offline, Away, ReadOnly, Quota}
}

// String returns the name that stands for the kind in a plan: "short-write".
func (k Kind) String() string {
	if !k.valid() {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return kinds[k].name
}

// MarshalText implements encoding.TextMarshaler, so that a map of counts by
// kind has readable keys.
func (k Kind) MarshalText() ([]byte, error) {
	if !k.valid() {
		return nil, fmt.Errorf("faults: %s is no kind of fault", k)
	}
	return []byte(k.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *Kind) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKind(string(text))
	return err
}

// ParseKind returns the kind of that name.
func ParseKind(name string) (Kind, error) {
	for k := Kind(1); k < numKinds; k++ {
		if k.valid() && kinds[k].name == name {
			return k, nil
		}
	}
	return 0, fmt.Errorf("faults: unknown kind of fault %.40q; %s", name, kindHint(name))
}

// kindHint tells somebody who mistyped a kind what there is.
func kindHint(name string) string {
	names := make([]string, 0, numKinds)
	for _, k := range append(Kinds(), EnvironmentKinds()...) {
		names = append(names, k.String())
	}
	if near, ok := Nearest(name, names); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "there are " + strings.Join(names, ", ")
}

func (k Kind) valid() bool { return k > 0 && k < numKinds && k != firstEnvironment }

// Ops returns the kinds of operation that this kind of fault can strike.
func (k Kind) Ops() Ops {
	if !k.valid() {
		return 0
	}
	return kinds[k].ops
}

// Does says in a few words what happens to an operation.
func (k Kind) Does() string {
	if !k.valid() {
		return ""
	}
	return kinds[k].does
}

// Beside says whether the kind leaves the operation as it is, and only adds to it what
// no caller is told: time, or an eviction.
func (k Kind) Beside() bool { return k.valid() && kinds[k].beside }

// Suspends returns the names of the laws that nobody can keep on a disk with
// this fault, see Plan.Suspends. Most kinds suspend none.
func (k Kind) Suspends() []string {
	if !k.valid() {
		return nil
	}
	return slices.Clone(kinds[k].suspends)
}
