package journal

import (
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"
	"github.com/hashicorp/raft-wal/metadb"
)

// raftWALStore is HashiCorp's log of raft entries, which preallocates its
// segments. Every StoreLogs is one write and one fsync; there is no less.
type raftWALStore struct {
	log  raftLog
	last uint64
	one  [1][]byte
}

// raftLog closes its metadata itself: the log's Close leaves them locked, and
// nobody in this process could open the log again.
type raftLog struct {
	*wal.WAL
	meta *metadb.BoltMetaDB
}

func openRaftLog(dir string) (raftLog, error) {
	meta := new(metadb.BoltMetaDB)
	log, err := wal.Open(dir, wal.WithLogger(hclog.NewNullLogger()), wal.WithMetaStore(meta))
	return raftLog{log, meta}, err
}

func (l raftLog) Close() error {
	if err := l.WAL.Close(); err != nil {
		return err
	}
	return l.meta.Close()
}

func openRaftWAL(dir string, _ promise) (store, error) {
	log, err := openRaftLog(dir)
	if err != nil {
		return nil, err
	}
	return &raftWALStore{log: log}, nil
}

func (s *raftWALStore) Append(entry []byte) error {
	s.one[0] = entry
	return s.AppendBatch(s.one[:])
}

func (s *raftWALStore) AppendBatch(entries [][]byte) error {
	logs := make([]*raft.Log, len(entries))
	for i, e := range entries {
		s.last++
		logs[i] = &raft.Log{Index: s.last, Term: 1, Data: e}
	}
	return s.log.StoreLogs(logs)
}

func (s *raftWALStore) Close() error { return s.log.Close() }

func readRaftWAL(dir string, _ int, each func([]byte) error) error {
	log, err := openRaftLog(dir)
	if err != nil {
		return err
	}
	defer log.Close()
	last, err := log.LastIndex()
	if err != nil {
		return err
	}
	var entry raft.Log
	for i := uint64(1); i <= last; i++ {
		if err := log.GetLog(i, &entry); err != nil {
			return err
		}
		if err := each(entry.Data); err != nil {
			return err
		}
	}
	return nil
}
