package record

// files are replaced, or made once.
var files = []Defect{
	{
		Engine: "litestream", Module: "github.com/benbjohnson/litestream", Has: "v0.5.12", Without: "v0.5.18",
		Report:   "https://github.com/benbjohnson/litestream/issues/1342",
		What:     "a transaction is given its name, and the directory is not synced: it is lost",
		Promised: "a transaction that the replica took",
		Dir:      "properties/record/litestream", Test: "TestLitestream1342",
	},
	{
		Engine: "etcd snap", Module: "go.etcd.io/etcd/server/v3", Has: "v3.6.12", Without: "v3.6.16",
		Report:   "https://github.com/etcd-io/etcd/issues/22340",
		What:     "a snapshot that was received is given its name, and the directory is not synced: it is lost",
		Promised: "a snapshot that was saved",
		Dir:      "properties/record/etcdsnap", Test: "TestEtcdSnapshot22340",
	},
	{
		Engine: "CometBFT", Module: "github.com/cometbft/cometbft", Has: "v0.38.26",
		Report:   "https://github.com/cometbft/cometbft/issues/6031",
		What:     "the last vote that was signed is forgotten, as the directory is not synced: another one may be signed",
		Promised: "that no two votes of a height are signed",
		Dir:      "properties/record/cometbft", Test: "TestFilePV6031",
	},
	{
		Engine: "diskv", Module: "github.com/peterbourgon/diskv/v3", Has: "v3.0.1",
		What:     "a value is synced, and given its name without a sync of the directory: it is lost",
		Promised: "a value, written with sync",
		Dir:      "properties/record/diskv", Test: "TestDiskvName",
	},
	{
		Engine: "natefinch/atomic", Module: "github.com/natefinch/atomic", Has: "v0.0.0-20150920032501-a62ce929ffcc", Without: "v1.0.1",
		Report:   "https://github.com/natefinch/atomic/issues/5",
		What:     "a file gets its name before its content is synced: it is empty",
		Promised: "the old content or the new one",
		Dir:      "properties/record/atomicfile", Test: "TestAtomic5",
	},
	{
		Engine: "serf", Module: "github.com/hashicorp/serf", Has: "v0.11.0",
		What:     "the snapshot is removed before the compacted one gets its name: all nodes are forgotten",
		Promised: "the nodes of a snapshot that was closed",
		Dir:      "properties/record/serf", Test: "TestSerfCompact",
	},
}
