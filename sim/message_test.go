package sim_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim"
	"powercut/sim/internal/golden"
	"powercut/sim/internal/toys/slots"
	"powercut/vfs"
)

// testSlots puts three numbers into a slot of an engine, one after the other. A
// crash leaves the one that was acknowledged last, or the one behind it.
func testSlots(t sim.TB, config sim.Config, defect slots.Defect) {
	sim.Test(t, config, func(r *sim.Run) {
		lawful := []string{""} // what the slot may hold
		r.Workload(func(fs afero.Fs) error {
			for _, number := range []string{"1", "2", "3"} {
				lawful = append(lawful, number)
				if err := (slots.Store{Fs: fs, Defect: defect}).Put("a", number); err != nil {
					if errors.Is(err, vfs.ErrInjected) {
						return nil
					}
					return err
				}
				lawful = []string{number}
			}
			return nil
		})
		r.Recover(func(fsys afero.Fs) error {
			s := slots.Store{Fs: fsys, Defect: defect}
			if err := s.Recover(); err != nil {
				return err
			}
			got, err := s.Get("a")
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if !slices.Contains(lawful, got) {
				return fmt.Errorf("slot a holds %q, want one of %q", got, lawful)
			}
			return nil
		})
	})
}

// What a failing test says is enough to act on: what went wrong, where the power
// went and what that took, what had been done by then, and how to see it again.
// These are the files of testdata.
func TestMessages(t *testing.T) {
	for _, test := range []struct {
		name   string
		defect slots.Defect
		config sim.Config
	}{
		{"a-directory-that-was-not-synced", slots.NoDirSync, sim.Config{}},
		{"a-file-that-was-not-synced", slots.NoFileSync, sim.Config{Profiles: []vfs.Profile{vfs.Ext4}}},
		{"a-crash-of-the-recovery", slots.EmptiesFirst, sim.Config{Depth: 1}},
		{"a-fault", slots.IgnoresError, sim.Config{Plan: faults.Plan{Rules: []faults.Rule{{Kind: faults.DropClean, Path: "*.new", From: 2, Until: 2}}}}},
		{"in-a-later-epoch", slots.NoDirSync, sim.Config{Epochs: 2, Points: 1}},
		{"a-disk-that-lies", slots.None, sim.Config{Plan: faults.Plan{Rules: []faults.Rule{{Kind: faults.LyingSync, Path: "*.new"}}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			golden.Compare(t, "message-"+test.name+".txt", failureOf(t, func(t sim.TB) { test.config.Corpus = "none"; testSlots(t, test.config, test.defect) })+"\n")
		})
	}
	testSlots(t, sim.Config{Corpus: "none", Runs: 20, Depth: 1}, slots.None)
}
