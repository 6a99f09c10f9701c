package oracle

import (
	"strings"
	"testing"

	"powercut/sim"
)

type stringLog = Log[string]

// logPair is for a log what mapPair is for a map. What comes back is written as
// words.
type logPair struct {
	name    string
	options []Option
	play    func(r *fakeRun, l *stringLog)
	breach  string
	law     sim.Law
	words   []string
	lawful  string
}

// appends appends words, one after the other.
func appends(r *fakeRun, l *stringLog, words string) {
	for _, word := range strings.Fields(words) {
		_ = l.Append(word, r.returns(nil))
	}
}

var logPairs = []logPair{{
	name: "the last entry that was promised", play: func(r *fakeRun, l *stringLog) { appends(r, l, "a b c") },
	breach: "a b", law: acknowledgedDurable, words: []string{`"c" of append 3, promised after operation 3, is lost: the log that came back ends with entry 2`},
	lawful: "a b c",
}, {
	name: "an entry in the middle", play: func(r *fakeRun, l *stringLog) { appends(r, l, "a b c") },
	breach: "a c", law: acknowledgedDurable, words: []string{`"b" of append 2, promised after operation 2, is lost: entry 2 that came back is "c" of append 3`},
	lawful: "a b c",
}, {
	name: "an entry in flight", play: func(r *fakeRun, l *stringLog) {
		appends(r, l, "a")
		r.start(func(f func() error) error { return l.Append("b", f) })
	},
	breach: "a x", law: nothingInvented, words: []string{`entry 2 that came back, "x", was never appended`},
	lawful: "a b",
}, {
	name: "an entry twice", play: func(r *fakeRun, l *stringLog) { appends(r, l, "a b") },
	breach: "a b b", law: nothingInvented, words: []string{`entry 3 that came back, "b", is there once more than it was appended, as entry 2 too`},
	lawful: "a b",
}, {
	name: "an entry that was appended twice", play: func(r *fakeRun, l *stringLog) { appends(r, l, "a a") },
	breach: "a", law: acknowledgedDurable, words: []string{`"a" of append 2`},
	lawful: "a a",
}, {
	name: "a refused entry", options: []Option{Classify(classify)}, play: func(r *fakeRun, l *stringLog) {
		appends(r, l, "a")
		_ = l.Append("b", r.returns(errRefused))
		_ = l.Append("c", r.returns(errFailed))
		appends(r, l, "d")
	},
	breach: "a b d", law: nothingInvented, words: []string{`entry 2 that came back, "b", is of append 2, refused after operation 2 (no room)`, `"d" of append 4, promised after operation 4, was to be there`},
	lawful: "a c d",
}, {
	name: "a failed entry that is not over, and one that is", options: []Option{Classify(classify)}, play: func(r *fakeRun, l *stringLog) {
		_ = l.Append("a", r.returns(errEnded))
		_ = l.Append("b", r.returns(errFailed))
		appends(r, l, "c")
	},
	breach: "b c a", law: nothingInvented, words: []string{`entry 3 that came back is "a" of append 1`, `comes behind "b" of append 2`},
	lawful: "a c b",
}, {
	name: "the order of two clients", play: func(r *fakeRun, l *stringLog) {
		one := r.start(func(f func() error) error { return l.Append("a", f) })
		one.finish(nil)
		two := r.start(func(f func() error) error { return l.Append("b", f) })
		three := r.start(func(f func() error) error { return l.Append("c", f) })
		two.finish(nil)
		three.finish(nil)
	},
	breach: "b a c", law: acknowledgedDurable, words: []string{`"a" of append 1`, `entry 1 that came back is "b" of append 2`},
	lawful: "a c b",
}, {
	name: "the last sync", options: []Option{BySync()}, play: func(r *fakeRun, l *stringLog) {
		appends(r, l, "a b")
		_ = l.Sync(r.returns(nil))
		appends(r, l, "c d")
	},
	breach: "a", law: asyncPrefix, words: []string{`"b" of append 2, promised by sync 3 after operation 3, is lost`},
	lawful: "a b c",
}, {
	name: "the order of what is not synced", options: []Option{BySync()}, play: func(r *fakeRun, l *stringLog) { appends(r, l, "a b") },
	breach: "b", law: asyncPrefix, words: []string{`"a" of append 1, accepted after operation 1 and not synced, is lost: entry 1 that came back is "b"`},
	lawful: "a",
}, {
	name: "a batch in flight", play: func(r *fakeRun, l *stringLog) {
		appends(r, l, "a")
		r.start(func(f func() error) error { return l.Batch([]string{"b", "c", "d"}, f) })
	},
	breach: "a b c", law: nothingInvented, words: []string{`batch 2, in flight since operation 1, came back in part: of its 3 entries the first 2, from entry 2 on; the log ends there`},
	lawful: "a b c d",
}, {
	name: "the first entry of a batch", play: func(r *fakeRun, l *stringLog) {
		r.start(func(f func() error) error { return l.Batch([]string{"b", "c"}, f) })
	},
	breach: "c", law: nothingInvented, words: []string{`entry 1 that came back, "c", is of batch 1`, "those before it are missing"},
	lawful: "b c",
}, {
	name: "a batch with something in it", play: func(r *fakeRun, l *stringLog) {
		one := r.start(func(f func() error) error { return l.Batch([]string{"a", "b"}, f) })
		appends(r, l, "c")
		one.finish(nil)
	},
	breach: "a c b", law: acknowledgedDurable, words: []string{`batch 1, promised after operation 2, came back in part`, `entry 2 is "c", not "b"`},
	lawful: "c a b",
}, {
	name: "the head", play: func(r *fakeRun, l *stringLog) {
		appends(r, l, "a b c d")
		_ = l.Truncate(2, r.returns(nil))
	},
	breach: "d", law: acknowledgedDurable, words: []string{`is lost: entry 1 that came back is "d" of append 4`, "a truncate was to drop the first 2 at most"},
	lawful: "c d",
}, {
	name: "a head that no call was to drop", options: []Option{Classify(classify)}, play: func(r *fakeRun, l *stringLog) {
		appends(r, l, "a b")
		_ = l.Truncate(1, r.returns(errRefused))
	},
	breach: "b", law: acknowledgedDurable, words: []string{`"a" of append 1`},
	lawful: "a b",
}, {
	name: "the tail of a log whose head was dropped", play: func(r *fakeRun, l *stringLog) {
		appends(r, l, "a b c")
		r.start(func(f func() error) error { return l.Truncate(1, f) })
	},
	breach: "b", law: acknowledgedDurable, words: []string{`"c" of append 3, promised after operation 3, is lost: the log that came back ends with entry 1`},
	lawful: "b c",
}, {
	name: "what was adopted", play: func(r *fakeRun, l *stringLog) {
		appends(r, l, "a")
		_ = l.Append("b", r.returns(errFailed))
		r.crash()
		_ = l.Adopt([]string{"a", "b"})
		appends(r, l, "c")
	},
	breach: "a c", law: acknowledgedDurable, words: []string{"the log, adopted after operation 0 of epoch 1, came back in part: of its 2 entries the first 1"},
	lawful: "a b c",
}, {
	name: "what was not there when the log was adopted", play: func(r *fakeRun, l *stringLog) {
		appends(r, l, "a")
		_ = l.Append("b", r.returns(errFailed))
		r.crash()
		_ = l.Adopt([]string{"a"})
	},
	breach: "a b", law: nothingInvented, words: []string{`entry 2 that came back, "b", is of append 2, failed after operation 2 of epoch 0 (input/output error), which was not there`},
	lawful: "a",
}, {
	name: "what was in flight in the epoch before", play: func(r *fakeRun, l *stringLog) {
		appends(r, l, "a")
		r.start(func(f func() error) error { return l.Append("b", f) })
		r.crash()
		appends(r, l, "c")
	},
	breach: "a c b", law: nothingInvented, words: []string{`entry 3 that came back is "b" of append 2, in flight since operation 1 of epoch 0, but comes behind "c" of append 3`},
	lawful: "a b c",
}}

func TestLogPairs(t *testing.T) {
	for _, pair := range logPairs {
		t.Run(pair.name, func(t *testing.T) {
			run := &fakeRun{}
			defer run.end()
			l := newLog[string](run, pair.options...)
			pair.play(run, l)
			wants(t, l.Check(strings.Fields(pair.breach)), pair.law, pair.words...)
			wants(t, l.Check(strings.Fields(pair.lawful)), "")
		})
	}
}

// A law that a fault suspends is not judged by; the others are.
func TestLogSuspended(t *testing.T) {
	run := &fakeRun{}
	l := newLog[string](run, Classify(classify))
	appends(run, l, "a b")
	_ = l.Batch([]string{"c", "d"}, run.returns(nil))
	part := []string{"b", "d"}
	wants(t, l.Check(part), acknowledgedDurable)
	run.suspended = append(run.suspended, acknowledgedDurable)
	wants(t, l.Check(part), "")
	wants(t, l.Check([]string{"b", "x"}), nothingInvented, `entry 2 that came back, "x", was never appended`)
	wants(t, l.Check([]string{"b", "b"}), nothingInvented, `as entry 1 too`)
	wants(t, l.Adopt([]string{"b"}), "")
	wants(t, l.Check([]string{"a", "d"}), "") // a disk that lies may bring back what was gone
	_ = l.Append("e", run.returns(errRefused))
	wants(t, l.Check([]string{"b", "e"}), nothingInvented, `"e", is of append 4, refused`)
}
