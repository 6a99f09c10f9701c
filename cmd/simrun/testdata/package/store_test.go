package store

import (
	"fmt"
	"os"
	"testing"

	"github.com/spf13/afero"

	"powercut/sim"
)

// testStore appends lines, and expects those that were acknowledged.
func testStore(t *testing.T, cfg sim.Config, options Options) {
	sim.Test(t, cfg, func(r *sim.Run) {
		var acked []string
		r.Setup(func(fs afero.Fs) error { return fs.MkdirAll("/db", 0o755) })
		r.Workload(func(fs afero.Fs) error {
			fmt.Println("what an engine prints is in nobody's way")
			fmt.Fprintln(os.Stderr, "{\"block\":{}}")
			s, err := Open(fs, "/db", options)
			if err != nil {
				return err
			}
			for range sim.Between(r, 1, 6) {
				line := sim.Pick(r, "a", "b", "c", "d", "e", "f", "g", "h")
				if err := s.Append(line); err != nil {
					return err
				}
				r.Ack(func() { acked = append(acked, line) })
			}
			return nil
		})
		r.Recover(func(fs afero.Fs) error {
			lines, err := Lines(fs, "/db")
			if err != nil {
				return err
			}
			if len(lines) < len(acked) {
				return sim.Breachf("acknowledged-durable", "%d lines were acknowledged, %d came back", len(acked), len(lines))
			}
			return nil
		})
	})
}

func TestSound(t *testing.T) { testStore(t, sim.Config{}, Options{}) }

func TestParts(t *testing.T) {
	t.Run("it loses (what it has)", func(t *testing.T) { testStore(t, sim.Config{}, Options{Lose: true}) })
	t.Run("behind the cut", func(t *testing.T) { testStore(t, sim.Config{}, Options{Lose: true, Background: true}) })
	t.Run("dies", func(t *testing.T) {
		testStore(t, sim.Config{Promises: sim.Nothing}, Options{Background: true, Panic: 'h'})
	})
}

func TestBlind(t *testing.T) {
	sim.Test(t, sim.Config{}, func(r *sim.Run) {
		r.Workload(func(fs afero.Fs) error { return afero.WriteFile(fs, "/f", nil, 0o644) })
		r.Recover(func(afero.Fs) error { return nil })
	})
}

func TestOther(t *testing.T) { t.Log("calls no sim.Test, and fails"); t.Fail() }
