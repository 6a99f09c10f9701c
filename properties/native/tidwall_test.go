package native

import (
	"errors"
	"testing"

	"github.com/tidwall/buntdb"
	"github.com/tidwall/wal"

	"powercut/faults"
	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

// walStore keeps a key's last value in a log.
type walStore struct {
	*wal.Log
	last uint64
	kept map[string]string
}

func openWAL(dir string) (unmodified.Store, error) {
	log, err := wal.Open(dir, nil)
	if err != nil {
		return nil, err
	}
	s := &walStore{Log: log, kept: make(map[string]string)}
	s.last, err = log.LastIndex()
	for i := uint64(1); i <= s.last && err == nil; i += 2 {
		var key, value []byte
		key, err = log.Read(i)
		if err == nil && i < s.last {
			value, err = log.Read(i + 1)
			s.kept[string(key)] = string(value)
		}
	}
	return s, err
}

func (s *walStore) Put(key, value string) error {
	var b wal.Batch
	b.Write(s.last+1, []byte(key))
	b.Write(s.last+2, []byte(value))
	s.last += 2
	return s.WriteBatch(&b)
}

func (s *walStore) Get(key string) (string, error) {
	value, ok := s.kept[key]
	if !ok {
		return "", oracle.ErrNotFound
	}
	return value, nil
}

var walEngine = unmodified.Engine{
	Name: "tidwall/wal", Module: "github.com/tidwall/wal",
	Promises: "a batch that was written",
	Finds: unmodified.With(unmodified.Unnamed, unmodified.Finding{Says: "log corrupt", Why: "a batch that was torn, and not acknowledged: it can't be opened"},
		vfs.Ext4, vfs.Ext4NoAutoDAAlloc, vfs.Ext4Writeback),
	Open: openWAL,
	Plan: unmodified.Plan{Clients: 1, Puts: 5, Opens: 2},
}

func TestEngineWAL(t *testing.T) { walEngine.Test(t) }

// beyondASector is a plan whose values are longer than a sector: what is shorter is seldom
// torn.
var beyondASector = unmodified.Plan{Clients: 1, Puts: 5, Opens: 2, Bytes: 500}

func TestWALTorn(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, beyondASector.Run(openWAL), "log corrupt")
}

type buntStore struct{ *buntdb.DB }

func openBunt(dir string) (unmodified.Store, error) {
	db, err := buntdb.Open(dir + "/db")
	if err == nil {
		err = db.SetConfig(buntdb.Config{SyncPolicy: buntdb.Always, AutoShrinkDisabled: true})
	}
	if err != nil {
		return nil, err
	}
	return buntStore{db}, nil
}

func (s buntStore) Put(key, value string) error {
	return s.Update(func(tx *buntdb.Tx) error {
		_, _, err := tx.Set(key, value, nil)
		return err
	})
}

func (s buntStore) Get(key string) (value string, err error) {
	err = s.View(func(tx *buntdb.Tx) error {
		value, err = tx.Get(key)
		if errors.Is(err, buntdb.ErrNotFound) {
			err = oracle.ErrNotFound
		}
		return err
	})
	return value, err
}

var buntEngine = unmodified.Engine{
	Name: "buntdb", Module: "github.com/tidwall/buntdb",
	Promises: "a transaction, with SyncPolicy: Always",
	Finds: unmodified.With(unmodified.Unnamed, unmodified.Finding{Says: "invalid database", Why: "a transaction that was torn, and not acknowledged: it can't be opened"},
		vfs.Ext4, vfs.Ext4NoAutoDAAlloc, vfs.Ext4Writeback),
	Open: openBunt,
	Plan: unmodified.Plan{Clients: 1, Puts: 5, Opens: 2},
}

func TestEngineBunt(t *testing.T) { buntEngine.Test(t) }

func TestBuntTorn(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, beyondASector.Run(openBunt), "invalid database")
}

// What the fsync of a commit says is not looked at.
func TestBuntSyncFails(t *testing.T) {
	fails := faults.Plan{Rules: []faults.Rule{{Kind: faults.DropClean, Ops: faults.OpsOf(vfs.OpSync), From: 3, Until: 3}}}
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}, Plan: fails}, unmodified.Plan{Clients: 1, Puts: 5}.Run(openBunt), "acknowledged-durable")
}

// Shrink puts a new file in the old one's place, and does not sync it.
func TestBuntShrink(t *testing.T) {
	torn := "recovers/github.com/tidwall/buntdb/buntdb.go:1231<github.com/tidwall/buntdb/buntdb.go:1018" // a transaction that was
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.XFS}, Known: []string{torn}}, unmodified.Plan{Clients: 1, Puts: 5, Opens: 2}.Run(func(dir string) (unmodified.Store, error) {
		s, err := openBunt(dir)
		if err == nil {
			err = s.(buntStore).Shrink()
		}
		return s, err
	}), "powercut: ")
}
