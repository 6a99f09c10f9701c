package record

// logs are written at their end.
var logs = []Defect{
	{
		Engine: "tidwall/wal", Module: "github.com/tidwall/wal", Has: "v1.2.1",
		Report:   "https://github.com/tidwall/wal/issues/21",
		What:     "a batch that was torn, and not acknowledged: it can't be opened",
		Promised: "a batch that was written",
		Dir:      "properties/native", Test: "TestWALTorn",
	},
	{
		Engine: "raft-wal", Module: "github.com/hashicorp/raft-wal", Has: "v0.4.0",
		What:     "a crash between the seal of a segment and the rotation: it takes no append any more",
		Promised: "that it goes on",
		Dir:      "properties/record/raftwal", Test: "TestRaftWALSealed",
	},
	{
		Engine: "etcd wal", Module: "github.com/coreos/etcd", Has: "v2.3.0+incompatible", Without: "v3.3.27+incompatible",
		Report:   "https://github.com/etcd-io/etcd/issues/5230",
		What:     "a write that was torn, and not acknowledged, can't be told from what is damaged: it can't be opened",
		Promised: "entries that Save returned for, and Repair",
		Dir:      "properties/record/etcdold", Test: "TestEtcdTorn5230",
	},
	{
		Engine: "prometheus wlog", Module: "github.com/prometheus/prometheus", Has: "v0.313.2",
		Report:   "https://github.com/prometheus/prometheus/issues/13027",
		What:     "a record that the disk had no room for is left half in a page: the repair takes away what was synced behind it",
		Promised: "a record behind which Sync was called",
		Dir:      "properties/native", Test: "TestWlogFull",
	},
	{
		Engine: "prometheus wlog", Module: "github.com/prometheus/prometheus", Has: "v0.313.2",
		What:     "a read that fails when it is opened counts as damage: the repair takes away what is behind it",
		Promised: "a record behind which Sync was called",
		Dir:      "properties/native", Test: "TestWlogReadFails",
	},
	{
		Engine: "prometheus wlog", Module: "github.com/prometheus/prometheus", Has: "v0.313.2",
		What:     "the repair removes the oldest segment first: if it is ended among these, it can't be opened",
		Promised: "that it can be opened",
		Dir:      "properties/native", Test: "TestWlogRepairEnds",
	},
	{
		Engine: "tidwall/wal", Module: "github.com/tidwall/wal", Has: "v1.1.7", Without: "v1.2.1",
		Report:   "https://github.com/tidwall/wal/pull/25",
		What:     "a full disk in TruncateFront is not seen: what is to stay is replaced by a file that has not all of it",
		Promised: "an entry that was written, and not taken away",
		Dir:      "properties/record/tidwall", Test: "TestWALTruncateFull",
	},
}
