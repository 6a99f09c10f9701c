package oracle

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"powercut/sim"
)

// fakeRun stands in for a *sim.Run: the test says what happens in it.
type fakeRun struct {
	off       bool
	beforeAck func() // what somebody else does just before the next Ack
	epoch     int
	ops       uint64
	suspended []sim.Law
	excused   bool // a fault has struck
	notes     []string
	stops     []func() // of calls that may be under way
}

func (r *fakeRun) Epoch() int         { return r.epoch }
func (r *fakeRun) operations() uint64 { return r.ops }

func (r *fakeRun) Ack(f func()) {
	if first := r.beforeAck; first != nil {
		r.beforeAck = nil
		first()
	}
	if !r.off {
		f()
	}
}

func (r *fakeRun) Suspends(law sim.Law) bool {
	for _, s := range r.suspended {
		if s == law {
			return true
		}
	}
	return false
}

func (r *fakeRun) Excuses(error) bool { return r.excused }

func (r *fakeRun) NoteCall(text string)   { r.notes = append(r.notes, text) }
func (r *fakeRun) NoteReturn(text string) { r.notes = append(r.notes, "-> "+text) }

// crash ends the epoch: what was under way never returns.
func (r *fakeRun) crash() {
	r.epoch++
	r.ops = 0
}

var (
	errRefused = errors.New("no room")
	errEnded   = errors.New("rolled back, perhaps")
	errFailed  = errors.New("input/output error")
	errOwn     = errors.New("such a key is too long")
)

// classify is how the tests tell errors apart.
func classify(err error) Outcome {
	switch err {
	case errRefused:
		return Refused
	case errEnded:
		return Ended
	case errOwn:
		return Rejected
	}
	return Indeterminate
}

// client makes one call of an oracle in two steps, so that calls can overlap in
// any way.
type client struct {
	resume func() (struct{}, bool)
	answer error
}

// start makes a call and leaves it under way.
func (r *fakeRun) start(call func(engine func() error) error) *client {
	c := &client{}
	var stop func()
	c.resume, stop = iter.Pull(func(yield func(struct{}) bool) {
		_ = call(func() error {
			r.ops++
			yield(struct{}{})
			return c.answer
		})
	})
	r.stops = append(r.stops, stop)
	c.resume()
	return c
}

// end ends what is still under way: too many goroutines make whoever lists them
// slow.
func (r *fakeRun) end() {
	r.off = true
	for _, stop := range r.stops {
		stop()
	}
}

// finish has the call return.
func (c *client) finish(err error) {
	c.answer = err
	c.resume()
}

// returns is an engine's call that does one operation and returns err.
func (r *fakeRun) returns(err error) func() error {
	return func() error {
		r.ops++
		return err
	}
}

// wants checks that an oracle's verdict is a breach of a law whose sentence has
// some words, or no breach if there is no law.
func wants(t *testing.T, err error, law sim.Law, words ...string) {
	t.Helper()
	switch {
	case law == "" && err != nil:
		t.Errorf("this is lawful, but: %v", err)
	case law == "":
	case err == nil:
		t.Errorf("a breach of %s was not noticed (%s)", law, strings.Join(words, ", "))
	default:
		text := err.Error()
		if !strings.HasPrefix(text, string(law)+": ") {
			t.Errorf("want a breach of %s, got: %s", law, text)
		}
		for _, word := range words {
			if !strings.Contains(text, word) {
				t.Errorf("the message doesn't say %s: %s", word, text)
			}
		}
		if strings.Contains(text, "\n") || len(text) > 600 {
			t.Errorf("the message is no sentence to read:\n%s", text)
		}
	}
}

// getOf is the get of an engine that has these.
func getOf(has map[string]string) func(string) (string, error) {
	return func(key string) (string, error) {
		value, ok := has[key]
		if !ok {
			return "", fmt.Errorf("toy: %w", ErrNotFound)
		}
		return value, nil
	}
}

// listOf is the list of an engine that has these.
func listOf(pairs ...string) func(yield func(string, string) bool) error {
	return func(yield func(string, string) bool) error {
		for i := 0; i < len(pairs); i += 2 {
			yield(pairs[i], pairs[i+1])
		}
		return nil
	}
}
