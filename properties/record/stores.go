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
		Dir:      "properties/native", Test: "TestBuntTorn",
	},
	{
		Engine: "bbolt", Module: "go.etcd.io/bbolt", Has: "v1.4.3",
		Report:   "https://github.com/etcd-io/bbolt/issues/567",
		What:     "a crash while it is made leaves a file that is refused",
		Promised: "that it can be opened",
		Dir:      "properties/native", Test: "TestBoltInit",
	},
	{
		Engine: "badger 2", Module: "github.com/dgraph-io/badger/v2", Has: "v2.2007.4",
		Report:   "https://github.com/dgraph-io/badger/issues/1353",
		What:     "by default it does not open behind a crash, until Truncate is set",
		Promised: "that it can be opened",
		Dir:      "properties/record/badger2", Test: "TestBadger1353",
	},
	{
		Engine: "bitcask", Module: "git.mills.io/prologic/bitcask", Has: "v1.0.2",
		What:     "config.json is not synced: it can't be opened",
		Promised: "a put, with WithSync",
		Dir:      "properties/record/bitcask", Test: "TestBitcaskConfig",
	},
	{
		Engine: "pogreb", Module: "github.com/akrylysov/pogreb", Has: "v0.10.2",
		Report:   "https://github.com/akrylysov/pogreb/issues/63",
		What:     "what Close writes of the index is not synced, and by the lock file all is well: it can't be opened",
		Promised: "a put, with BackgroundSyncInterval -1",
		Dir:      "properties/record/pogreb", Test: "TestPogrebClosed",
	},
	{
		Engine: "rosedb", Module: "github.com/rosedblabs/rosedb/v2", Has: "v2.3.2",
		What:     "an entry that was torn, and not acknowledged: it can't be opened",
		Promised: "a put, with Sync",
		Dir:      "properties/record/rosedb", Test: "TestRosedbTorn",
	},
	{
		Engine: "golang/leveldb", Module: "github.com/golang/leveldb", Has: "v0.0.0-20170107010102-259d9253d719",
		What:     "CURRENT is replaced by a file that was not synced: it can't be opened",
		Promised: "a set, with Sync",
		Dir:      "properties/record/golevel", Test: "TestGolangLevelDB",
	},
	{
		Engine: "bitcask", Module: "git.mills.io/prologic/bitcask", Has: "v1.0.2",
		Report:   "https://github.com/mowglinext/mowglinext/pull/411",
		What:     "an entry that was torn, and not acknowledged: without WithAutoRecovery it can't be opened",
		Promised: "a put, with WithSync",
		Dir:      "properties/record/bitcask", Test: "TestBitcaskTorn",
	},
	{
		Engine: "buntdb", Module: "github.com/tidwall/buntdb", Has: "v1.3.2",
		What:     "Shrink puts a file in the old one's place, and does not sync it: what was acknowledged is lost",
		Promised: "a transaction, with SyncPolicy: Always",
		Dir:      "properties/native", Test: "TestBuntShrink",
	},
	{
		Engine: "pebble", Module: "github.com/cockroachdb/pebble/v2", Has: "v2.1.7",
		Report:   "https://github.com/cockroachdb/pebble/issues/5825",
		What:     "while it is made a marker names a manifest that is not there: it can't be opened",
		Promised: "that it can be opened",
		Dir:      "properties/native", Test: "TestPebbleInit",
	},
	{
		Engine: "pebble", Module: "github.com/cockroachdb/pebble/v2", Has: "v2.1.7",
		Report:   "https://github.com/cockroachdb/pebble/pull/5961",
		What:     "a marker names a catalog of what is kept elsewhere that is not there: it can't be opened",
		Promised: "that it can be opened",
		Dir:      "properties/native", Test: "TestPebbleCatalog",
	},
}
