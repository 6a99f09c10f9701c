package etcdold

import (
	"errors"
	"io"
	"testing"

	"github.com/coreos/etcd/raft/raftpb"
	"github.com/coreos/etcd/wal"
	"github.com/coreos/etcd/wal/walpb"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/vfs"
)

// store keeps a key's last value in the entries of a log.
type store struct {
	*wal.WAL
	unmodified.Replayed
}

// open opens a log as etcd does: if its end is torn, it is repaired once.
func open(dir string) (unmodified.Store, error) {
	dir += "/wal"
	s := &store{}
	if !wal.Exist(dir) {
		var err error
		s.WAL, err = wal.Create(dir, []byte("member"))
		return s, err
	}
	entries, err := s.readAll(dir)
	if errors.Is(err, io.ErrUnexpectedEOF) && wal.Repair(dir) {
		entries, err = s.readAll(dir)
	}
	for _, e := range entries {
		s.Replay(e.Data)
	}
	return s, err
}

func (s *store) readAll(dir string) (entries []raftpb.Entry, err error) {
	if s.WAL, err = wal.Open(dir, walpb.Snapshot{}); err != nil {
		return nil, err
	}
	if _, _, entries, err = s.ReadAll(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return entries, nil
}

func (s *store) Put(key, value string) error {
	data := s.Record(key, value)
	return s.Save(raftpb.HardState{Term: 1, Commit: s.Records}, []raftpb.Entry{{Term: 1, Index: s.Records, Data: data}})
}

// A write that was torn can't be told from what is damaged.
func TestEtcdTorn5230(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, unmodified.Plan{Clients: 1, Puts: 10, Opens: 2, Bytes: 600}.Run(open), "crc mismatch")
}
