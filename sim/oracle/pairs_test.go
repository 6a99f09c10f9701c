package oracle

import (
	"testing"

	"powercut/sim"
)

// stringMap is what the pairs of tests judge by.
type stringMap = Map[string, string]

// A pair is a breach that is caught, and its nearest lawful neighbour: what comes
// back, or what was done, differs in one thing.
type mapPair struct {
	name    string
	options []Option
	play    func(r *fakeRun, m *stringMap)
	breach  []string // what comes back: key, value, key, value
	law     sim.Law
	words   []string // in the message
	lawful  []string
}

func put(r *fakeRun, m *stringMap, key, value string, err error) {
	_ = m.Put(key, value, r.returns(err))
}

func batch(b *Batch[string, string]) {
	b.Put("a", "2")
	b.Put("b", "2")
}

var mapPairs = []mapPair{{
	name: "a promised put", play: func(r *fakeRun, m *stringMap) { put(r, m, "k", "v", nil) },
	law: acknowledgedDurable, words: []string{`"k" = "v" of put 1, promised after operation 1, is lost: nothing came back`},
	lawful: []string{"k", "v"},
}, {
	name: "a put that replaced another", play: func(r *fakeRun, m *stringMap) { put(r, m, "k", "old", nil); put(r, m, "k", "new", nil) },
	breach: []string{"k", "old"}, law: acknowledgedDurable,
	words:  []string{`"k" = "new" of put 2`, `is lost: it came back as "old" of put 1, promised after operation 1`},
	lawful: []string{"k", "new"},
}, {
	name: "a delete", play: func(r *fakeRun, m *stringMap) { put(r, m, "k", "v", nil); _ = m.Delete("k", r.returns(nil)) },
	breach: []string{"k", "v"}, law: acknowledgedDurable, words: []string{`the removal of "k" by delete 2, promised after operation 2, is lost`, `"v" of put 1`},
}, {
	name: "a delete in flight", play: func(r *fakeRun, m *stringMap) {
		put(r, m, "k", "v", nil)
		r.start(func(f func() error) error { return m.Delete("k", f) })
	},
	breach: []string{"k", "w"}, law: nothingInvented, words: []string{`"k" came back as "w", which no call ever put there`, `there was to be "k" = "v" of put 1`},
}, {
	name: "a refused put", options: []Option{Classify(classify)},
	play: func(r *fakeRun, m *stringMap) {
		put(r, m, "k", "v", nil)
		put(r, m, "k", "x", errRefused)
		put(r, m, "k", "y", errFailed)
	},
	breach: []string{"k", "x"}, law: nothingInvented, words: []string{`"x" of put 2, refused after operation 2 (no room)`, `there was to be "k" = "v" of put 1`},
	lawful: []string{"k", "y"},
}, {
	name: "a failed put that is not over, and one that is", options: []Option{Classify(classify)},
	play: func(r *fakeRun, m *stringMap) {
		put(r, m, "a", "1", errEnded)
		put(r, m, "a", "2", nil)
		put(r, m, "b", "1", errFailed)
		put(r, m, "b", "2", nil)
	},
	breach: []string{"a", "1", "b", "2"}, law: acknowledgedDurable, words: []string{`"a" = "2" of put 2`, `"1" of put 1, failed after operation 1 (rolled back, perhaps)`},
	lawful: []string{"a", "2", "b", "1"},
}, {
	name: "a key that nobody put", play: func(r *fakeRun, m *stringMap) { put(r, m, "k", "v", nil) },
	breach: []string{"k", "v", "z", "1", "j", "2"}, law: nothingInvented, words: []string{`"j" = "2" came back, a key that no call was ever about`},
	lawful: []string{"k", "v"},
}, {
	name: "a key that comes twice", play: func(r *fakeRun, m *stringMap) { put(r, m, "k", "v", nil) },
	breach: []string{"k", "v", "k", "v"}, law: nothingInvented, words: []string{`"k" came back twice: as "v" and as "v"`},
	lawful: []string{"k", "v"},
}, {
	name: "a batch in flight", play: func(r *fakeRun, m *stringMap) {
		put(r, m, "a", "1", nil)
		r.start(func(f func() error) error { return m.Batch(batch, f) })
	},
	breach: []string{"a", "1", "b", "2"}, law: nothingInvented,
	words:  []string{`batch 2 came back in part: "b" is as it left it, but "a" is not: "a" = "1"; the call was in flight since operation 1`},
	lawful: []string{"a", "2", "b", "2"},
}, {
	name: "a batch of which one key was overwritten", play: func(r *fakeRun, m *stringMap) {
		r.start(func(f func() error) error { return m.Batch(batch, f) })
		put(r, m, "a", "3", nil)
	},
	breach: []string{"a", "1", "b", "2"}, law: nothingInvented, words: []string{`"a" came back as "1", which no call ever put there`},
	lawful: []string{"a", "3", "b", "2"},
}, {
	name: "overlapping puts", play: func(r *fakeRun, m *stringMap) {
		put(r, m, "k", "0", nil)
		one := r.start(func(f func() error) error { return m.Put("k", "1", f) })
		two := r.start(func(f func() error) error { return m.Put("k", "2", f) })
		two.finish(nil)
		one.finish(nil)
	},
	breach: []string{"k", "0"}, law: acknowledgedDurable, words: []string{`"k" = "2" of put 3`},
	lawful: []string{"k", "1"},
}, {
	name: "puts one after the other by two clients", play: func(r *fakeRun, m *stringMap) {
		one := r.start(func(f func() error) error { return m.Put("k", "1", f) })
		one.finish(nil)
		two := r.start(func(f func() error) error { return m.Put("k", "2", f) })
		two.finish(nil)
	},
	breach: []string{"k", "1"}, law: acknowledgedDurable, words: []string{`"k" = "2" of put 2`},
	lawful: []string{"k", "2"},
}, {
	name: "the last sync", options: []Option{BySync()}, play: func(r *fakeRun, m *stringMap) {
		put(r, m, "k", "1", nil)
		put(r, m, "k", "2", nil)
		_ = m.Sync(r.returns(nil))
		put(r, m, "k", "3", nil)
	},
	breach: []string{"k", "1"}, law: asyncPrefix, words: []string{`"k" = "2" of put 2, promised by sync 3 after operation 3, is lost`},
	lawful: []string{"k", "2"},
}, {
	name: "a put beside a sync", options: []Option{BySync()}, play: func(r *fakeRun, m *stringMap) {
		put(r, m, "a", "1", nil)
		sync := r.start(m.Sync)
		put(r, m, "b", "1", nil)
		sync.finish(nil)
	},
	breach: []string{"b", "1"}, law: asyncPrefix, words: []string{`"a" = "1" of put 1, promised by sync 2`},
	lawful: []string{"a", "1"},
}, {
	name: "a sync that failed", options: []Option{BySync()}, play: func(r *fakeRun, m *stringMap) {
		put(r, m, "k", "1", nil)
		_ = m.Sync(r.returns(errFailed))
	},
	breach: []string{"k", "2"}, law: nothingInvented,
}, {
	name: "the order of what is not synced", options: []Option{BySync(), Prefix()}, play: func(r *fakeRun, m *stringMap) {
		put(r, m, "a", "1", nil)
		put(r, m, "b", "1", nil)
	},
	breach: []string{"b", "1"}, law: asyncPrefix,
	words:  []string{`"a" = "1" of put 1, accepted after operation 1 and not synced, is lost ("a" is not there)`, `is there: "b" = "1" of put 2`},
	lawful: []string{"a", "1"},
}, {
	name: "no order of what is not synced", options: []Option{BySync()}, play: func(r *fakeRun, m *stringMap) {
		put(r, m, "a", "1", nil)
		put(r, m, "b", "1", nil)
	},
	breach: []string{"b", "2"}, law: nothingInvented,
	lawful: []string{"b", "1"},
}, {
	name: "what was adopted", play: func(r *fakeRun, m *stringMap) {
		put(r, m, "k", "1", nil)
		put(r, m, "k", "2", errFailed)
		r.crash()
		_ = m.Adopt(getOf(map[string]string{"k": "2"}))
	},
	breach: []string{"k", "1"}, law: acknowledgedDurable, words: []string{`"k" = "2", adopted after operation 0 of epoch 1, is lost: it came back as "1" of put 1, promised after operation 1 of epoch 0`},
	lawful: []string{"k", "2"},
}, {
	name: "a sync behind what was adopted", options: []Option{BySync()}, play: func(r *fakeRun, m *stringMap) {
		_ = m.Delete("k", r.returns(nil))
		_ = m.Adopt(getOf(nil)) // decides about the delete: the sync has nothing to promise
		_ = m.Sync(r.returns(nil))
		put(r, m, "k", "1", nil)
	},
	breach: []string{"k", "2"}, law: nothingInvented, words: []string{`"k" came back as "2", which no call ever put there`},
}, {
	name: "an absence that was adopted", play: func(r *fakeRun, m *stringMap) {
		put(r, m, "k", "1", errFailed)
		r.crash()
		_ = m.Adopt(getOf(nil))
	},
	breach: []string{"k", "1"}, law: acknowledgedDurable, words: []string{`the absence of "k", adopted after operation 0 of epoch 1`},
}, {
	name: "what was in flight in an earlier epoch", play: func(r *fakeRun, m *stringMap) {
		r.start(func(f func() error) error { return m.Put("k", "1", f) })
		r.crash()
		put(r, m, "k", "2", nil)
	},
	breach: []string{"k", "1"}, law: acknowledgedDurable, words: []string{`"1" of put 1, in flight since operation 0 of epoch 0`},
	lawful: []string{"k", "2"},
}, {
	name: "what was in flight in the epoch before", play: func(r *fakeRun, m *stringMap) {
		put(r, m, "k", "1", nil)
		r.start(func(f func() error) error { return m.Put("k", "2", f) })
		r.crash()
	},
	breach: nil, law: acknowledgedDurable, words: []string{`"k" = "1" of put 1`},
	lawful: []string{"k", "2"},
}, {
	name: "an answer that came after the power went", play: func(r *fakeRun, m *stringMap) {
		put(r, m, "k", "1", nil)
		c := r.start(func(f func() error) error { return m.Put("k", "2", f) })
		r.off = true
		c.finish(nil)
		put(r, m, "k", "3", nil)
		r.off = false
		r.crash()
	},
	breach: []string{"k", "3"}, law: nothingInvented,
	lawful: []string{"k", "1"},
}}

func TestMapPairs(t *testing.T) {
	for _, pair := range mapPairs {
		t.Run(pair.name, func(t *testing.T) {
			run := &fakeRun{}
			defer run.end()
			m := newMap[string, string](run, pair.options...)
			pair.play(run, m)
			wants(t, m.CheckAll(listOf(pair.breach...)), pair.law, pair.words...)
			wants(t, m.CheckAll(listOf(pair.lawful...)), "")
			has := make(map[string]string)
			for i := 0; i < len(pair.lawful); i += 2 {
				has[pair.lawful[i]] = pair.lawful[i+1]
			}
			wants(t, m.Check(getOf(has)), "")
		})
	}
}

// A law that a fault suspends is not judged by; the others are.
func TestMapSuspended(t *testing.T) {
	run := &fakeRun{}
	m := newMap[string, string](run)
	put(run, m, "k", "1", nil)
	put(run, m, "k", "2", nil)
	_ = m.Batch(batch, run.returns(nil))
	part := listOf("k", "1", "b", "2")
	wants(t, m.CheckAll(part), acknowledgedDurable)
	run.suspended = append(run.suspended, acknowledgedDurable)
	wants(t, m.CheckAll(part), "")
	wants(t, m.CheckAll(listOf("k", "3")), nothingInvented)
}
