package journal

import (
	"path/filepath"

	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.etcd.io/raft/v3/raftpb"
)

// etcdStore is etcd's log of raft entries, which preallocates its segments.
// Save always makes entries durable; SetUnsafeNoFsync leaves out the fdatasync
// and keeps the write, which is the promise that the process may die.
type etcdStore struct {
	log  *wal.WAL
	last uint64
	one  [1][]byte
}

// etcdDir: Create insists on making the directory itself.
func etcdDir(dir string) string { return filepath.Join(dir, "wal") }

func openEtcd(dir string, p promise) (store, error) {
	log, err := wal.Create(nil, etcdDir(dir), nil)
	if err != nil {
		return nil, err
	}
	if p != power {
		log.SetUnsafeNoFsync()
	}
	return &etcdStore{log: log}, nil
}

func (s *etcdStore) Append(entry []byte) error {
	s.one[0] = entry
	return s.AppendBatch(s.one[:])
}

func (s *etcdStore) AppendBatch(entries [][]byte) error {
	term := uint64(1)
	saved := make([]*raftpb.Entry, len(entries))
	for i, e := range entries {
		s.last++
		index := s.last
		saved[i] = &raftpb.Entry{Term: &term, Index: &index, Data: e}
	}
	return s.log.Save(nil, saved)
}

func (s *etcdStore) Close() error { return s.log.Close() }

// readEtcd uses ReadAll, the only way to read that there is: it collects all
// entries before the first can be looked at.
func readEtcd(dir string, _ int, each func([]byte) error) error {
	log, err := wal.OpenForRead(nil, etcdDir(dir), &walpb.Snapshot{})
	if err != nil {
		return err
	}
	defer log.Close()
	_, _, entries, err := log.ReadAll()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := each(e.Data); err != nil {
			return err
		}
	}
	return nil
}
