package oracle

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What is asked in the midst of calls can't be judged, and is no breach either.
func TestAskedAtTheWrongMoment(t *testing.T) {
	run := &fakeRun{}
	m, l := newMap[string, string](run), newLog[string](run)
	put(run, m, "k", "1", nil)
	wrong := func(what string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "while calls of the same oracle were under way") {
			t.Errorf("%s: got %v", what, err)
		}
	}
	wrong("a put while Check reads", m.Check(func(key string) (string, error) {
		put(run, m, "k", "2", nil)
		return "1", nil
	}))
	wrong("a put while Adopt reads", m.Adopt(func(key string) (string, error) {
		put(run, m, "k", "3", nil)
		return "2", nil
	}))
	run.beforeAck = func() { put(run, m, "k", "3", nil) }
	wrong("a put when Adopt has read", m.Adopt(getOf(map[string]string{"k": "3"})))
	inFlight := run.start(func(f func() error) error { return m.Put("k", "4", f) })
	wrong("Adopt beside a put", m.Adopt(getOf(map[string]string{"k": "4"})))
	inFlight.finish(nil)
	wants(t, m.Adopt(getOf(map[string]string{"k": "4"})), "")
	appended := run.start(func(f func() error) error { return l.Append("a", f) })
	wrong("Adopt beside an append", l.Adopt([]string{"a"}))
	appended.finish(nil)
	wants(t, l.Adopt([]string{"a"}), "")
}

// Adopt is a judge, too; and what nobody heard of is not adopted.
func TestAdoptJudges(t *testing.T) {
	run := &fakeRun{}
	m, l := newMap[string, string](run), newLog[string](run)
	put(run, m, "k", "1", nil)
	appends(run, l, "a")
	wants(t, m.Adopt(getOf(nil)), acknowledgedDurable)
	wants(t, m.AdoptAll(listOf("k", "1", "j", "1")), nothingInvented)
	wants(t, l.Adopt(nil), acknowledgedDurable)
	put(run, m, "k", "2", errFailed)
	_ = l.Append("b", run.returns(errFailed))
	run.off = true
	wants(t, m.Adopt(getOf(map[string]string{"k": "2"})), "")
	wants(t, l.Adopt([]string{"a", "b"}), "")
	run.off = false
	wants(t, m.Check(getOf(map[string]string{"k": "1"})), "")
	wants(t, l.Check([]string{"a"}), "")
}

// An error of get that doesn't mean that the key is missing is passed on, with
// what was promised of the key.
func TestErrorsOfGet(t *testing.T) {
	run := &fakeRun{}
	own := errors.New("toy: not found")
	m, told := newMap[string, string](run), newMap[string, string](run, NotFound(own))
	failing := func(err error) func(string) (string, error) {
		return func(string) (string, error) { return "", fmt.Errorf("get: %w", err) }
	}
	put(run, m, "k", "1", errFailed)
	put(run, told, "k", "1", errFailed)
	if err := m.Check(failing(own)); !errors.Is(err, own) || !strings.Contains(err.Error(), `get of "k": get: toy: not found (if that means`) {
		t.Errorf("got %v", err)
	}
	wants(t, told.Check(failing(own)), "")
	put(run, m, "k", "2", nil)
	if err := m.Check(failing(errFailed)); !errors.Is(err, errFailed) || !strings.Contains(err.Error(), `there was to be "k" = "2" of put 2, promised after`) {
		t.Errorf("got %v", err)
	}
	if err := m.CheckAll(func(func(string, string) bool) error { return errFailed }); err != errFailed {
		t.Errorf("an error of list became %v", err)
	}
}

// Slices of bytes may be used again by whoever passed them, and are equal if their
// bytes are.
func TestBytes(t *testing.T) {
	run := &fakeRun{}
	m, l := newMap[int, []byte](run), newLog[[]byte](run)
	buf := []byte("one")
	_ = m.Put(1, buf, run.returns(nil))
	_ = l.Append(buf, run.returns(nil))
	copy(buf, "two")
	_ = m.Put(2, nil, run.returns(nil))
	list := func(one string) func(func(int, []byte) bool) error {
		return func(yield func(int, []byte) bool) error {
			shared := []byte(one)
			yield(1, shared)
			copy(shared, "xxx")
			yield(2, shared[:0])
			return nil
		}
	}
	wants(t, m.CheckAll(list("one")), "")
	wants(t, m.CheckAll(list("two")), nothingInvented, `"two"`)
	wants(t, l.Check([][]byte{[]byte("one")}), "")
	wants(t, l.Check([][]byte{[]byte("two")}), nothingInvented, `"one" of append 1`)
}

// Equal compares values that mean the same in several forms.
func TestEqual(t *testing.T) {
	run := &fakeRun{}
	m := newMap[string, time.Time](run, Equal(time.Time.Equal))
	at := time.Unix(1, 0)
	_ = m.Put("k", at, run.returns(nil))
	get := func(at time.Time) func(string) (time.Time, error) {
		return func(string) (time.Time, error) { return at, nil }
	}
	wants(t, m.Check(get(at.UTC())), "")
	wants(t, m.Check(get(at.Add(1))), nothingInvented)
	defer func() {
		if text := fmt.Sprint(recover()); !strings.Contains(text, "values are of type string, but Equal was given a func(time.Time, time.Time) bool") {
			t.Errorf("got %s", text)
		}
	}()
	newMap[string, string](run, Equal(time.Time.Equal))
}

// The trace has each call under the name that messages use.
func TestNotes(t *testing.T) {
	run := &fakeRun{}
	m, l := newMap[string, string](run), newLog[int](run)
	put(run, m, "k", "v", nil)
	_ = m.Delete("k", run.returns(errFailed))
	_ = m.Batch(batch, run.returns(nil))
	_ = m.Sync(run.returns(nil))
	_ = l.Append(7, run.returns(nil))
	_ = l.Batch([]int{8, 9}, run.returns(nil))
	_ = l.Truncate(1, run.returns(nil))
	want := []string{`put 1: "k" = "v"`, "-> nil", `delete 2: "k"`, "-> input/output error", "batch 3 of 2", "-> nil", "sync 4", "-> nil",
		"append 1: 7", "-> nil", "batch 2 of 2", "-> nil", "truncate 3 of the first 1", "-> nil"}
	if diff := cmp.Diff(want, run.notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// A digest changes with what is known, and with nothing else.
func TestDigest(t *testing.T) {
	run := &fakeRun{}
	m := newMap[string, string](run, BySync())
	seen := map[uint64]bool{0: true}
	changed := func(what string) {
		t.Helper()
		if seen[m.Digest()] {
			t.Errorf("after %s the digest is one that was there before", what)
		}
		seen[m.Digest()] = true
	}
	changed("nothing")
	c := run.start(func(f func() error) error { return m.Put("k", "1", f) })
	changed("a call")
	c.finish(nil)
	changed("its return")
	_ = m.Sync(run.returns(nil))
	changed("a sync")
	before := m.Digest()
	wants(t, m.Check(getOf(map[string]string{"k": "1"})), "")
	wants(t, m.Check(getOf(nil)), asyncPrefix)
	if m.Digest() != before {
		t.Error("Check changed the digest")
	}
	wants(t, m.Adopt(getOf(map[string]string{"k": "1"})), "")
	changed("Adopt")
}

// Values are shown on one line, short, and told apart.
func TestShow(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, test := range []struct {
		value any
		want  string
	}{
		{"a\nb", `"a\nb"`},
		{[]byte{0, 'a'}, `"\x00a"`},
		{7, "7"},
		{time.Second, "1s"},
		{[]string{"a", "b"}, "[a b]"},
		{struct{ A, B int }{1, 2}, "{1 2}"},
		{nil, "<nil>"},
		{"two lines\nof text", `"two lines\nof text"`},
		{map[string]int{"b": 2, "a": 1}, "map[a:1 b:2]"},
		{long, `"` + strings.Repeat("x", 48) + `"… (100 bytes, CRC-32 5e0e5d8f)`},
	} {
		if got := show(test.value); got != test.want {
			t.Errorf("%v is shown as %s, want %s", test.value, got, test.want)
		}
	}
	if show(long+"1") == show(long+"2") {
		t.Error("two long values look the same")
	}
}

// The search for an order ends, however many calls overlap and append the same.
// Then only what can be told without an order is judged.
func TestSearchEnds(t *testing.T) {
	run := &fakeRun{}
	l := newLog[int](run)
	var open []*client
	for i := range 40 {
		open = append(open, run.start(func(f func() error) error { return l.Append(i%2, f) }))
	}
	for _, c := range slices.Backward(open) {
		c.finish(nil)
	}
	_ = l.Append(2, run.returns(nil))
	log := make([]int, 41)
	for i := range 20 {
		log[i] = 1
	}
	log[40] = 2
	wants(t, l.Check(log), "")
	log[39], log[40] = 2, 0 // an order that none leaves, but who would go through all of them?
	r := l.newReading(log)
	if r.possible(0); r.tries <= maxTries {
		t.Errorf("the search ended after %d tries: this is no test of its bound", r.tries)
	}
	wants(t, l.Check(log), "")
	log[5] = 7
	wants(t, l.Check(log), nothingInvented, `entry 6 that came back, 7, was never appended`)
	log[5] = 2
	wants(t, l.Check(log), nothingInvented, `entry 40 that came back, 2, is there once more`)
}
