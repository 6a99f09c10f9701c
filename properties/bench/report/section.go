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
				Text:   "Each writer waits until its own entry is durable. The floor is an ideal group commit on a file that grows; peers that have no group commit stand behind the same one.",
				Floors: []string{"ideal", "ideal-fsync"},
				Units:  []string{"acks/s", "p99-us", "acks/fsync", "allocs/op"},
			},
			{
				Name:   "Replay",
				Title:  "Reading a log",
				Text:   "64 MiB of entries in the page cache. tidwall and bbolt have no checksums to verify.",
				Floors:    []string{"read+crc32c"},
				Reference: "powercut-replay",
				Units:     []string{"B/s", "allocs/op"},
			},
			{
				Name:   "Open1GiB",
				Title:  "Recovery of 1 GiB",
				Floors: []string{"read+crc32c"},
				Units:  []string{"B/s", "peak-MiB"},
			},
		},
		Goals: []goal{
			{Text: "an append without fsync takes at most 1.3 times a bare write", Benchmark: "Append", Of: "powercut", Unit: "sec/op", Versus: []string{"write"}, AtMost: 1.3},
			{Text: "an append without fsync allocates nothing", Benchmark: "Append", Of: "powercut", Unit: "allocs/op"},
			{Text: "an append with fsync takes at most 1.1 times the best floor that grows", Benchmark: "Sync1", Of: "powercut", Unit: "sec/op", Versus: []string{"write+fsync", "write+fdatasync"}, AtMost: 1.1},
			{Text: "64 writers get at least as many acknowledgements as from pebble with recycled files", Benchmark: "Sync64", Of: "powercut", Unit: "acks/s", Versus: []string{"pebble-recycled"}, AtLeast: 1},
			{Text: "64 writers wait no longer than with pebble's recycled files, at the 99th percentile", Benchmark: "Sync64", Of: "powercut", Unit: "p99-us", Versus: []string{"pebble-recycled"}, AtMost: 1},
			{Text: "validation runs at 70% of read and checksum, or more", Benchmark: "Replay", Of: "powercut-validate", Unit: "B/s", Versus: []string{"read+crc32c"}, AtLeast: 0.7},
			{Text: "replay is faster than each peer's", Benchmark: "Replay", Of: "powercut-replay", Unit: "B/s", Versus: []string{"tidwall", "etcd", "raft-wal", "prometheus", "pebble", "bbolt"}, AtLeast: 1},
		},
	},
	{Name: "growth", Title: "Growth"},
	{Name: "simulator", Title: "The simulator"},
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
