package record

// stores keep values by keys.
var stores = []Defect{
	{
		Engine: "badger", Module: "github.com/dgraph-io/badger/v4", Has: "v4.9.6",
		Report:   "https://github.com/dgraph-io/badger/issues/2207",
		What:     "a file that was just made is empty after a crash, and refused: it can't be opened",
		Promised: "a transaction, with SyncWrites",
		Dir:      "properties/native", Test: "TestEngineBadger",
	},
	{
		Engine: "goleveldb", Module: "github.com/syndtr/goleveldb", Has: "v1.0.0", Without: "v1.0.1-0.20220721030215-126854af5e6d",
		Report:   "https://github.com/syndtr/goleveldb/issues/335",
		What:     "a new manifest is not synced before CURRENT names it: it can't be opened",
		Promised: "a write with Sync",
		Dir:      "properties/native/goleveldb1", Test: "TestEngineLevelDB",
	},
	{
		Engine: "nutsdb", Module: "github.com/nutsdb/nutsdb", Has: "v1.0.4",
		What:     "the file of its buckets is not synced: to open it panics, or a bucket is lost",
		Promised: "a transaction, with SyncEnable",
		Dir:      "properties/native", Test: "TestEngineNuts",
	},
	{
		Engine: "buntdb", Module: "github.com/tidwall/buntdb", Has: "v1.3.2",
		Report:   "https://github.com/tidwall/buntdb/issues/72",
		What:     "a transaction that was torn, and not acknowledged: it can't be opened",
		Promised: "a transaction, with SyncPolicy: Always",
		Dir:      "properties/native", Test: "TestEngineBunt",
	},
	{
		Engine: "bbolt", Module: "go.etcd.io/bbolt", Has: "v1.4.3",
		Report:   "https://github.com/etcd-io/bbolt/issues/567",
		What:     "a crash while it is made leaves a file that is refused",
		Promised: "that it can be opened",
		Dir:      "properties/native", Test: "TestBoltInit",
	},
}
