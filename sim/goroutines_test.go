package sim_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim"
)

// backgroundLog is an engine with a goroutine of its own that writes for its
// clients, and panics when the disk fails, as many do.
type backgroundLog struct {
	file     afero.File
	requests chan request
}

type request struct {
	number byte
	done   chan error
}

func openBackgroundLog(fs afero.Fs, lose bool) (*backgroundLog, error) {
	f, err := fs.OpenFile("/log", os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	dir, err := fs.Open("/")
	if err != nil {
		return nil, err
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return nil, err
	}
	l := &backgroundLog{f, make(chan request)}
	go l.write(lose)
	return l, nil
}

func (l *backgroundLog) write(lose bool) {
	for r := range l.requests {
		_, err := l.file.Write([]byte{r.number})
		if err == nil && !lose {
			err = l.file.Sync()
		}
		if err != nil {
			panic(err)
		}
		r.done <- nil
	}
}

func (l *backgroundLog) Append(number byte) error {
	r := request{number, make(chan error)}
	l.requests <- r
	return <-r.done
}

// testBackgroundLog declares a test of it.
func testBackgroundLog(r *sim.Run, lose bool) {
	acked := byte(0)
	r.Workload(func(fs afero.Fs) error {
		l, err := openBackgroundLog(fs, lose)
		if err != nil {
			return err
		}
		for i := range byte(5) {
			if err := l.Append(i); err != nil {
				return err
			}
			r.Ack(func() { acked = i + 1 })
		}
		return nil
	})
	r.Recover(func(fs afero.Fs) error {
		raw, err := afero.ReadFile(fs, "/log")
		if acked > 0 && (err != nil || len(raw) < int(acked)) {
			return fmt.Errorf("%d entries were acknowledged, %d came back (%v)", acked, len(raw), err)
		}
		return nil
	})
}

// An engine that panics in a goroutine of its own when it is told that the power is
// off never gets to hear that: what was found is reported, each time.
func TestEngineThatPanicsBehindTheCut(t *testing.T) {
	for range 20 {
		message := failureOf(t, func(t sim.TB) {
			sim.Test(t, sim.Config{Corpus: "none", Runs: 20}, func(r *sim.Run) { testBackgroundLog(r, true) })
		})
		if !strings.Contains(message, "entries were acknowledged") {
			t.Fatalf("got %s", message)
		}
	}
	sim.Test(t, sim.Config{Corpus: "none", Runs: 20, Epochs: 2, Promises: sim.Nothing}, func(r *sim.Run) { testBackgroundLog(r, false) })
}

// mutexLog is an engine whose clients share a lock that the run does not know.
type mutexLog struct {
	mu     sync.Mutex
	file   afero.File
	length uint32
}

func (l *mutexLog) Append() (uint32, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.length++
	if _, err := l.file.Write(binary.BigEndian.AppendUint32(nil, l.length)); err != nil {
		return 0, err
	}
	return l.length, l.file.Sync()
}

// Clients that share a plain mutex are interleaved like any others: one that waits
// for the lock counts as blocked. The seed decides their order.
func TestClientsOnAPlainMutex(t *testing.T) {
	orders := make(map[string]int)
	for range 2 {
		sim.Test(t, sim.Config{Corpus: "none", Runs: 10, Points: 4, Workers: 1}, func(r *sim.Run) {
			order := ""
			l := &mutexLog{}
			acked := uint32(0)
			client := func(name string) func() error {
				return func() error {
					for range 4 {
						n, err := l.Append()
						if err != nil {
							return err
						}
						r.Ack(func() { order += name; acked = max(acked, n) })
					}
					if len(order) == 12 {
						orders[order]++
					}
					return nil
				}
			}
			r.Workload(func(fs afero.Fs) (err error) {
				if l.file, err = fs.OpenFile("/f", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644); err != nil {
					return err
				}
				dir, err := fs.Open("/")
				if err != nil {
					return err
				}
				if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
					return err
				}
				r.Go("a", client("a"))
				r.Go("b", client("b"))
				r.Go("c", client("c"))
				return nil
			})
			r.Recover(func(fs afero.Fs) error {
				raw, err := afero.ReadFile(fs, "/f")
				if acked > 0 && (err != nil || len(raw) < 4*int(acked)) {
					return fmt.Errorf("%d entries were acknowledged, %d bytes came back (%v)", acked, len(raw), err)
				}
				return nil
			})
		})
	}
	for order, n := range orders {
		if n%2 != 0 {
			t.Errorf("order %s came in %d of two goes at each seed", order, n)
		}
	}
	if len(orders) < 3 {
		t.Errorf("ten seeds gave no more than these orders: %v", orders)
	}
}

// An engine that ends itself because its disk fails does as it says; one that does
// so while nothing is wrong, or when it recovers, does not.
func TestEngineThatEndsItself(t *testing.T) {
	write := func(fs afero.Fs) error { return afero.WriteFile(fs, "/f", []byte("x"), 0o644) }
	failing := faults.Plan{Rules: []faults.Rule{{Kind: faults.WriteError}}}
	for _, test := range []struct {
		name     string
		plan     faults.Plan
		workload func(r *sim.Run, fs afero.Fs) error
		recover  func(r *sim.Run, fs afero.Fs) error
		want     string
	}{
		{"a fault struck", failing, func(r *sim.Run, fs afero.Fs) error {
			if err := write(fs); err != nil {
				r.Died(err)
			}
			return errors.New("still alive")
		}, nil, ""},
		{"in a goroutine of its own", failing, func(r *sim.Run, fs afero.Fs) error {
			done := make(chan struct{})
			go func() {
				if err := write(fs); err != nil {
					r.Died(err)
				}
				close(done)
			}()
			<-done
			return errors.New("still alive")
		}, nil, ""},
		{"for no reason", faults.Plan{}, func(r *sim.Run, fs afero.Fs) error { r.Died(errors.New("bored")); return nil }, nil,
			"works: the engine ended itself: bored; no fault had struck"},
		{"in the recovery", faults.Plan{}, func(_ *sim.Run, fs afero.Fs) error { return write(fs) },
			func(r *sim.Run, _ afero.Fs) error { r.Died(errors.New("bored")); return nil }, "recovers: the engine ended itself: bored"},
	} {
		t.Run(test.name, func(t *testing.T) {
			run := func(t sim.TB) {
				sim.Test(t, sim.Config{Corpus: "none", Runs: 3, Plan: test.plan, HangAfter: 20 * time.Second, Promises: sim.Nothing}, func(r *sim.Run) {
					r.Workload(func(fs afero.Fs) error { return test.workload(r, fs) })
					r.Recover(func(fs afero.Fs) error {
						if test.recover == nil {
							return nil
						}
						return test.recover(r, fs)
					})
				})
			}
			if test.want == "" {
				run(t)
			} else if message := failureOf(t, run); !strings.Contains(message, test.want) {
				t.Errorf("got:\n%s\nwant in it: %s", message, test.want)
			}
		})
	}
}

// What Recover must not do is said, not waited for.
func TestRecoverKeepsOffTheRun(t *testing.T) {
	for want, f := range map[string]func(r *sim.Run) error{
		"works on the disk of the epoch": func(r *sim.Run) error { return afero.WriteFile(r.Disk(), "/g", nil, 0o644) },
		"Recover calls Ack":              func(r *sim.Run) error { r.Ack(func() {}); return nil },
	} {
		message := failureOf(t, func(t sim.TB) {
			sim.Test(t, sim.Config{Corpus: "none", Runs: 1}, func(r *sim.Run) {
				r.Workload(func(fs afero.Fs) error { return afero.WriteFile(fs, "/f", nil, 0o644) })
				r.Recover(func(fs afero.Fs) error { return f(r) })
			})
		})
		if !strings.Contains(message, want) {
			t.Errorf("got %s\nwant in it: %s", message, want)
		}
	}
}

// The same image is not recovered again at the same state.
func TestState(t *testing.T) {
	recoveries := func(state func() uint64) int {
		n := 0
		sim.Test(t, sim.Config{Corpus: "none", Runs: 5, Workers: 1, Promises: sim.Nothing}, func(r *sim.Run) {
			if state != nil {
				r.State(state)
			}
			r.Workload(func(fs afero.Fs) error {
				for range 10 {
					if _, err := fs.Stat("/f"); err != nil && !errors.Is(err, os.ErrNotExist) {
						return err
					}
				}
				return nil
			})
			r.Recover(func(afero.Fs) error { n++; return nil })
		})
		return n
	}
	if without, with := recoveries(nil), recoveries(func() uint64 { return 0 }); without < 10*with || with == 0 {
		t.Errorf("%d recoveries without State, %d with it", without, with)
	}
}

// Faults strike what an engine's own goroutines do, and a recovery that comes before
// one of their operations is like any other.
func TestFaultsBesideGoroutines(t *testing.T) {
	plan := faults.Plan{Rules: []faults.Rule{{Kind: faults.Latency, Delay: time.Microsecond}}}
	asked := 0
	sim.Test(t, sim.Config{Corpus: "none", Workers: 1, Promises: sim.Nothing, Runs: 3, Points: 10, Plan: plan}, func(r *sim.Run) {
		write := func(fs afero.Fs, name string, times int) (err error) {
			for i := 0; i < times && err == nil; i++ {
				err = afero.WriteFile(fs, name, []byte("x"), 0o644)
			}
			return err
		}
		r.Workload(func(fs afero.Fs) error {
			for range 4 {
				go func() { _ = write(fs, "/theirs", 100) }()
			}
			return write(fs, "/ours", 30)
		})
		r.Recover(func(afero.Fs) error {
			if r.Suspends("acknowledged-durable") {
				return errors.New("latency suspends nothing")
			}
			asked++
			return nil
		})
	})
	if asked == 0 {
		t.Error("nothing was recovered")
	}
}
