package oracle

import (
	"testing"

	"powercut/sim"
)

// An error without a cause is a breach, of one law or the other; its nearest lawful
// neighbours are the same error after a fault, one that the caller is the cause of, and
// one that nobody asked to be judged.
func TestErrorsWithoutACause(t *testing.T) {
	errs := []struct {
		name string
		err  error
		law  sim.Law
		word string
	}{
		{"refused", errRefused, notTooCautious, "1 was refused after operation 1, but nothing that the disk did was a reason: no room"},
		{"indeterminate", errFailed, saysWhatIsSo, "1 failed after operation 1, and nobody is to know what came of it, but"},
		{"ended", errEnded, saysWhatIsSo, "rolled back, perhaps"},
		{"rejected", errOwn, "", ""},
	}
	type judged struct {
		verb string
		call func(r *fakeRun, o []Option, err error) (check func() error)
	}
	ofMap := func(call func(m *stringMap, f func() error) error) func(r *fakeRun, o []Option, err error) func() error {
		return func(r *fakeRun, o []Option, err error) func() error {
			m := newMap[string, string](r, o...)
			if got := call(m, r.returns(err)); got != err {
				t.Errorf("the call returned %v, want what the engine returned: %v", got, err)
			}
			return func() error { return m.CheckAll(listOf()) }
		}
	}
	ofLog := func(call func(l *Log[string], f func() error) error) func(r *fakeRun, o []Option, err error) func() error {
		return func(r *fakeRun, o []Option, err error) func() error {
			l := newLog[string](r, o...)
			_ = call(l, r.returns(err))
			return func() error { return l.Adopt(nil) }
		}
	}
	calls := []judged{
		{"put", ofMap(func(m *stringMap, f func() error) error { return m.Put("k", "v", f) })},
		{"delete", ofMap(func(m *stringMap, f func() error) error { return m.Delete("k", f) })},
		{"batch", ofMap(func(m *stringMap, f func() error) error { return m.Batch(batch, f) })},
		{"sync", ofMap(func(m *stringMap, f func() error) error { return m.Sync(f) })},
		{"append", ofLog(func(l *Log[string], f func() error) error { return l.Append("a", f) })},
		{"sync", ofLog(func(l *Log[string], f func() error) error { return l.Sync(f) })},
	}
	for _, c := range calls {
		for _, e := range errs {
			t.Run(c.verb+" "+e.name, func(t *testing.T) {
				strict := []Option{Classify(classify), Strict()}
				word := e.word
				if e.law != "" && word[0] == '1' {
					word = c.verb + " " + word
				}
				wants(t, c.call(&fakeRun{}, strict, e.err)(), e.law, word)
				wants(t, c.call(&fakeRun{excused: true}, strict, e.err)(), "")
				wants(t, c.call(&fakeRun{}, strict[:1], e.err)(), "")
				wants(t, c.call(&fakeRun{}, strict, nil)(), lawOfNothing(c.verb))
			})
		}
	}
}

// lawOfNothing is what an engine breaks that shows nothing after a call succeeded.
func lawOfNothing(verb string) sim.Law {
	if verb == "put" || verb == "batch" || verb == "append" {
		return acknowledgedDurable
	}
	return ""
}

// The error counts also if it came before others that have a cause, and comes back from a
// later Check, after a crash. What was rejected is in no state that may come back.
func TestErrorsWithoutACauseAreKept(t *testing.T) {
	run := &fakeRun{}
	m := newMap[string, string](run, Classify(classify), Strict())
	put(run, m, "k", "long", errOwn)
	wants(t, m.CheckAll(listOf()), "")
	wants(t, m.CheckAll(listOf("k", "long")), nothingInvented, "refused after operation 1 (such a key is too long)")
	put(run, m, "k", "1", errRefused)
	run.excused = true
	put(run, m, "k", "2", errFailed)
	run.crash()
	wants(t, m.CheckAll(listOf()), notTooCautious, "put 2 was refused after operation 2 of epoch 0, but")
}
