package sim_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim"
	"powercut/vfs"
)

// syncWriter overwrites a record in place through a handle with the given flag,
// and counts on the write alone: it calls no fsync.
func syncWriter(t sim.TB, config sim.Config, flag, recordBytes int) {
	record := func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, recordBytes) }
	sim.Test(t, config, func(r *sim.Run) {
		last, begun := -1, -1
		r.Workload(func(fs afero.Fs) error {
			f, err := fs.OpenFile("/record", os.O_RDWR|os.O_CREATE|flag, 0o644)
			if err != nil {
				return err
			}
			dir, err := fs.Open("/")
			if err != nil {
				return err
			}
			if err := dir.Sync(); err != nil {
				return err
			}
			for i := range 4 {
				begun = i
				if _, err := f.WriteAt(record(i), 0); err != nil {
					return err
				}
				last = i
			}
			return nil
		})
		r.Recover(func(fs afero.Fs) error {
			got, err := afero.ReadFile(fs, "/record")
			for i := max(last, 0); i <= begun; i++ {
				if bytes.Equal(got, record(i)) {
					return nil
				}
			}
			if last < 0 {
				return nil
			}
			return fmt.Errorf("record %d was acknowledged, there is %.8q: %v", last, got, err)
		})
	})
}

// TestSyncWrites: what an O_SYNC or O_DSYNC handle promises holds, and no more: a
// record that fits in a sector is never lost, a larger one is torn while it is
// written, and a sync that lies shows.
func TestSyncWrites(t *testing.T) {
	for _, flag := range []int{os.O_SYNC, vfs.O_DSYNC} {
		syncWriter(t, sim.Config{Corpus: "none", Runs: 20}, flag, 512)
		for _, c := range []struct {
			what   string
			config sim.Config
			flag   int
			bytes  int
		}{
			{"no sync", sim.Config{Corpus: "none", Runs: 20}, 0, 512},
			{"torn under way", sim.Config{Corpus: "none", Runs: 20}, flag, 1024},
			{"a sync that lies", sim.Config{Corpus: "none", Runs: 20, Plan: faults.Plan{Rules: []faults.Rule{{Kind: faults.LyingSync, Path: "/record"}}}}, flag, 512},
		} {
			if message := failureOf(t, func(t sim.TB) { syncWriter(t, c.config, c.flag, c.bytes) }); !strings.Contains(message, "was acknowledged") {
				t.Errorf("%s: %s", c.what, message)
			}
		}
	}
}
