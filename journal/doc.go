// Package journal is a write-ahead journal: a program appends entries, a state
// machine applies them, and after a crash the machine is brought back to a
// state that contains every entry the program was told is safe.
//
// [Open] recovers a base, such as "/data/j", and returns a [Journal]. Append,
// AppendAsync, Sync, Snapshot, Roll, Prune, Read and Close are its methods.
// [Replay], [Validate], [Inspect] and [Repair] work on files without opening a
// journal, and [Purge] removes them. The journal writes through an afero.Fs,
// starts no goroutine, waits only through its [Monitor], and takes time and
// entropy from its [Options]: so a simulator decides everything that it sees.
//
// # Words
//
// An entry is accepted when AppendAsync returned it as pending, acknowledged
// when Append or Wait returned nil, durable when every disk that a power cut
// may leave holds it. In sync mode, acknowledged entries are durable. In async
// mode they survive the death of the process, and are durable after the next
// Sync. A power cut loses everything volatile; a process crash leaves the page
// cache. A tail is what a crash tore off, never acknowledged; corruption is
// damage before it. Entries have log sequence numbers, LSNs, from 1, without
// gaps, given out when a batch is written; a refused batch gives them back.
//
// A base is the directory and the common beginning of the names of a journal's
// files. A log holds entries in frames; a batch is the entries that share a write
// and a commit; a marker is a frame by which a log proves its content and claims
// that bytes are durable. To roll is to end a log, which becomes an archive, and to
// begin the next one. The original is the rayforce database, whose logs have no
// markers.
//
// # Files
//
//	<base>.log                     the active log
//	<base>.qdb                     the snapshot: one frame with the state
//	<base>.<stamp>-<gen>-<id>.log  an archive: a log that was rolled; rayforce names one
//	                               <base>.<stamp>.log, and the next within that second
//	                               <base>.<stamp>.1.log
//	<base>.log.tail-<id>-<offset>  a tail that recovery cut off
//	<base>.log.tmp, <base>.qdb.tmp a file before its rename
//	<base>.lock                    flock'ed while the journal is open
//	<base>.lk                      flock'ed too: rayforce's lock, where there is flock
//	<base>.purge                   a Purge is under way
//
// Every log and snapshot is also a file that the rayforce database reads, and
// its files are read here. A log is a sequence of frames, a 16-byte header and
// a payload that is one serialised value (package wire draws both byte by
// byte). An entry's payload is what was appended, or that compressed, if
// samples of it say that this makes it smaller. Between entries stand markers: frames
// whose payload is a byte vector. To a reader that knows nothing of markers this is a
// value that evaluates to itself and changes nothing.
//
//	┌─────────┬───────┬───────┬────────┬───────┬────────┬────────┐
//	│ genesis │ entry │ entry │ commit │ entry │ commit │ commit │
//	└─────────┴───────┴───────┴────────┴───────┴────────┴────────┘
//	            └── batch ──┘           └batch┘          └ empty, of a Sync
//
// The genesis names the log (a random id, a generation), the LSN it continues
// from, the snapshot that was in place, with its digest and the LSN that it
// covers, and the log before it with its length and last checksum. A commit
// proves the batch before it: its length, entries, and a CRC-32C that begins
// with the checksum of the marker before, so that nothing of another history
// fits. It also claims how many bytes of the file were durable before it was
// written. A snapshot marker names a snapshot that is about to be renamed into
// place. The bytes of each marker, all little-endian, are a frame header, the
// head of a byte vector (02, 00, i64 length) and:
//
//	offset size
//	     0    8  8f 70 77 72 63 75 74 0a
//	     8    1  kind: 1 genesis, 2 commit, 3 snapshot
//	     9    1  format version, 1
//	    10    1  flags: 1 sealed
//	    11    1  zero
//	    12    4  CRC-32C of the frame, these bytes taken as zero
//	    16   16  log id
//	    32    8  generation
//	    40    8  own offset in the file
//	    48    8  last LSN before the marker
//	    56    8  LSN known durable when it was written
//	    64    8  bytes known durable when it was written
//	    72    8  bytes since the marker before
//	    80    4  CRC-32C of them
//	    84    4  entries among them
//	    88    8  LSN that the snapshot covers       (genesis, snapshot)
//	    96    8  size of the snapshot file          (genesis, snapshot)
//	   104   32  SHA-256 of the snapshot file       (genesis, snapshot)
//	   136   16  id of the log before               (genesis)
//	   152    8  its last LSN                       (genesis)
//	   160    8  its length                         (genesis)
//	   168    8  its entries                        (genesis)
//	   176    4  its last checksum                  (genesis)
//	   180    1  0 none, 1 with markers, 2 without  (genesis)
//	   181    1  length of the following            (genesis)
//	   182   66  the middle of its archive's name   (genesis)
//
// A genesis is sealed, and so is the marker with which Close ends: behind a sealed
// marker this package writes another marker first, an empty commit before the first
// batch. Logs of before there were sealed markers have none, and open as well.
//
// Markers of later versions begin with the same 48 bytes. One that proves itself and
// has a version or a kind that is not known, anywhere in a log that recovery looks
// at, is a [VersionError]: nothing is served and nothing changed. So is a log with
// the preamble of a rayforce beyond the one known (RAYJLG1), or whose first frame has another
// version.
//
// # Append
//
// A batch, its entries and its commit marker, is one write and, in sync mode,
// one fsync. Whoever waits first leads; others join the next batch meanwhile,
// since the monitor is free during the write and the fsync. Then the machine
// applies the batch, in order.
//
//	crash                          recovery
//	before or during the write     the batch has no valid commit: a tail, cut off
//	after it, before the fsync     the batch is there as a whole or it is a tail
//	after the fsync                the batch is there
//
// A write that fails is undone, by truncation and fsync, before the next; the
// entries are refused, and nothing of them can come back. If that is not
// certain, they are indeterminate and the journal is poisoned. An fsync that
// fails is never tried again, since the next one would succeed without the data:
// the batch is indeterminate, the journal poisoned, and a new Open finds out
// what is there.
//
// With [Options].RoomBytes, in sync mode, a write that would end behind the room
// is followed by one of that many zeros: later batches overwrite them, and their
// fsyncs have no new size to record. The zeros are a tail without content, which
// recovery cuts off. What a short write left out may be zero where room was made,
// so that it counts as written then.
//
// # What is a tail and what is corruption
//
// Behind the last good commit, recovery looks at every byte for a marker of
// this log that proves itself, at the offset that it names. If one claims
// bytes durable that are not good, they were acknowledged and are damaged: Open
// refuses with a [CorruptError] and changes nothing. If none does, this is a
// tail: it is copied aside and cut off. Sync, Roll and Close end with a marker
// that claims everything before it. An archive has no tail: the next genesis
// claims it all. A read that fails is never taken for an end of the file.
//
// Whole frames in a tail may be another program's, such as rayforce's, which appends
// to our logs and knows nothing of commits. Behind a sealed marker they can't be
// ours, and are refused with a [ForeignError], unless [Options].AdoptForeign takes
// them over: then a commit marker is put behind them, which makes them a batch, and
// the tail that may follow is kept aside. A crash before that marker is durable
// leaves the log as it was. Elsewhere such frames are kept aside like any tail, and
// counted ([Recovery].TailFrames).
//
// # What rayforce finds in our files
//
// It reads <base>.qdb and <base>.log, and evaluates a marker to itself. It never
// reads an archive: so it finds the whole state after a Snapshot, and after a Roll
// alone only what was appended since. That is why the first append to a log that only
// rayforce has written, which rolls it, takes AdoptForeign too. And it takes zeros for
// a bad tail: those that RoomBytes sets aside are cut off by Close, but after a crash
// it refuses the log until Open here, or its owner, has cut them off.
//
// # How a log may begin
//
//	it begins with                              it is
//	a genesis that proves itself                a log with markers
//	a whole frame that is no marker             a log of the original, without markers
//	16 bytes with RAYJLG1, and then nothing     a log of a newer original: the rest of
//	or such a frame                             its preamble is a generation
//	nothing: it is empty                        the original's, of before its first entry
//	zeros alone, at most a page of them         an interrupted creation
//	anything else                               refused
//
// Those between the first and the last are refused if something tells that a log with
// markers was there: an archive that this package named, or with a genesis, a
// snapshot of this package, or the genesis of the log that was to follow it. An
// honest creation leaves no such thing: a genesis is synced before its log gets the
// name. A log that is gone is missed for the same reasons.
//
// # Entries that can't be evaluated
//
// A machine may not know what an entry of another program does: its evaluation error
// says so with a method Unsupported. The state is incomplete then. Open succeeds,
// Recovery names those entries and what is in doubt, and appends go on. But what would
// make such a state lasting is refused with an [IncompleteError], unless
// [Options].AllowIncomplete accepts it: a snapshot, which would lack what they did,
// and the roll of a log without markers, since the program that wrote it, and can
// evaluate it, reads no archive.
//
// A machine may also skip a part of a snapshot, as rayforce does: a name without a
// value, for one. Recovery counts what is skipped, the state is incomplete, and the next
// snapshot, which would not have it, is refused likewise.
//
// # What Open, Validate, Inspect and Repair say
//
// They agree about the same files:
//
//   - [Open] succeeds if and only if [Repair], without options but the machine,
//     returns no error and no path. It is asked of all files of a base, and changes
//     nothing if it returns an error.
//   - If Open succeeds, [Validate] of <base>.log, if there is one, returns no error,
//     and what is beyond its ValidBytes is the tail that Open reports. If Validate
//     returns an error, Open returns one. The other way round, what keeps a base from
//     opening may stand in another file.
//   - [Inspect] finds whole frames at least up to Validate's ValidBytes. If Validate
//     has neither an error nor a tail to tell of, Inspect finds whole frames up to the
//     file's end, each with a payload that can be decoded.
//   - If Repair returns a path and no error, Open succeeds.
//
// # Holes
//
// Where a file has a hole of a MiB or more, and the filesystem tells, its zeros are not
// read: a recovery over gigabytes of them takes milliseconds. That is asked of an
// *os.File on Linux and FreeBSD, and of any file that has the methods SeekData and
// SeekHole, with ENXIO for nothing more. Whatever begins with anything else than zeros is
// read, though it is called a hole, and the rest of that file with it; where the file
// knows no holes, all is read. An error of another kind is a [ReadError].
//
// # Roll
//
//	step                                        crash after it: what recovery does
//	1 write and fsync a claiming commit, cut    nothing more: the log is as before
//	  off the room that is left, fsync
//	2 create <base>.log.tmp with the genesis,   removes it
//	  fsync it
//	3 rename <base>.log to the archive          finds the log under one name or both;
//	                                            removes the active name if it is the
//	                                            second, takes the newest archive for
//	                                            the end of the journal, and goes on
//	                                            with <base>.log.tmp, or makes it again
//	4 rename <base>.log.tmp to <base>.log       the same, or finds the new log complete
//	5 fsync the directory                       finds the new log
//
// Only now is anything acknowledged in the new log. Between 3 and 4 no fsync is
// needed: a name that is taken again persists only with the rename that gave it
// up. Lack of space strikes before step 3. If step 4 fails, the journal refuses
// entries until a later try succeeds. A log without markers is rolled before the first append to it;
// as only the new log's genesis says that it belongs to the journal, the
// directory is synced also between 2 and 3, and recovery completes step 4 with
// the <base>.log.tmp that it finds.
//
// # Snapshot
//
//	step                                        crash after it: what recovery does
//	1 create <base>.qdb.tmp anew, write, fsync  removes it
//	2 append a snapshot marker, fsync           removes it; the marker means nothing
//	3 rename <base>.qdb.tmp to <base>.qdb       whichever snapshot is there: its digest
//	                                            stands in the genesis or in a marker,
//	                                            and tells from which LSN to replay
//	4 fsync the directory                       the new snapshot is there
//	5 roll                                      as above
//
// A snapshot of a newer rayforce holds, as .journal.covered, a generation and how many
// bytes of that log it covers: what it covers of the log that is there is not applied.
//
// Entries that the snapshot covers are never applied over it, wherever the
// crash came. A snapshot of this package tells so in its header (package wire), and that
// a log belongs to it. Beside one of the original's there need be none: nothing
// proves it, and it is taken as it is.
//
// # Recovery
//
// Everything is read and judged before anything is changed: the archives'
// genesis markers, the newest log, the snapshot by its digest, and each older
// log that the snapshot does not cover. A gap is refused, and so is an archive
// with a damaged genesis that may be the newest log. Then the machine
// restores the snapshot and applies the rest, and then, in this order:
//
//	step                                        crash after it: the next recovery
//	0 fsync the directory, if the log before    does it again
//	  the oldest archive is gone, or if the
//	  newest log began before the snapshot
//	1 write every byte of the newest log that   does it again
//	  no marker claims durable again, in place
//	2 copy the tail: a temporary file, fsync,   finds the copy, or makes it again;
//	  rename, fsync of the directory            never keeps two
//	3 write and fsync <base>.log.tmp, if a roll does it again
//	  must be completed or there is no log:
//	  the one that is there if it continues the
//	  newest log, or a new one
//	4 cut off the tail, fsync the log           finds the tail, or a part of it, that
//	                                            the copy holds, or none
//	5 fsync the snapshot                        does it again
//	6 remove a second name of an archive        does it again
//	7 rename <base>.log.tmp to <base>.log       finds a log, or does 3 again
//	8 remove leftovers, fsync the directory     finds nothing to do
//
// Step 0 is there because a Prune may have died before its removals were durable, or a
// Snapshot before its rename was: on some filesystems the archive, or the snapshot before,
// would come back with what is written from here on in its place. Entries of another
// program are taken over after it, too, and Repair does the same before it keeps anything.
// Step 1 is there because a page that an fsync failed on may be in the cache,
// and clean: it reads well, and no fsync would ever write it. Whatever Open
// reports is durable when it returns.
//
// # Without space
//
// A full disk is what tears tails, so a journal opens there too, with all that was
// acknowledged. What needs space comes before what can't be undone:
//
//	step         without space for it             crash then: the next recovery
//	1 rewrite    Open fails with ENOSPC and has   does the same
//	             changed nothing: only where
//	             overwriting takes a block, as on
//	             btrfs, and only if there is
//	             something to write again
//	2, 4 tail    stays in the log, and            finds the tail, and a copy if there
//	             Recovery.TailInPlace says so     was space for that alone
//	3, 7 roll    stays half done, with no active  the same, or completes it
//	             log: Recovery.RollPending
//
// A <base>.log.tmp that a roll had made takes no space, but where its directory has no
// room for another name: that one is completed. Only where there is no such room, or no
// log yet and none can be made, Open fails with ENOSPC. (A roll is
// not undone: what had the name of an archive may be part of a backup, and must
// never grow again.)
//
// Archives and snapshots are never changed once their names are durable. So a backup
// may link them instead of copying them, if it lists the directory, fsyncs it, and
// only then links what it listed: a name that was not durable is gone after a power
// cut, and the file under it is the active log again.
//
// As long as something waits for space nothing is written: Append, Snapshot and Roll
// are refused, and with a tail in place so is Sync, and Close says in its error that
// it could not write the marker of a clean end, though all is durable. Read and
// Prune work. Each of the former tries first to do what recovery could not,
//
//	step                                        crash after it: the next recovery
//	1 copy the tail, as above                   finds the tail and the copy
//	2 cut off the tail, fsync the log           finds the tail, or a part of it, that
//	                                            the copy holds, or none
//	3 for a roll: create <base>.log.tmp, and    as after the steps of a roll
//	  so on, as in any roll
//
// so that once there is space the first of them completes that, and goes on. [Stats]
// tells of the tail. The fsync of step 2 comes before anything is written there: a tail
// of which a power cut lost the beginning would be whole again behind the marker that a
// log's first batch begins with, which is the same as the one that was lost.
//
// # What is assumed of the disk
//
//   - A file's fsync makes its content and size durable; a directory's its names.
//     Nothing else does. Where a directory can't be fsynced, Open says so, unless
//     [Options].AcceptNoDirSync accepts it.
//   - Without one, any subset of sectors of 512 bytes, sizes and names persists.
//   - A rename may persist by halves, leaving both names, but never neither. A
//     name that was given up and taken again persists only with the giving up.
//   - After an fsync failed, nothing since the last good one is known.
//   - Damage happens; a CRC-32C finds it.
//
// # Ownership
//
// One owner at a time has a base open. A filesystem with a method
// Lock(name string) (unlock func() error, err error) is asked for a lock;
// files of the operating system are flock'ed; otherwise a table in this process
// tells. A lock file that was left behind blocks nobody. Rayforce flocks <base>.lk:
// so does this package, and neither opens what the other has open. (Versions of
// rayforce that make no such file lock nothing, and can't be kept out.)
package journal
