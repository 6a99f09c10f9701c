package store

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/spf13/afero"

	"powercut/sim"
)

func testStore(t *testing.T, cfg sim.Config, lose, dies bool) {
	sim.Test(t, cfg, func(r *sim.Run) {
		acked := 0
		r.WorkloadDir(func(dir string) error {
			s, err := Open(dir, lose)
			if err != nil {
				return err
			}
			var all sync.WaitGroup
			var mu sync.Mutex
			for range 2 {
				n := sim.Between(r, 1, 4)
				all.Go(func() {
					for range n {
						time.Sleep(time.Millisecond)
						mu.Lock()
						if s.Append("line") == nil {
							acked++
						}
						if dies && acked == 5 {
							panic("a line that the store can't bear")
						}
						mu.Unlock()
					}
				})
			}
			all.Wait()
			return s.Close()
		})
		r.RecoverDir(func(dir string) error {
			lines, err := Lines(dir)
			if err != nil {
				return err
			}
			if len(lines) < acked {
				return sim.Breachf("acknowledged-durable", "%d lines were acknowledged, %d came back", acked, len(lines))
			}
			return nil
		})
	})
}

func TestSound(t *testing.T) { testStore(t, sim.Config{}, false, false) }

func TestParts(t *testing.T) {
	t.Run("it loses", func(t *testing.T) { testStore(t, sim.Config{}, true, false) })
	t.Run("dies", func(t *testing.T) { testStore(t, sim.Config{}, false, true) })
}

// TestBlind looks at nothing.
func TestBlind(t *testing.T) {
	sim.Test(t, sim.Config{}, func(r *sim.Run) {
		r.WorkloadDir(func(dir string) error {
			s, err := Open(dir, false)
			if err != nil {
				return err
			}
			return errors.Join(s.Append("line"), s.Close())
		})
		r.RecoverDir(func(string) error { return nil })
	})
}

// TestIdle does nothing.
func TestIdle(t *testing.T) {
	sim.Test(t, sim.Config{Promises: sim.Nothing}, func(r *sim.Run) {
		r.WorkloadDir(func(string) error { return nil })
		r.RecoverDir(func(string) error { return nil })
	})
}

// TestOnDisk needs no directory.
func TestOnDisk(t *testing.T) {
	sim.Test(t, sim.Config{}, func(r *sim.Run) {
		wrote := false
		r.Workload(func(fs afero.Fs) error {
			f, err := fs.Create("/f")
			if err != nil {
				return err
			}
			_, err = f.WriteString("content")
			dir, err2 := fs.Open("/")
			if err2 != nil {
				return err2
			}
			err = errors.Join(err, f.Sync(), f.Close(), dir.Sync(), dir.Close())
			wrote = err == nil
			return err
		})
		r.Recover(func(fs afero.Fs) error {
			text, err := afero.ReadFile(fs, "/f")
			if wrote && string(text) != "content" {
				return sim.Breachf("acknowledged-durable", "%q came back (%v)", text, err)
			}
			return nil
		})
	})
}
