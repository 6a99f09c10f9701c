package unmodified

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"powercut/sim"
	"powercut/sim/oracle"
)

// Store is an engine that keeps values by keys.
type Store interface {
	// Put promises that the value is there after a power cut, once it has returned.
	Put(key, value string) error
	Get(key string) (string, error) // oracle.ErrNotFound if it isn't there
	Close() error
}

// Open opens the store in a directory, and makes one if there is none.
type Open func(dir string) (Store, error)

// Plan says what is done with a store.
type Plan struct {
	Clients int // goroutines that write at once
	Puts    int // of each, every time
	Opens   int // [1] how often the store is opened, used and closed
	Bytes   int // of a value, and some more
	// FromTheStart also judges what a crash leaves before the store was open for the
	// first time. Few engines promise anything by then.
	FromTheStart bool
	// Retries has a client go on behind a put that failed.
	Retries bool
	// GoesOn also has what was recovered take a put, and open once more with it.
	GoesOn bool
}

// Run is the body of a test of a store: it puts, and whatever a power cut leaves,
// every put that had returned must be there.
func (p Plan) Run(open Open) func(r *sim.Run) {
	return func(r *sim.Run) {
		kept, opened := oracle.NewMap[string, string](r), false
		sim.Remember(r, &opened)
		r.WorkloadDir(func(dir string) error { return p.Workload(dir, open, func() { opened = true }, kept.Put) })
		r.RecoverDir(func(dir string) error {
			if !opened && !p.FromTheStart {
				return nil
			}
			return p.Recovery(dir, open, kept.Check)
		})
	}
}

// Workload is what is done with a store before the power cut, and needs no sim.Run: what
// to do with each put, put says, which is told what it is of. opened is called behind
// each Open.
func (p Plan) Workload(dir string, open Open, opened func(), put func(key, value string, do func() error) error) error {
	for range max(1, p.Opens) {
		s, err := open(dir)
		if err != nil {
			return err
		}
		opened()
		if err := errors.Join(p.put(s, put), s.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Recovery is what is done with a store behind the power cut: check compares what it
// gets with what was promised.
func (p Plan) Recovery(dir string, open Open, check func(get func(key string) (string, error)) error) error {
	s, err := open(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(check(s.Get), s.Close()); err != nil || !p.GoesOn {
		return err
	}
	return goOn(open, dir)
}

// goOn puts into what was recovered, and expects that to be there behind an Open.
func goOn(open Open, dir string) error {
	const key, value = "behind a crash", "goes on"
	s, err := open(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(s.Put(key, value), s.Close()); err != nil {
		return err
	}
	if s, err = open(dir); err != nil {
		return err
	}
	got, err := s.Get(key)
	if err == nil && got != value {
		err = fmt.Errorf("%q is %q", key, got)
	}
	return errors.Join(err, s.Close())
}

// put has all clients put at once.
func (p Plan) put(s Store, put func(key, value string, do func() error) error) error {
	failed := make([]error, p.Clients)
	var clients sync.WaitGroup
	for c := range p.Clients {
		clients.Go(func() {
			for i := 0; i < p.Puts && failed[c] == nil; i++ {
				key, value := fmt.Sprintf("key %d of %d", i%7, c), value(i, p.Bytes+50+13*i+c)
				failed[c] = put(key, value, func() error { return s.Put(key, value) })
				if p.Retries {
					failed[c] = nil // some other time
				}
			}
		})
	}
	clients.Wait()
	return errors.Join(failed...)
}

// value is a number of so many digits.
func value(i, digits int) string {
	number := strconv.Itoa(i)
	return strings.Repeat("0", max(0, digits-len(number))) + number // fmt takes no width of megabytes
}
