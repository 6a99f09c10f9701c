package raftwal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"
	"github.com/hashicorp/raft-wal/segment"
	"github.com/spf13/afero"

	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs/adapt/internal/trial"
	"powercut/vfs/adapt/raftwal"
)

func open(disk afero.Fs) (*wal.WAL, error) {
	return wal.Open("/db", wal.WithLogger(hclog.NewNullLogger()), wal.WithSegmentSize(8<<10),
		wal.WithMetaStore(&meta{disk: disk}), wal.WithSegmentFiler(segment.NewFiler("/db", raftwal.New(disk))))
}

// entries reads a log from its beginning.
func entries(w *wal.WAL) ([]string, error) {
	first, err := w.FirstIndex()
	if err != nil {
		return nil, err
	}
	last, err := w.LastIndex()
	if err != nil {
		return nil, err
	}
	var all []string
	for i := first; i <= last && i > 0; i++ {
		var l raft.Log
		if err := w.GetLog(i, &l); err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		name, _, _ := strings.Cut(string(l.Data), " ")
		all = append(all, name)
	}
	return all, nil
}

// log is a test of raft-wal: batches that fill some segments.
func log(r *sim.Run) {
	kept := oracle.NewLog[string](r)
	r.Setup(func(disk afero.Fs) error { return disk.MkdirAll("/db", 0o755) })
	r.Workload(func(disk afero.Fs) error {
		w, err := open(disk)
		if err != nil {
			return err
		}
		defer w.Close()
		before, err := entries(w)
		if err != nil {
			return err
		}
		if r.Epoch() > 0 {
			if err := kept.Adopt(before); err != nil {
				return err
			}
		}
		for i := range sim.Between(r, 1, 12) {
			i += len(before)
			name := fmt.Sprint("entry", i)
			data := name + " " + strings.Repeat("x", sim.Pick(r, 10, 1000, 5000))
			if err := kept.Append(name, func() error {
				return w.StoreLog(&raft.Log{Index: uint64(i + 1), Data: []byte(data)})
			}); err != nil {
				return err
			}
		}
		return nil
	})
	r.Recover(func(disk afero.Fs) error {
		w, err := open(disk)
		if err != nil {
			return err
		}
		defer w.Close()
		all, err := entries(w)
		if err != nil {
			return err
		}
		return kept.Check(all)
	})
}

func TestSilent(t *testing.T) {
	trial.Silent(t, 10, func(t sim.TB) {
		sim.Test(t, sim.Config{Runs: 10, Corpus: "none"}, log)
	})
}

// An append that fills a segment seals it; a goroutine notes that in the metadata, and
// makes the next segment. If the process ends between the two, the log opens, and takes
// no append any more.
func TestSealed(t *testing.T) {
	trial.Finds(t, func(t sim.TB) {
		sim.Test(t, sim.Config{Epochs: 2, Corpus: "none"}, log)
	}, "works: segment is sealed")
}
