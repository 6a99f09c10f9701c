package record

// missed are defects that have no test here.
var missed = []Defect{
	{
		Engine: "go-ethereum freezer", Has: "v1.13.4",
		Report: "https://github.com/ethereum/go-ethereum/issues/28105",
		What:   "its index is not synced: zeros at its end take the data away",
		Missed: "it needs pebble as it was in 2023, and does not build beside the other modules",
	},
	{
		Engine: "etcd wal", Has: "v3.0.0+incompatible",
		Report: "https://github.com/etcd-io/etcd/issues/6368",
		What:   "the directory of a new segment is not synced",
		Missed: "what is saved in a new segment is written where space was reserved, so that its fdatasync commits the rename on ext4 and xfs, as on real ones; a test with entries of 12 MB was silent in 11 runs each on ext4, xfs and btrfs",
	},
	{
		Engine: "influxdb", Has: "v1.8.3",
		Report: "https://github.com/influxdata/influxdb/pull/21932",
		What:   "an index is not synced before the manifest names it",
		Missed: "the manifest, which is not synced either, keeps it from opening first: it is found above",
	},
	{
		Engine: "VictoriaMetrics", Has: "v1.93.0",
		Report: "https://github.com/VictoriaMetrics/VictoriaMetrics/issues/5012",
		What:   "parts.json names parts that are empty",
		Missed: "its maintainers take it for one of the filesystem; that a part is written, synced and then named is what they say of it. Not tried",
	},
	{
		Engine: "VictoriaMetrics", Has: "v1.18.0",
		Report: "https://github.com/VictoriaMetrics/VictoriaMetrics/issues/63",
		What:   "the names inside of a part are not synced",
		Missed: "the module proxy does not have that version",
	},
	{
		Engine: "badger", Has: "v1.5.3",
		Report: "https://github.com/dgraph-io/badger/issues/1076",
		What:   "what was synced is lost",
		Missed: "version 1.6.2, with Truncate, was silent in 11 runs on ext4; the report does not say how",
	},
	{
		Engine: "badger of 2017",
		Report: "https://github.com/dgraph-io/badger/issues/153",
		What:   "a value log is not synced before the next one is made",
		Missed: "the mend is older than the oldest version tried",
	},
	{
		Engine: "badger of 2017",
		Report: "https://github.com/dgraph-io/badger/issues/155",
		What:   "MANIFEST that is torn is refused",
		Missed: "the mend is older than the oldest version tried",
	},
	{
		Engine: "badger", Has: "v1.5.3",
		Report: "https://github.com/dgraph-io/badger/issues/613",
		What:   "a value log that is not the last can't be truncated",
		Missed: "not tried",
	},
	{
		Engine: "hashicorp/raft before its first release",
		Report: "https://github.com/hashicorp/raft/issues/229",
		What:   "a snapshot is not synced",
		Missed: "the mend is of 2017: no version can be named that has it",
	},
	{
		Engine: "raft-wal before its first release",
		Report: "https://github.com/hashicorp/raft-wal/issues/10",
		What:   "an entry that was torn counts",
		Missed: "no version can be named that has it",
	},
	{
		Engine: "raft-wal", Has: "v0.4.0",
		Report: "https://github.com/hashicorp/raft-wal/issues/31",
		What:   "a sealed segment has no index",
		Missed: "it takes a DeleteRange; not tried",
	},
	{
		Engine: "serf", Has: "v0.8.2",
		Report: "https://github.com/hashicorp/serf/issues/482",
		What:   "a snapshot is not synced",
		Missed: "not tried",
	},
	{
		Engine: "NATS JetStream", Has: "v2.12.1",
		Report: "https://github.com/nats-io/nats-server/issues/7549",
		What:   "a bit of a block that rots takes acknowledged messages away",
		Missed: "not tried",
	},
	{
		Engine: "NATS JetStream", Has: "v2.2.0",
		Report: "https://github.com/nats-io/nats-server/issues/2055",
		What:   "a stream begins at zero again",
		Missed: "its bucket needs a later version; not tried",
	},
	{
		Engine: "NATS JetStream", Has: "v2.10.20",
		Report: "https://github.com/nats-io/nats-server/issues/6888",
		What:   "a stream is forgotten behind crashes",
		Missed: "it takes a cluster",
	},
	{
		Engine: "goque", Has: "v2.1.0+incompatible",
		Report: "https://github.com/beeker1121/goque/issues/11",
		What:   "it can't be opened behind a power cut",
		Missed: "it is the manifest of goleveldb 1.0.0, found above",
	},
	{
		Engine: "ipfs flatfs", Has: "v0.5.1",
		Report: "https://github.com/bitsocialnet/bitsocial-cli/issues/117",
		What:   "a block is empty",
		Missed: "only where its sync is off, which promises nothing",
	},
	{
		Engine: "renameio", Has: "v2.0.2",
		Report: "https://github.com/google/renameio/issues/11",
		What:   "the directory is not synced",
		Missed: "it says that it promises no durability",
	},
	{
		Engine: "bbolt", Has: "v1.3.6",
		Report: "https://github.com/etcd-io/bbolt/issues/562",
		What:   "a page is another's behind a hard reset",
		Missed: "the kernel lost what it had synced (fast_commit), by its maintainers; the disk here is honest",
	},
}
