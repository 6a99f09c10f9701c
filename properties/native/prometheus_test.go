package native

import (
	"errors"
	"io"
	"testing"

	"github.com/prometheus/prometheus/tsdb/wlog"
	"github.com/prometheus/prometheus/util/compression"

	"powercut/faults"
	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/vfs"
)

// wlogStore keeps a key's last value in the records of a log.
type wlogStore struct {
	*wlog.WL
	unmodified.Replayed
}

// openWlog opens a log as the database does: it is read once, and repaired if that
// comes to what is corrupt.
func openWlog(dir string) (unmodified.Store, error) {
	log, err := wlog.NewSize(nil, nil, dir, 32<<10, compression.None)
	if err != nil {
		return nil, err
	}
	s := &wlogStore{WL: log}
	segments, err := wlog.NewSegmentsReader(log.Dir())
	if err != nil {
		return nil, err
	}
	err = s.read(segments)
	if err = errors.Join(err, segments.Close()); err != nil {
		err = log.Repair(err)
	}
	return s, err
}

func (s *wlogStore) read(segments io.Reader) error {
	r := wlog.NewReader(segments)
	for r.Next() {
		s.Replay(r.Record())
	}
	return r.Err()
}

func (s *wlogStore) Put(key, value string) error {
	if err := s.Log(s.Record(key, value)); err != nil {
		return err
	}
	return s.Sync()
}

var prometheusEngine = unmodified.Engine{
	Name: "prometheus wlog", Module: "github.com/prometheus/prometheus",
	Promises: "a record behind which Sync was called",
	Open:     openWlog,
	Finds:    unmodified.Unnamed,
	Plan:     unmodified.Plan{Clients: 1, Puts: 10, Opens: 2, Bytes: 3000},
}

// A record that the disk has no room for is left half in a page, which is written later:
// what follows it can't be read.
func TestWlogFull(t *testing.T) {
	full := faults.Plan{Rules: []faults.Rule{{Kind: faults.NoSpace, Ops: faults.OpsOf(vfs.OpWrite), From: 6, Until: 8}}}
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}, Plan: full}, unmodified.Plan{Clients: 1, Puts: 12, Bytes: 9000, Retries: true}.Run(openWlog), "acknowledged-durable")
}

// readFails has the first read of the first segment fail when the log is opened again.
var readFails = faults.Plan{Rules: []faults.Rule{{Kind: faults.ReadError, Ops: faults.OpsOf(vfs.OpRead), Path: "00000000", From: 2, Until: 2}}}

// A read that fails counts as damage: the repair takes away what is behind it, though the
// next read would find it.
func TestWlogReadFails(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}, Plan: readFails}, unmodified.Plan{Clients: 1, Puts: 10, Opens: 2, Bytes: 3000}.Run(openWlog), "acknowledged-durable")
}

// A repair removes the oldest segment first: if it is ended before the last one, those that
// are left are not sequential.
func TestWlogRepairEnds(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}, Plan: readFails}, unmodified.Plan{Clients: 1, Puts: 10, Opens: 2, Bytes: 9000}.Run(openWlog), "segments are not sequential")
}

func TestEnginePrometheusWAL(t *testing.T) { prometheusEngine.Test(t) }
