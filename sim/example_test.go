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
	sim.Test(t, sim.Config{Corpus: "none", Runs: 20}, func(r *sim.Run) {
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
	// the law: Recovery returns no error of its own, and what a test's r.Recover checks is so, after every legal crash.
	// toy_test.go:39: the create of /words was lost in the crash
	// power cut before operation 8 of the workload
	//   lost: operation 2: create /words  at sim/toy_test.go:39 < sim/example_test.go:29
	// What would have helped: a Sync of the directory / after the create at sim/toy_test.go:39, called from sim/example_test.go:29. With it, no crash of this workload violates the law.
	// the last operations of the workload before it:
	//      1 open /words: no such file or directory  at sim/toy_test.go:30 < sim/example_test.go:29
	//      2 create /words  at sim/toy_test.go:39 < sim/example_test.go:29
	//      3 truncate /words to 0  at sim/toy_test.go:43 < sim/example_test.go:29
	//      4 sync /words  at sim/toy_test.go:46 < sim/example_test.go:29
	//      5 write /words 0+6  at sim/toy_test.go:63 < sim/example_test.go:34
	//      6 sync /words  at sim/toy_test.go:67 < sim/example_test.go:34
	//      7 write /words 6+6  at sim/toy_test.go:63 < sim/example_test.go:34
	// profile posix, seed 11
	// signature, for sim.Config{Known: ...}: "recovers/sim/toy_test.go:39<sim/example_test.go:29"
	// to repeat it: go test powercut/sim -run '^TestToy$' -powercut.seed=11
}
