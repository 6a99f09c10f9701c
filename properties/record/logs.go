package record

// logs are written at their end.
var logs = []Defect{
	{
		Engine: "tidwall/wal", Module: "github.com/tidwall/wal", Has: "v1.2.1",
		Report:   "https://github.com/tidwall/wal/issues/21",
		What:     "a batch that was torn, and not acknowledged: it can't be opened",
		Promised: "a batch that was written",
		Dir:      "properties/native", Test: "TestEngineWAL",
	},
	{
		Engine: "raft-wal", Module: "github.com/hashicorp/raft-wal", Has: "v0.4.0",
		What:     "a crash between the seal of a segment and the rotation: it takes no append any more",
		Promised: "that it goes on",
		Dir:      "properties/record/raftwal", Test: "TestRaftWALSealed",
	},
}
