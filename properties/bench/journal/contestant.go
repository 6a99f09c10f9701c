package journal

// promise says what is true when an append returns.
type promise int

const (
	buffered promise = iota
	process
	power
)

// store is a log as the loops drive it. Unless its contestant is concurrent,
// one caller at a time uses it.
type store interface {
	// Append stores an entry and returns when the promise holds for it. The
	// entry is the caller's again.
	Append(entry []byte) error
	Close() error
}

// batcher is a store that takes several entries under one write and one fsync.
type batcher interface {
	AppendBatch(entries [][]byte) error
}

// syncCounter is a store that knows how many fsyncs it asked for.
type syncCounter interface {
	Fsyncs() uint64
}

// rewinder is a store on a file that was written before: it begins at the
// file's start again, instead of growing.
type rewinder interface {
	Rewind() error
}

// contestant is one way to write a log.
type contestant struct {
	name string
	// floor: entries are framed by the loop, as long as the journal's frames.
	floor bool
	// concurrent: Append may be called from any goroutine, and groups what
	// comes together. Others are put behind a front.
	concurrent bool
	// recycles: the file was written before, and is overwritten from its start.
	recycles bool
	// open makes an empty log in a directory.
	open func(dir string, p promise) (store, error)
	// read hands out each entry of a closed log, in order; nil if nothing is
	// stored. entryBytes is for floors, whose files have no framing.
	read func(dir string, entryBytes int, each func(entry []byte) error) error
}

// appenders promise that the process may die. raft-wal is not among them: it
// has no way to append without an fsync.
var appenders = []contestant{
	{name: "write", floor: true, open: openGrowing(noSync), read: readRaw},
	{name: "write-preallocated", floor: true, recycles: true, open: openPrewritten(noSync), read: readRaw},
	{name: "crc32c", floor: true, open: openChecksum},
	{name: "powercut", concurrent: true, open: openPowercut, read: readPowercut},
	{name: "tidwall", open: openTidwall, read: readTidwall},
	{name: "etcd", open: openEtcd, read: readEtcd},
	{name: "prometheus", open: openPrometheus, read: readPrometheus},
	{name: "pebble-buffered", open: openPebble, read: readPebble},
}

// syncers promise that the power may go, to one caller.
var syncers = []contestant{
	{name: "write+fsync", floor: true, open: openGrowing(fsync), read: readRaw},
	{name: "write+fdatasync", floor: true, open: openGrowing(fdatasync), read: readRaw},
	{name: "preallocated+fsync", floor: true, recycles: true, open: openPrewritten(fsync), read: readRaw},
	{name: "preallocated+fdatasync", floor: true, recycles: true, open: openPrewritten(fdatasync), read: readRaw},
	{name: "powercut", concurrent: true, open: openPowercut, read: readPowercut},
	{name: "powercut-room", concurrent: true, open: openPowercutRoom, read: readPowercut},
	{name: "powercut-prewritten", concurrent: true, recycles: true, open: openPowercutPrewritten, read: readPrewritten},
	{name: "tidwall", open: openTidwall, read: readTidwall},
	{name: "etcd", open: openEtcd, read: readEtcd},
	{name: "raft-wal", open: openRaftWAL, read: readRaftWAL},
	{name: "prometheus", open: openPrometheus, read: readPrometheus},
	{name: "pebble", concurrent: true, open: openPebble, read: readPebble},
	{name: "pebble-recycled", concurrent: true, recycles: true, open: openPebbleRecycled, read: readPebble},
}

// groupers promise the same to many callers at once, who share fsyncs.
var groupers = []contestant{
	{name: "ideal", floor: true, open: openGrowing(fdatasync), read: readRaw},
	{name: "ideal-fsync", floor: true, open: openGrowing(fsync), read: readRaw},
	{name: "ideal-recycled", floor: true, recycles: true, open: openPrewritten(fdatasync), read: readRaw},
	{name: "powercut", concurrent: true, open: openPowercut, read: readPowercut},
	{name: "powercut-room", concurrent: true, open: openPowercutRoom, read: readPowercut},
	{name: "powercut-prewritten", concurrent: true, recycles: true, open: openPowercutPrewritten, read: readPrewritten},
	{name: "tidwall", open: openTidwall, read: readTidwall},
	{name: "etcd", open: openEtcd, read: readEtcd},
	{name: "raft-wal", open: openRaftWAL, read: readRaftWAL},
	{name: "prometheus", open: openPrometheus, read: readPrometheus},
	{name: "pebble", concurrent: true, open: openPebble, read: readPebble},
	{name: "pebble-recycled", concurrent: true, recycles: true, open: openPebbleRecycled, read: readPebble},
}
