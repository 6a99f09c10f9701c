package oracle_test

import (
	"errors"
	"fmt"

	"github.com/spf13/afero"

	"powercut/sim"
	"powercut/sim/oracle"
)

var (
	errBusy    = errors.New("store: busy, try again")
	errUnknown = errors.New("store: the put may have failed")
	errTooLong = errors.New("store: the key is too long")
)

// moody is a store that sometimes fails, and shouldn't.
type moody struct {
	*store
	puts            int
	refuses, doubts bool
}

func (s *moody) Put(key, value string) error {
	s.puts++
	switch {
	case len(key) > 10:
		return errTooLong
	case s.puts == 4 && s.refuses:
		return errBusy
	}
	err := s.store.Put(key, value)
	if err == nil && s.puts == 4 && s.doubts {
		return errUnknown
	}
	return err
}

// testMoody goes on after an error, as programs do that try again later: no error of the
// workload's tells then that something is wrong.
func testMoody(refuses, doubts bool) func(t sim.TB, d defects) {
	return func(t sim.TB, d defects) {
		sim.Test(t, sim.Config{Corpus: "none", Runs: 5}, func(r *sim.Run) {
			kept := oracle.NewMap[string, string](r, oracle.Strict(), oracle.Classify(func(err error) oracle.Outcome {
				switch {
				case errors.Is(err, errTooLong):
					return oracle.Rejected // the caller's own doing
				case errors.Is(err, errBusy):
					return oracle.Refused
				}
				return oracle.Indeterminate
			}))
			r.Workload(func(fs afero.Fs) error {
				s, err := openStore(fs, d)
				if err != nil {
					return err
				}
				m := &moody{store: s, refuses: refuses, doubts: doubts}
				for i := range 6 {
					k, v := fmt.Sprint("k", i%3), fmt.Sprint("v", i)
					if i == 1 {
						k = "a key that is too long"
					}
					_ = kept.Put(k, v, func() error { return m.Put(k, v) })
				}
				return nil
			})
			r.Recover(func(fs afero.Fs) error {
				s, err := openStore(fs, d)
				if err != nil {
					return err
				}
				return kept.Check(s.Get)
			})
		})
	}
}

// An engine that refuses what it could do, or says of what it has done that nobody knows,
// loses nothing. With Strict it is found all the same.
func ExampleStrict() {
	fmt.Println(verdict(testMoody(false, false), defects{}))
	fmt.Println(verdict(testMoody(true, false), defects{}))
	fmt.Println(verdict(testMoody(false, true), defects{}))
	// Output:
	// held
	// powercut: not-too-cautious: put 4 was refused after operation 11, but nothing that the disk did was a reason: store: busy, try again
	// powercut: says-what-is-so: put 4 failed after operation 13, and nobody is to know what came of it, but nothing that the disk did was a reason: store: the put may have failed
}
