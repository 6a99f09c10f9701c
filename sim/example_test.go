package sim_test

import (
	"fmt"

	"github.com/spf13/afero"

	"powercut/sim"
)

// failing stands in for a *testing.T: it keeps the message of a failure.
type failing struct{ message string }

func (f *failing) Helper() {}

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

// One that forgets to sync the directory of the file that it made is caught,
// and the message says what was lost, at which operation, and how to see it
// again.
func ExampleTest_forgottenDirectorySync() {
	t := &failing{}
	func() {
		defer func() { _ = recover() }() // Fatalf doesn't return
		testToy(t, toyOptions{forgetDirSync: true})
	}()
	fmt.Println(t.message)
	// Output:
	// powercut: recovers: word0 was acknowledged and is lost
	// power cut before operation 8 of the workload
	//   its image: power-cut posix lost=2
	//   lost in it: operation 2: create /words (a Sync of its directory would have kept it)
	// the last operations of the workload before it:
	//      1 open     /words: open /words: no such file or directory  at sim/toy_test.go:30
	//      2 create   /words  at sim/toy_test.go:39
	//      3 truncate /words  at sim/toy_test.go:43
	//      4 sync     /words  at sim/toy_test.go:46
	//      5 write    /words [0, 6 bytes]  at sim/toy_test.go:63
	//      6 sync     /words  at sim/toy_test.go:67
	//      7 write    /words [6, 6 bytes]  at sim/toy_test.go:63
	// profile: posix
	// to repeat: sim.Config{Seed: 0, Runs: 1} in TestToy
}
