package native

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"powercut/sim"
	"powercut/sim/oracle"
)

// store is an engine that keeps values by keys.
type store interface {
	Put(key, value string) error
	Get(key string) (string, error) // oracle.ErrNotFound if it isn't there
	Close() error
}

// plan says what is done with a store.
type plan struct {
	clients int // goroutines that write at once
	puts    int // of each
	// fromTheStart also judges what a crash leaves before the store was open for the
	// first time. Few engines promise anything by then.
	fromTheStart bool
}

// run is the body of a test of a store: it puts, and whatever a power cut leaves,
// every put that had returned must be there.
func (p plan) run(open func(dir string) (store, error)) func(r *sim.Run) {
	return func(r *sim.Run) {
		kept, opened := oracle.NewMap[string, string](r), false
		sim.Remember(r, &opened)
		r.WorkloadDir(func(dir string) error {
			s, err := open(dir)
			if err != nil {
				return err
			}
			opened = true
			failed := make([]error, p.clients)
			var clients sync.WaitGroup
			for c := range p.clients {
				clients.Go(func() {
					for i := 0; i < p.puts && failed[c] == nil; i++ {
						key, value := fmt.Sprintf("key %d of %d", i%7, c), fmt.Sprintf("%0*d", 50+13*i+c, i)
						failed[c] = kept.Put(key, value, func() error { return s.Put(key, value) })
					}
				})
			}
			clients.Wait()
			return errors.Join(append(failed, s.Close())...)
		})
		r.RecoverDir(func(dir string) error {
			if !opened && !p.fromTheStart {
				return nil
			}
			s, err := open(dir)
			if err != nil {
				return err
			}
			return errors.Join(kept.Check(s.Get), s.Close())
		})
	}
}

// finding is a test that is to fail: it keeps what the test says.
type finding struct {
	*testing.T
	message string
}

func (f *finding) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	panic(f)
}

// finds runs a test that is to find a defect, and whose message is to tell of it.
func finds(t *testing.T, cfg sim.Config, body func(r *sim.Run), want string) {
	t.Helper()
	f := &finding{T: t}
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(f) {
				panic(p)
			}
		}()
		cfg.Corpus = "none"
		sim.Test(f, cfg, body)
	}()
	if !strings.Contains(f.message, want) {
		t.Fatalf("found %q, want %q", f.message, want)
	}
	t.Logf("%.400s", f.message)
}
