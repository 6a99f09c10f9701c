package raftwal

import (
	"errors"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"
	"github.com/hashicorp/raft-wal/metadb"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/vfs"
)

// store keeps a key's last value in a log.
type store struct {
	log  *wal.WAL
	meta *metadb.BoltMetaDB
	unmodified.Replayed
}

func open(dir string) (unmodified.Store, error) {
	s := &store{meta: &metadb.BoltMetaDB{}}
	var err error
	s.log, err = wal.Open(dir, wal.WithMetaStore(s.meta), wal.WithLogger(hclog.NewNullLogger()), wal.WithSegmentSize(600))
	if err != nil {
		return nil, errors.Join(err, s.meta.Close())
	}
	last, err := s.log.LastIndex()
	for i := uint64(1); i <= last && err == nil; i++ {
		var l raft.Log
		err = s.log.GetLog(i, &l)
		s.Replay(l.Data)
	}
	return s, err
}

func (s *store) Put(key, value string) error {
	data := s.Record(key, value)
	return s.log.StoreLog(&raft.Log{Index: s.Records, Data: data})
}

// The log does not close what it keeps its metadata in.
func (s *store) Close() error { return errors.Join(s.log.Close(), s.meta.Close()) }

// An append that fills a segment seals it; a goroutine makes the next one. If the power
// is cut between the two, the log opens, and takes no append any more.
func TestRaftWALSealed(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, unmodified.Plan{Clients: 1, Puts: 8, GoesOn: true}.Run(open), "segment is sealed")
}
