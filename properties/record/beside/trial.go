package main

import (
	"github.com/cockroachdb/pebble/v2/vfs"

	"powercut/properties/unmodified"
)

// trial is a defect of the record whose engine takes a filesystem, so that it can be put
// on pebble's. Plan is that of its test.
type trial struct {
	engine, what string
	dir, test    string // the test of the record, from the root of the repository
	profile      string // that shows it there
	says         string // is part of what fails, if it is this defect and not another one
	open         func(fs vfs.FS) (unmodified.Store, error)
	plan         unmodified.Plan
}

var trials = []trial{
	{
		engine: "pebble 2.1.7", what: "a marker names a manifest that is not there",
		dir: "properties/native", test: "TestPebbleInit", profile: "posix", says: "could not open manifest file",
		open: openPebble, plan: unmodified.Plan{Clients: 1, Puts: 1, FromTheStart: true},
	},
	{
		engine: "pebble 2.1.7", what: "a marker names a catalog that is not there",
		dir: "properties/native", test: "TestPebbleCatalog", profile: "posix", says: "REMOTE-OBJ-CATALOG",
		open: openPebbleShared, plan: unmodified.Plan{Clients: 1, Puts: 1},
	},
	{
		engine: "goleveldb 1.0.0", what: "a new manifest is not synced before CURRENT names it",
		dir: "properties/native/goleveldb1", test: "TestEngineLevelDB", profile: "ext4", says: "manifest corrupted",
		open: openGoleveldb, plan: unmodified.Plan{Clients: 4, Puts: 10, Opens: 2},
	},
	{
		engine: "golang/leveldb of 2017-01-07", what: "CURRENT is replaced by a file that was not synced",
		dir: "properties/record/golevel", test: "TestGolangLevelDB", profile: "ext4", says: "CURRENT file",
		open: openGolevel, plan: unmodified.Plan{Clients: 1, Puts: 6, Opens: 3},
	},
	{
		engine: "raft-wal 0.4.0", what: "a crash between the seal of a segment and the rotation",
		dir: "properties/record/raftwal", test: "TestRaftWALSealed", profile: "ext4", says: "segment is sealed",
		open: openRaftWAL, plan: unmodified.Plan{Clients: 1, Puts: 8, GoesOn: true},
	},
	{
		engine: "pogreb 0.10.2", what: "what Close writes of the index is not synced",
		dir: "properties/record/pogreb", test: "TestPogrebClosed", profile: "ext4", says: unopened,
		open: openPogreb, plan: unmodified.Plan{Clients: 1, Puts: 4, Opens: 2},
	},
}
