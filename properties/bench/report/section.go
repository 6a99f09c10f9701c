package main

// ours begins the name of every row that is not a floor and not a peer.
const ours = "powercut"

// section is a part of the report, with an input file of its own.
type section struct {
	Name, Title, Text string
	Benchmarks        []benchmark
	Goals             []goal
}

// benchmark says how to show one. The zero value shows every unit and no ratio
// to a floor.
type benchmark struct {
	Name, Title, Text string
	// Floors are the rows of which the best is the floor.
	Floors []string
	// Reference is the row of ours that the others are compared with; "" for
	// the best of them.
	Reference string
	// Units are the columns besides the time; nil for all.
	Units []string
}

// sections are the slots of the report, in order.
var sections = []section{
	{
		Name:  "journal",
		Title: "The journal",
		Text: "Entries of random bytes. A floor writes as many bytes as the journal does for each entry, and nothing else. " +
			"`fs=tmpfs` is memory, where an fsync costs nothing: what is left is the cost of the code.",
		Benchmarks: []benchmark{
			{
				Name:  "Append",
				Title: "Append, without fsync",
				Text: "When an append returns, a write has passed the bytes to the kernel. raft-wal has no such mode; " +
					"pebble's log only buffers, which is less.",
				Floors: []string{"write"},
				Units:  []string{"B/s", "allocs/op"},
			},
			{
				Name:   "Sync1",
				Title:  "Append with fsync, one writer",
				Text:   "The floor is the better of fsync and fdatasync on a file that grows. Those that overwrite a file have less to write.",
				Floors: []string{"write+fsync", "write+fdatasync"},
				Units:  []string{"allocs/op"},
			},
			{
				Name:   "Sync64",
				Title:  "Append with fsync, 64 writers",
				Text:   "Each writer waits until its own entry is durable. The floor is an ideal group commit on a file that grows; peers that have no group commit stand behind the same one. powercut-room writes a MiB of zeros ahead at a time while it is measured; powercut-prewritten, as pebble-recycled and ideal-recycled, overwrites what was written before.",
				Floors: []string{"ideal", "ideal-fsync"},
				Units:  []string{"acks/s", "p99-us", "acks/fsync", "allocs/op"},
			},
			{
				Name:   "Latency64",
				Title:  "64 writers on slower disks",
				Text:   "In memory, behind fsyncs that take so much longer: what acknowledgements and waiting come to, against the latency of an fsync.",
				Floors: []string{"ideal", "ideal-recycled"},
				Units:  []string{"acks/s", "p99-us", "acks/fsync"},
			},
			{
				Name:      "Replay",
				Title:     "Reading a log",
				Text:      "64 MiB of entries in the page cache. tidwall has no checksums to verify. bbolt, which is no log, maps the file, verifies nothing and hands out what nobody has touched: it is there to show how much reading and proving cost.",
				Floors:    []string{"read+crc32c"},
				Reference: "powercut-replay",
				Units:     []string{"B/s", "allocs/op"},
			},
			{
				Name:      "Large",
				Title:     "Recovery, validation and reading of large logs",
				Text:      "Each log is one file. peak-KiB is how far the heap grew meanwhile.",
				Floors:    []string{"read+crc32c"},
				Reference: "powercut-open",
				Units:     []string{"B/s", "peak-KiB"},
			},
		},
		Goals: []goal{
			{Text: "an append without fsync takes at most 1.2 times a bare write", Benchmark: "Append", Of: "powercut", Unit: "sec/op", Versus: []string{"write"}, AtMost: 1.2},
			{Text: "an append without fsync allocates nothing", Benchmark: "Append", Of: "powercut", Unit: "allocs/op"},
			{Text: "an append with fsync takes at most 1.15 times the best floor that grows", Benchmark: "Sync1", Of: "powercut", Unit: "sec/op", Versus: []string{"write+fsync", "write+fdatasync"}, AtMost: 1.15},
			{Text: "with room for the whole log set aside, an append with fsync takes at most 1.15 times the best floor that overwrites", Benchmark: "Sync1", Of: "powercut-prewritten", Unit: "sec/op", Versus: []string{"preallocated+fsync", "preallocated+fdatasync"}, AtMost: 1.15},
			{Text: "64 writers get 1.2 times the acknowledgements of pebble, if both files grow", Benchmark: "Sync64", Of: "powercut", Unit: "acks/s", Versus: []string{"pebble"}, AtLeast: 1.2},
			{Text: "64 writers get 1.1 times the acknowledgements, with room for the whole log set aside, of pebble with recycled files", Benchmark: "Sync64", Of: "powercut-prewritten", Unit: "acks/s", Versus: []string{"pebble-recycled"}, AtLeast: 1.1},
			{Text: "64 writers wait no longer than with pebble's recycled files, at the 99th percentile", Benchmark: "Sync64", Of: "powercut-prewritten", Unit: "p99-us", Versus: []string{"pebble-recycled"}, AtMost: 1},
			{Text: "validation runs at 70% of read and checksum, or more, where 64 entries share a commit", Benchmark: "Replay", Where: "batch=64", Of: "powercut-validate", Unit: "B/s", Versus: []string{"read+crc32c"}, AtLeast: 0.7},
			{Text: "validation of a log of one writer runs at half of read and checksum, or more", Benchmark: "Replay", Where: "batch=1", Of: "powercut-validate", Unit: "B/s", Versus: []string{"read+crc32c"}, AtLeast: 0.5},
			{Text: "entries are read faster than from each other log", Benchmark: "Replay", Of: "powercut-read", Unit: "B/s", Versus: []string{"tidwall", "etcd", "raft-wal", "prometheus", "pebble"}, AtLeast: 1},
			{Text: "replay is faster than reading each other log", Benchmark: "Replay", Of: "powercut-replay", Unit: "B/s", Versus: []string{"tidwall", "etcd", "raft-wal", "prometheus", "pebble"}, AtLeast: 1},
		},
	},
	{
		Name:  "simulator",
		Title: "The simulator",
		Text: "`images/s` are crash images recovered and judged; `repeats/s` those that were drawn in vain, since the same had been judged " +
			"at the same state of the oracle. `images/cpu-s` is by the time of the processors, which on a shared machine is the steadier figure.",
		Benchmarks: []benchmark{
			{
				Name:  "Standard",
				Title: "The standard workload, on one core",
				Text:  "20 entries, 3 clients, a snapshot and a roll; 64 crash points, and at depth 1 and 2 crashes of the recovery, and of the recovery after that.",
				Units: []string{"images/cpu-s", "images/s", "repeats/s", "ops/s", "runs/s", "B/op", "allocs/op"},
			},
			{
				Name:  "StandardWithout",
				Title: "The same without a crash",
				Text:  "What is left of a run if images cost nothing.",
				Units: []string{"sec/run", "ops/s", "B/op", "allocs/op"},
			},
			{
				Name:  "Drawn",
				Title: "Blocks of a campaign",
				Text:  "What the seeds draw, with faults. `simrun campaign` works with processes.",
				Units: []string{"images/cpu-s", "images/s", "repeats/s", "ops/s", "runs/s", "B/run", "allocs/run"},
			},
			{
				Name:  "Floor",
				Title: "What no simulator of this journal gets below",
				Text:  "A switch of coroutines; a copy of the bytes of an image; `journal.Open` and `Close` on that image in afero's MemMapFs, which knows no crash, and on the disk that does.",
				Units: []string{"images/s", "B/s", "allocs/op"},
			},
			{
				Name:  "Cycle",
				Title: "The journal on a disk that can crash, beside pebble's",
				Text:  "Open, append and sync each entry, crash, and recover from the image: the same journal on powercut's disk and on pebble's crashable MemFS.",
				Units: []string{"B/op", "allocs/op"},
			},
			{
				Name:  "Engine",
				Title: "A user's engine",
				Text: "An engine of some sixty lines, a thousand puts of 40 bytes with a sync each: on filesystems that know no crash, whose syncs do nothing, " +
					"on the disk alone, and in one run of `sim.Test`, which crashes it before its first operations, as many as the row says, and before a sample of the others, and recovers and judges each image. `simrun-test` is the same engine on package `os`, as `simrun test` runs it: each run in a process of its own, whose start is most of its time where few images are judged. `puts/cpu-s` is by the time of the processor, which is what to go by where the machine had other work.",
				Floors: []string{"memmapfs", "tmpfs"},
				Units:  []string{"puts/cpu-s", "puts/s", "images/s"},
			},
		},
		Goals: []goal{
			{Text: "20,000 images a second on one core, on the standard workload", Benchmark: "Standard", Of: "depth-0", Unit: "images/cpu-s", Least: 20000},
			{Text: "1.9 times the images with two processes", Benchmark: "Drawn", Of: "2-processes", Unit: "images/s", Versus: []string{"1-processes"}, AtLeast: 1.9},
			{Text: "the cycle takes at most a fifth of what it takes on pebble's disk", Benchmark: "Cycle", Of: "powercut", Unit: "sec/op", Versus: []string{"pebble"}, AtMost: 0.2},
		},
	},
	{
		Name:  "growth",
		Title: "Growth",
		Text:  growthText,
	},
}

// find returns how to show a benchmark.
func (s section) find(name string) benchmark {
	for _, b := range s.Benchmarks {
		if b.Name == name {
			return b
		}
	}
	return benchmark{Name: name, Title: name}
}
