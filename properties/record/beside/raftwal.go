package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"
	"github.com/hashicorp/raft-wal/segment"
	"github.com/hashicorp/raft-wal/types"

	"powercut/properties/unmodified"
	"powercut/vfs/adapt/raftwal"
)

// raftwalStore keeps a key's last value in a log.
type raftwalStore struct {
	log *wal.WAL
	unmodified.Replayed
}

func openRaftWAL(fs vfs.FS) (unmodified.Store, error) {
	if err := errors.Join(fs.MkdirAll("/db", 0o755), syncDir(fs, "/")); err != nil {
		return nil, err
	}
	s := &raftwalStore{}
	var err error
	s.log, err = wal.Open("/db", wal.WithMetaStore(&metaStore{on: fs}), wal.WithLogger(hclog.NewNullLogger()), wal.WithSegmentSize(600),
		wal.WithSegmentFiler(segment.NewFiler("/db", raftwal.New(aferoFs{fs}))))
	if err != nil {
		return nil, err
	}
	last, err := s.log.LastIndex()
	for i := uint64(1); i <= last && err == nil; i++ {
		var l raft.Log
		err = s.log.GetLog(i, &l)
		s.Replay(l.Data)
	}
	return s, err
}

func (s *raftwalStore) Put(key, value string) error {
	data := s.Record(key, value)
	return s.log.StoreLog(&raft.Log{Index: s.Records, Data: data})
}

func (s *raftwalStore) Close() error { return s.log.Close() }

// metaStore keeps the metadata of a log in a file that is replaced, and synced with its
// name: the engine's own is a bbolt database, which opens its file with package os.
type metaStore struct {
	on vfs.FS
	types.PersistentState
}

const metaName = "/db/meta.json"

func (m *metaStore) Load(string) (types.PersistentState, error) {
	f, err := m.on.Open(metaName)
	if errors.Is(err, os.ErrNotExist) {
		return m.PersistentState, nil
	}
	if err != nil {
		return m.PersistentState, err
	}
	text, err := io.ReadAll(f)
	if err == nil {
		err = json.Unmarshal(text, &m.PersistentState)
	}
	return m.PersistentState, errors.Join(err, f.Close())
}

func (m *metaStore) CommitState(state types.PersistentState) error {
	text, err := json.Marshal(state)
	if err != nil {
		return err
	}
	f, err := m.on.Create(metaName+".tmp", category)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := m.on.Rename(metaName+".tmp", metaName); err != nil {
		return err
	}
	m.PersistentState = state
	return syncDir(m.on, "/db")
}

// A log without snapshots keeps nothing else.

func (*metaStore) GetStable([]byte) ([]byte, error) { return nil, nil }
func (*metaStore) SetStable(_, _ []byte) error      { return errors.ErrUnsupported }
func (*metaStore) Close() error                     { return nil }
