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
	{
		Engine: "NATS streaming", Module: "github.com/nats-io/nats-streaming-server", Has: "v0.22.1",
		Report:   "https://github.com/nats-io/nats-streaming-server/issues/557",
		What:     "a message that was torn: it does not start",
		Promised: "a message behind Flush, with DoSync",
		Dir:      "properties/record/stan", Test: "TestStan557",
		Missed: "silent: what is torn at the end of a file is cut off in this version",
	},
	{
		Engine: "NATS JetStream", Module: "github.com/nats-io/nats-server/v2", Has: "v2.15.2",
		Report:   "https://github.com/nats-io/nats-server/issues/7564",
		What:     "by default it syncs every two minutes, and acknowledges at once: what was acknowledged is lost",
		Promised: "that a message which is acknowledged was persisted",
		Dir:      "properties/native", Test: "TestJetStream7564",
	},
}
