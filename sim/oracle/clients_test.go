package oracle_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/sim"
	"powercut/sim/oracle"
)

// testClients has clients of the run, and goroutines that no run schedules, use
// one log at once.
func testClients(t sim.TB, d defects) {
	sim.Test(t, sim.Config{Corpus: "none", Runs: 5}, func(r *sim.Run) {
		kept := oracle.NewLog[string](r, oracle.BySync())
		client := func(l *lockedLog, name string) error {
			for i := range 4 {
				word := fmt.Sprint(name, i)
				if err := kept.Append(word, func() error { return l.Append(word) }); err != nil {
					return err
				}
				if err := kept.Sync(l.Sync); err != nil {
					return err
				}
			}
			return nil
		}
		r.Workload(func(fs afero.Fs) error {
			l, err := openLockedLog(fs, d.syncBeforeWrite)
			if err != nil {
				return err
			}
			r.Go("one", func() error { return client(l, "one") })
			r.Go("two", func() error { return client(l, "two") })
			ended := make(chan error)
			go func() { ended <- client(l, "own") }()
			return <-ended
		})
		r.Recover(func(fs afero.Fs) error {
			found, err := words(fs)
			return errors.Join(err, kept.Check(found))
		})
	})
}

// Clients may use an oracle at once, whoever runs them.
func TestClientsAtOnce(t *testing.T) {
	testClients(t, defects{})
	if got := verdict(testClients, defects{syncBeforeWrite: true}); !strings.Contains(got, "async-prefix: ") || !strings.Contains(got, "promised by sync") {
		t.Errorf("a log that syncs before it writes: %s", got)
	}
}
