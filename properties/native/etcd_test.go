package native

import (
	"errors"
	"io"
	"testing"

	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.etcd.io/raft/v3/raftpb"
	"go.uber.org/zap"

	"powercut/properties/unmodified"
)

// etcdStore keeps a key's last value in the entries of a log.
type etcdStore struct {
	*wal.WAL
	unmodified.Replayed
}

// So that a run comes to more than one segment.
func init() { wal.SegmentSizeBytes = 4 << 10 }

// openEtcd opens a log as etcd does: if its end is torn, it is repaired once.
func openEtcd(dir string) (unmodified.Store, error) {
	dir += "/wal"
	s := &etcdStore{}
	if !wal.Exist(dir) {
		var err error
		if s.WAL, err = wal.Create(zap.NewNop(), dir, []byte("member")); s.WAL == nil && err == nil {
			err = errors.New("neither a log nor an error: the fsync of its parent failed (docs/record.md)")
		}
		return s, err
	}
	entries, err := s.readAll(dir)
	if errors.Is(err, io.ErrUnexpectedEOF) && wal.Repair(zap.NewNop(), dir) {
		entries, err = s.readAll(dir)
	}
	for _, e := range entries {
		s.Replay(e.Data)
	}
	return s, err
}

func (s *etcdStore) readAll(dir string) (entries []raftpb.Entry, err error) {
	if s.WAL, err = wal.Open(zap.NewNop(), dir, walpb.Snapshot{}); err != nil {
		return nil, err
	}
	if _, _, entries, err = s.ReadAll(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return entries, nil
}

func (s *etcdStore) Put(key, value string) error {
	data := s.Record(key, value)
	return s.Save(raftpb.HardState{Term: 1, Commit: s.Records}, []raftpb.Entry{{Term: 1, Index: s.Records, Data: data}})
}

var etcdEngine = unmodified.Engine{
	Name: "etcd wal", Module: "go.etcd.io/etcd/server/v3",
	Promises: "entries that Save returned for",
	Open:     openEtcd,
	Finds:    unmodified.Unnamed,
	Plan:     unmodified.Plan{Clients: 1, Puts: 10, Opens: 2},
}

func TestEngineEtcdWAL(t *testing.T) { etcdEngine.Test(t) }
