package core

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// An actor ends in many ways; none may take the scheduler with it.
func TestActorEndings(t *testing.T) {
	boom := errors.New("boom")
	for _, test := range []struct {
		name      string
		f         func() error
		err       error
		panicked  any
		abandoned bool
	}{
		{name: "returns", f: func() error { return nil }},
		{name: "fails", f: func() error { return boom }, err: boom},
		{name: "panics", f: func() error { panic("ouch") }, panicked: "ouch"},
		{name: "exits its goroutine", f: func() error { runtime.Goexit(); return nil }},
		{name: "exits and panics on the way out", f: func() error { defer func() { panic("late") }(); runtime.Goexit(); return nil }, panicked: "late"},
		{name: "recovers its own panic", f: func() (err error) {
			defer func() { recover(); err = boom }()
			panic("mine")
		}, err: boom},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &scheduler{gate: &cooperativeGate{}, policy: &randomPolicy{Seed(1).Stream("schedule")}}
			a := s.add("one", test.f)
			other := false
			s.add("other", func() error { s.pause(); other = true; return nil })
			if err := s.run(); err != nil {
				t.Fatal(err)
			}
			if !a.done || !other {
				t.Fatalf("done %v, the other actor done %v", a.done, other)
			}
			if !errors.Is(a.err, test.err) {
				t.Errorf("err %v, want %v", a.err, test.err)
			}
			if test.panicked != nil && (a.panic == nil || a.panic.Value != test.panicked || len(a.panic.Stack) == 0) {
				t.Errorf("panic %v, want %v with a stack", a.panic, test.panicked)
			}
		})
	}
}

// Abandoning an actor runs what it deferred, even if that pauses again or tries
// to go on after a recover.
func TestAbandon(t *testing.T) {
	s := &scheduler{gate: &cooperativeGate{}, policy: &randomPolicy{Seed(1).Stream("schedule")}}
	deferred := 0
	s.add("stubborn", func() error {
		defer func() { deferred++ }()
		for {
			func() {
				defer func() { recover(); deferred++; s.pause() }()
				s.block(func() bool { return false })
			}()
		}
	})
	if err := s.run(); !errors.Is(err, ErrDeadlock) {
		t.Fatalf("run: %v, want a deadlock", err)
	}
	if n := s.abandonAll(); n != 1 {
		t.Errorf("abandoned %d actors, want 1", n)
	}
	if deferred != 2 {
		t.Errorf("%d deferred calls ran, want 2", deferred)
	}
}

// interleave runs three actors of four steps each and returns the order of
// their steps.
func interleave(p Policy) (order []int, recorded Schedule) {
	s := &scheduler{gate: &cooperativeGate{}, policy: p}
	for id := range 3 {
		s.add("", func() error {
			for range 4 {
				order = append(order, id)
				s.pause()
			}
			return nil
		})
	}
	if err := s.run(); err != nil {
		panic(err)
	}
	return order, s.recorded
}

func TestScheduleIsDecidedBySeed(t *testing.T) {
	policies := map[string]func(Seed) Policy{
		"random":   func(seed Seed) Policy { return &randomPolicy{seed.Stream("schedule")} },
		"priority": func(seed Seed) Policy { return &priorityPolicy{Source: seed.Stream("schedule"), Depth: 3, Steps: 24} },
	}
	for name, policy := range policies {
		t.Run(name, func(t *testing.T) {
			distinct := 0
			first, _ := interleave(policy(0))
			for seed := range Seed(20) {
				a, recorded := interleave(policy(seed))
				b, _ := interleave(policy(seed))
				if diff := cmp.Diff(a, b); diff != "" {
					t.Fatalf("seed %s, two orders (-first +second):\n%s", seed, diff)
				}
				c, _ := interleave(new(slices.Clone(recorded)))
				if diff := cmp.Diff(a, c); diff != "" {
					t.Fatalf("seed %s, the recorded schedule gives another order (-drawn +explicit):\n%s", seed, diff)
				}
				if !slices.Equal(a, first) {
					distinct++
				}
			}
			if distinct < 10 {
				t.Errorf("only %d of 20 seeds gave another order than seed 0", distinct)
			}
		})
	}
}

func TestScheduleText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Schedule(rapid.SliceOf(rapid.IntRange(0, 3)).Draw(t, "schedule"))
		back, err := ParseSchedule(s.String())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s, back) {
			t.Fatalf("%v was printed as %q and read as %v", s, s.String(), back)
		}
	})
	for _, bad := range []string{"x", "1*", "*2", "-1", "1*0", "1*99999999999", "1*4194305"} {
		if _, err := ParseSchedule(bad); err == nil {
			t.Errorf("%q was read as a schedule", bad)
		}
	}
}

// Whoever holds the monitor is alone, sleepers wake in whatever order the
// schedule likes, and a wake-up that comes first is not lost.
func TestMonitor(t *testing.T) {
	for seed := range Seed(50) {
		s := &scheduler{gate: &cooperativeGate{}, policy: &randomPolicy{seed.Stream("schedule")}}
		m := &Monitor{s: s}
		inside, woken := 0, 0
		var waiters []Waiter
		for range 3 {
			s.add("sleeper", func() error {
				m.Lock()
				defer m.Unlock()
				if inside++; inside != 1 {
					t.Error("two actors hold the monitor")
				}
				s.pause()
				w := m.NewWaiter()
				waiters = append(waiters, w)
				inside--
				err := w.Wait(context.Background())
				if inside++; inside != 1 {
					t.Error("two actors hold the monitor")
				}
				woken++
				inside--
				return err
			})
		}
		s.add("waker", func() error {
			for done := 0; done < 3; s.pause() {
				m.Lock()
				for ; done < len(waiters); done++ {
					waiters[done].Wake()
				}
				m.Unlock()
			}
			return nil
		})
		if err := s.run(); err != nil {
			t.Fatalf("seed %s: %v", seed, err)
		}
		if woken != 3 {
			t.Errorf("seed %s: %d woke up, want 3", seed, woken)
		}
	}
}

func TestMonitorWaitEndsWithItsContext(t *testing.T) {
	s := &scheduler{gate: &cooperativeGate{}, policy: &randomPolicy{Seed(1).Stream("schedule")}}
	m := &Monitor{s: s}
	ctx, cancel := context.WithCancel(context.Background())
	a := s.add("sleeper", func() error {
		m.Lock()
		defer m.Unlock()
		return m.NewWaiter().Wait(ctx)
	})
	s.add("canceller", func() error { s.pause(); cancel(); return nil })
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(a.err, context.Canceled) {
		t.Errorf("Wait returned %v, want context.Canceled", a.err)
	}
}
