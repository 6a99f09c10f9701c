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
}

var queues, series, files, missed []Defect
