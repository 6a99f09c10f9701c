package sim_test

import (
	"fmt"

	"github.com/spf13/afero"

	"powercut/sim"
)

// failing stands in for a *testing.T: it keeps the message of a failure.
type failing struct{ message string }

func (f *failing) Helper()      {}
func (f *failing) Name() string { return "TestToy" }
func (f *failing) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	panic(f) // as a *testing.T would, it doesn't return
}

// testToy is the whole of a test of a store: what it does, and what must hold
// after a power cut at any point of it.
func testToy(t sim.TB, o toyOptions) {
	sim.Test(t, sim.Config{Runs: 20}, func(r *sim.Run) {
		acked := 0
		r.Workload(func(fs afero.Fs) error {
			s, err := openToy(fs, "/words", o)
			if err != nil {
				return err
			}
			for i := range 5 {
				if err := s.Put(fmt.Sprint("word", i), o); err != nil {
					return err
				}
				acked = i + 1
			}
			return s.Close()
		})
		r.Recover(func(fs afero.Fs) error {
			s, err := openToy(fs, "/words", o)
			if err != nil {
				return err
			}
			defer s.Close()
			for i := range acked {
				if !s.has[fmt.Sprint("word", i)] {
					return fmt.Errorf("word%d was acknowledged and is lost", i)
				}
			}
			return nil
		})
	})
}

// A sound store holds in every run.
func ExampleTest() {
	t := &failing{}
	testToy(t, toyOptions{})
	fmt.Println("failed:", t.message != "")
	// Output: failed: false
}
