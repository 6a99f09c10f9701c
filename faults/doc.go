// Package faults decides which operations of a simulated disk go wrong, and how.
//
// A [Kind] is what goes wrong: a short write, an fsync that drops its data, a
// rename that fails. A [Rule] says which operations a kind may strike, and
// when. A [Plan] is a list of rules. An [Injector] makes a plan happen on one
// disk: it is the [powercut/vfs.Injector] that the disk asks about each
// operation. A [Mix] draws plans at random, another one for each run.
//
// # The language
//
// A plan is text, one rule a line, so that it can stand in a file, be read in a
// diff and be changed by hand:
//
//	# the log's third fsync fails, as on ext4
//	drop-clean on sync of *.log nth=3
//	# space runs out after 64 KiB, and is back five failures later
//	no-space budget=64KiB until=5
//	rename-error of *.qdb.tmp to *.qdb after
//	write-error of /db/** p=1/50
//	latency on read,write p=1/10 delay=3ms
//
// A line begins with what goes wrong, because that is what a reader looks for;
// then come the operations that it may strike, when it strikes them, and how:
//
//	plan     = { [ rule ] [ comment ] newline } .
//	comment  = "#" text .
//	rule     = kind [ "on" op { "," op } ] [ "of" pattern ] [ "to" pattern ] [ "disk=" name ] { when | how } .
//	when     = "seq=" number | "seq=" [ number ] ".." [ number ]
//	         | "budget=" number [ "KiB" | "MiB" | "GiB" ]
//	         | "nth=" number | "from=" number | "until=" number
//	         | "every=" number | "p=" number "/" number
//	         | "sticky" | "times=" number .
//	how      = "after" | "errno=" name | "n=" bytes | "sectors=" hexadecimal
//	         | "bit=" number | "into=" path | "at=" offset | "delay=" duration
//	         | "page=" number .
//
// Words stand apart by spaces; clauses may come in any order, each once. A
// pattern or path with a space, a quote or a "#" in front is written in double
// quotes, as a Go string. A comment belongs to the rule below it, or beside it.
//
// Operations are open, create (an open that adds a name or truncates), read,
// write, truncate, sync (of a file, and of what was written through O_SYNC or
// O_DSYNC, behind the write), syncdir, rename, link, remove, mkdir,
// readdir, stat, close and chmod. Without "on" a rule strikes all those that
// its kind can.
//
// A pattern without a slash is for the last element of a path, in whatever
// directory; with a leading slash it is for the whole path; with a slash
// elsewhere for the end of the path. Within an element * ? [a-z] and \ are as in
// [path.Match]; ** alone between slashes stands for any number of elements. The
// pattern behind "to" is for the target of a rename or link. Of a disk of several
// devices (vfs.Options.Mounts), disk=log narrows a rule to one, disk=main to that of
// the root.
//
// # When a rule strikes
//
// Each rule counts its matches: the operations of the right kind, with the
// right paths, between two operation numbers (seq), once the writes that match
// its pattern have asked for more bytes than its budget. It counts them
// whatever other rules do, so adding a rule to a plan does not move another.
// Of the matches it strikes
//
//	nth=3            the third
//	from=3 until=9   the third to the ninth
//	every=7          each seventh, from "from" on
//	p=1/50           each with that probability
//	sticky           once one was struck, all that follow, up to "until"
//	times=2          no more than two
//
// and all of them without any of these. If several rules would strike one
// operation, the first in the plan does. Latency is an exception: it adds up,
// and leaves the operation to the other rules.
//
// # The kinds
//
// What each does, with the error it reports unless errno says otherwise:
//
//	write-error        EIO     nothing is written
//	short-write        EIO     the first n bytes are written, then the error; n may be all of them
//	torn-write         EIO     some sectors are written, others not, then the error
//	lost-write         -       nothing is written
//	misdirected-write  -       the bytes land elsewhere: at an offset of the file, or of another
//	write-flip         -       bit rot: one bit is written inverted
//	no-space           ENOSPC  the disk is full, for open, create, write, truncate, rename, link and mkdir;
//	                           the write that crosses a budget is a short one
//	drop-clean         EIO     fsync fails; the cache shows the new data, which is never written
//	keep-dirty         EIO     fsync fails; the data may be written by a later fsync
//	revert             EIO     fsync fails; the cache goes back to what the medium has
//	next-fails         -       fsync does nothing; the next one reports EIO
//	journal-fails      EIO     fsync fails; the filesystem is read-only, or shut down, from then on
//	thin-no-space      ENOSPC  fsync finds a thin-provisioned device full; else as drop-clean
//	drop-page          EIO     fsync fails on one page, that of number page among those that it writes:
//	                           that one is dropped as with drop-clean, the others become durable;
//	                           btrfs drops them all
//	flusher-fails      -       after a write, truncate, rename or close that succeeds the kernel writes the
//	                           file back unasked, and fails: the cache shows what the medium has, and
//	                           the next fsync reports EIO
//	lying-sync         -       fsync makes nothing durable
//	open-error         EIO     and create-error, truncate-error, rename-error, link-error, remove-error,
//	                           mkdir-error, chmod-error (EPERM), stat-error, readdir-error: nothing is done
//	close-error        EIO     the handle is closed all the same
//	read-error         EIO     nothing is read
//	short-read         -       n bytes are read; with errno=EOF the file seems to end there,
//	                           to a positioned read, or to a sequential one of n=0
//	read-flip          -       one bit is read inverted, this once
//	evict              -       before the operation the clean pages of all files are dropped from the
//	                           cache: what a failed fsync left on the medium shows from then on
//	latency            -       the simulated clock moves on
//
// Those of the environment, which a [Mix] draws if its Kinds name them:
//
//	clock-back         -       the simulated clock steps back by delay
//	clock-stands       -       it stands still until it was read for so long, a microsecond each time
//	stall              -       the operation is in flight for so long: other clients go on meanwhile, and
//	                           deadlines by the run's clock pass
//	too-many-open      EMFILE  nothing is opened while n files are open (16)
//	enforce-modes      EACCES  modes bind, as for a user who owns the files and is not root
//	no-dir-sync        EINVAL  a directory can't be synced: nothing is done
//	offline            EIO     the device loses its power, alone: it loses what a power cut loses, and
//	                           all but a close fails on it until the machine starts again
//	away               EIO     the device can't be reached, and is back behind the last match: an fsync fails.
//	                           With data alone to write it drops that, as drop-clean; with names, sizes or
//	                           times the filesystem's journal fails for good, as with journal-fails
//	read-only          EROFS   the filesystem found an error in itself: this change and all that follow fail,
//	                           and each fsync, until the machine starts again; xfs shuts down (EIO)
//	quota              EDQUOT  the files below the directory of its pattern, /db/**, may hold n bytes
//	                           together (64 KiB), in blocks of 4 KiB; without a pattern all files of the device
//
// What drop-clean, revert and thin-no-space do to data they don't do to names:
// a directory's fsync fails, and its names stay pending, as with keep-dirty.
//
// "-" tells the caller that all went well. With "after", the operation takes
// place and yet reports its error: a rename whose reply was lost. It's there
// for create, truncate, rename, link, remove, mkdir and chmod.
//
// What a rule leaves open is drawn from the injector's source: how many bytes
// (n), which sectors, which bit, where a misdirected write lands, how long a
// delay is. [Injector.Fired] gives the same faults as a plan with nothing left
// open, each bound to the number of its operation: with it a run repeats
// without that source. [Plan.ByCount] binds them to the third fsync of a file
// instead of to operation 17, and [Plan.Simpler] takes them away one after the
// other: with these a failure is reduced.
//
// # What nobody can keep
//
// A disk that lies about fsync makes durability impossible; bit rot in data
// that was acknowledged can only be refused. [Kind.Suspends] and
// [Plan.Suspends] name the laws that a fault suspends, so that whoever judges a
// run does not ask for the impossible. A [Mix] writes them above each rule.
package faults
