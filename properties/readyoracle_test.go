package properties_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
	"powercut/sim"
	"powercut/sim/core"
	"powercut/sim/oracle"
	"powercut/vfs"
)

// stranger tests the journal as somebody would who knows nothing of package
// properties: with sim.Test and a ready oracle.
type stranger struct {
	mode journal.Mode
	kept *oracle.Log[[]byte]
	n    int
}

func (s *stranger) options(r *sim.Run) journal.Options {
	return journal.Options{Mode: s.mode, Now: r.Now, Entropy: r.Entropy()}
}

// open opens a journal and lists the entries that it has.
func (s *stranger) open(fs afero.Fs, o journal.Options) (*journal.Journal, [][]byte, error) {
	j, _, err := journal.Open(fs, "/j", rayfall.New(), o)
	if err != nil {
		return nil, nil, err
	}
	var entries [][]byte
	for e, err := range j.Read(1) {
		if err != nil {
			return nil, nil, errors.Join(err, j.Close())
		}
		entries = append(entries, e.Payload)
	}
	return j, entries, nil
}

// client appends and syncs, and gives up when the journal does.
func (s *stranger) client(j *journal.Journal) error {
	for i := range 5 {
		s.n++
		payload := wire.Encode(wire.String(fmt.Sprintf("(set x%d %d)", s.n%3, s.n)))
		err := s.kept.Append(payload, func() error {
			_, err := j.Append(context.Background(), journal.Entry{Payload: payload})
			return err
		})
		if err == nil && i%2 == 1 {
			err = s.kept.Sync(func() error { return j.Sync(context.Background()) })
		}
		if errors.Is(err, journal.ErrPoisoned) {
			return nil
		}
	}
	return nil
}

// outcome tells the journal's errors apart.
func outcome(err error) oracle.Outcome {
	if errors.Is(err, journal.ErrRefused) {
		return oracle.Refused
	}
	return oracle.Indeterminate
}

// body is that of a sim.Test.
func (s *stranger) body(opts ...oracle.Option) func(r *sim.Run) {
	return func(r *sim.Run) {
		s.kept, s.n = oracle.NewLog[[]byte](r, append(opts, oracle.Classify(outcome))...), 0
		r.State(s.kept.Digest)
		r.Workload(func(fs afero.Fs) error {
			o := s.options(r)
			o.Monitor = r.Monitor()
			j, entries, err := s.open(fs, o)
			if err != nil {
				return nil // a fault struck; what Recover says is judged without any
			}
			if err := s.kept.Adopt(entries); err != nil {
				return err
			}
			r.Go("other", func() error { return s.client(j) })
			return s.client(j)
		})
		r.Recover(func(fs afero.Fs) error {
			j, entries, err := s.open(fs, s.options(r))
			if err != nil && r.Suspends("liveness") {
				return nil
			}
			if err != nil {
				return err
			}
			return errors.Join(s.kept.Check(entries), j.Close())
		})
	}
}

// failure keeps what a failing sim.Test says.
type failure struct{ message string }

func (f *failure) Helper()      {}
func (f *failure) Name() string { return "TestJournalByReadyOracle" }
func (f *failure) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	panic(f)
}

// failureOf is what a sim.Test says, "" if all held.
func failureOf(cfg sim.Config, body func(r *sim.Run)) string {
	f := &failure{}
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(f) {
				panic(p)
			}
		}()
		sim.Test(f, cfg, body)
	}()
	return f.message
}

// A ready oracle never accuses the journal, whatever faults strike it. One that
// expects more than is promised, because it takes a journal in async mode for one
// in sync mode, sees that something is lost.
func TestJournalByReadyOracle(t *testing.T) {
	honest := faults.Mix{Ops: 80, Kinds: []faults.Kind{faults.WriteError, faults.ShortWrite, faults.TornWrite, faults.NoSpace,
		faults.KeepDirty, faults.DropClean, faults.Revert, faults.TruncateError}}
	lying := faults.Mix{Ops: 80, Kinds: []faults.Kind{faults.LyingSync, faults.LostWrite}, SuspendingOneIn: 1}
	found := 0
	for seed := range core.Seed(20) {
		mix, profile := honest, vfs.POSIX
		if seed%5 == 4 {
			mix = lying
		}
		if seed%2 == 1 {
			profile = vfs.Ext4
		}
		cfg := sim.Config{Seed: sim.Seed(seed), Runs: 1, Epochs: 3, Points: 20, Profiles: []vfs.Profile{profile}, Corpus: "none", Promises: sim.Nothing, Plan: mix.Plan(seed.Stream("plan"))}
		if m := failureOf(cfg, (&stranger{mode: journal.Sync}).body()); m != "" {
			t.Errorf("seed %d, in sync mode: %s", seed, m)
		}
		if m := failureOf(cfg, (&stranger{mode: journal.Async}).body(oracle.BySync())); m != "" {
			t.Errorf("seed %d, in async mode: %s", seed, m)
		}
		if m := failureOf(cfg, (&stranger{mode: journal.Async}).body()); strings.HasPrefix(m, "powercut: acknowledged-durable: ") {
			found++
		}
	}
	if found < 10 {
		t.Errorf("of 20 journals in async mode %d were found not to be in sync mode", found)
	}
}
