package record

// queues are of messages.
var queues = []Defect{
	{
		Engine: "dque", Module: "github.com/joncrlsn/dque", Has: "v0.0.0-20211108142734-c2ef48c5192a",
		Report:   "https://github.com/joncrlsn/dque/issues/33",
		What:     "an item that was torn, and not acknowledged: it can't be opened",
		Promised: "an item, without Turbo",
		Dir:      "properties/record/dque", Test: "TestDque33",
	},
	{
		Engine: "go-diskqueue", Module: "github.com/nsqio/go-diskqueue", Has: "v1.0.0", Without: "v1.1.0",
		Report:   "https://github.com/nsqio/go-diskqueue/issues/28",
		What:     "its metadata is older than its data behind a crash: new messages are written over old ones, and lost",
		Promised: "a message that was put",
		Dir:      "properties/record/diskqueue", Test: "TestDiskqueue28",
	},
	{
		Engine: "go-diskqueue", Module: "github.com/nsqio/go-diskqueue", Has: "v1.1.0",
		What:     "its metadata is given its name, and the directory is not synced: it begins anew, and messages are lost",
		Promised: "a message that was synced",
		Dir:      "properties/record/diskqueue", Test: "TestDiskqueueMeta",
	},
	{
		Engine: "NATS streaming", Module: "github.com/nats-io/nats-streaming-server", Has: "v0.22.1",
		Report:   "https://github.com/nats-io/nats-streaming-server/issues/1034",
		What:     "its server's file is not synced: it does not start",
		Promised: "a message behind Flush, with DoSync",
		Dir:      "properties/record/stan", Test: "TestStan1034",
	},
}
