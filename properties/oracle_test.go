package properties

import (
	"errors"
	"testing"

	"powercut/sim/core"
	"powercut/vfs"
)

// history builds what an oracle remembers.
type history struct {
	*oracle
	t *testing.T
}

func newHistory(t *testing.T, async bool) *history {
	h := &history{newOracle(async), t}
	h.acked(h.issue(stepInit, 0), 1)
	return h
}

func (h *history) acked(number, lsn uint64) {
	h.t.Helper()
	if err := h.acknowledge(number, lsn); err != nil {
		h.t.Fatal(err)
	}
}

// pushes acknowledges n pushes, from LSN 2 on, and returns their numbers.
func (h *history) pushes(n int) []uint64 {
	var numbers []uint64
	for range n {
		number := h.issue(stepPush, 0)
		h.acked(number, uint64(len(h.byLSN)+1))
		numbers = append(numbers, number)
	}
	return numbers
}

// back is what a recovery brought back: those entries, and the state that they
// make.
func (h *history) back(numbers ...uint64) recovered {
	return recovered{lsn: uint64(len(numbers)), first: 1, numbers: numbers, state: copyState(h.fold(numbers))}
}

// Each law that the oracle judges by is broken by hand, and kept by the nearest
// lawful outcome.
func TestOracle(t *testing.T) {
	never := func(core.Law) bool { return false }
	for _, test := range []struct {
		name    string
		law     core.Law
		kind    vfs.CrashKind
		breach  func(h *history) recovered
		lawful  func(h *history) recovered
		async   bool
		suspend core.Law
	}{
		{
			name: "an acknowledged entry is lost", law: acknowledgedDurable,
			breach: func(h *history) recovered { h.pushes(2); return h.back(1, 2) },
			lawful: func(h *history) recovered { h.pushes(1); h.issue(stepPush, 0); return h.back(1, 2) },
		},
		{
			name: "the last acknowledged entry is lost to a process crash", law: acknowledgedDurable, kind: vfs.ProcessCrash,
			breach: func(h *history) recovered { h.pushes(1); return h.back(1) },
			lawful: func(h *history) recovered { h.pushes(1); return h.back(1, 2) },
		},
		{
			name: "what was acknowledged before another program was told that the filesystem failed is lost", law: acknowledgedDurable,
			breach: func(h *history) recovered { h.pushes(1); h.filesystemFailed(); h.pushes(1); return h.back(1) },
			lawful: func(h *history) recovered { h.pushes(1); h.filesystemFailed(); h.pushes(1); return h.back(1, 2) },
		},
		{
			name: "what was acknowledged after that is lost to a process crash", law: acknowledgedDurable, kind: vfs.ProcessCrash,
			breach: func(h *history) recovered { h.filesystemFailed(); h.pushes(1); return h.back(1) },
			lawful: func(h *history) recovered { h.filesystemFailed(); h.pushes(1); return h.back(1, 2) },
		},
		{
			name: "what was acknowledged once the filesystem works again is lost", law: acknowledgedDurable,
			breach: func(h *history) recovered {
				h.filesystemFailed()
				h.mustAdopt(h.back(1))
				h.filesystemWorks()
				h.pushes(1)
				return h.back(1)
			},
			lawful: func(h *history) recovered {
				h.filesystemFailed()
				h.mustAdopt(h.back(1))
				h.pushes(1)
				return h.back(1)
			},
		},
		{
			name: "what Sync or Close vouches for after that is lost", law: asyncPrefix, async: true,
			breach: func(h *history) recovered {
				h.filesystemFailed()
				h.pushes(1)
				h.hasSynced(h.syncing())
				return h.back(1)
			},
			lawful: func(h *history) recovered { h.filesystemFailed(); h.pushes(1); return h.back(1) },
		},
		{
			name: "an entry comes back twice", law: nothingInvented,
			breach: func(h *history) recovered { h.pushes(1); return h.back(1, 2, 2) },
			lawful: func(h *history) recovered { h.pushes(1); h.issue(stepPush, 0); return h.back(1, 2, 3) },
		},
		{
			name: "a refused entry comes back", law: nothingInvented,
			breach: func(h *history) recovered { h.learn(h.issue(stepPush, 0), refused); return h.back(1, 2) },
			lawful: func(h *history) recovered { h.learn(h.issue(stepPush, 0), indeterminate); return h.back(1, 2) },
		},
		{
			name: "entries come back in another order", law: nothingInvented,
			breach: func(h *history) recovered { h.pushes(2); return h.back(1, 3, 2) },
			lawful: func(h *history) recovered { h.issue(stepPush, 0); h.issue(stepPush, 0); return h.back(1, 3, 2) },
		},
		{
			name: "an entry comes back that nobody appended", law: nothingInvented,
			breach: func(h *history) recovered { r := h.back(1); r.lsn, r.numbers = 2, []uint64{1, 0}; return r },
			lawful: func(h *history) recovered { return h.back(1) },
		},
		{
			name: "an entry is counted, but changed nothing", law: nothingInvented,
			breach: func(h *history) recovered {
				h.pushes(1)
				r := h.back(1, 2)
				r.state = copyState(h.fold([]uint64{1}))
				return r
			},
			lawful: func(h *history) recovered { h.acked(h.issue(stepOpaque, 5), 2); return h.back(1, 2) },
		},
		{
			name: "an entry of an LSN is replaced by another", law: nothingInvented,
			breach: func(h *history) recovered { h.pushes(1); other := h.issue(stepPush, 0); return h.back(1, other) },
			lawful: func(h *history) recovered { other := h.issue(stepPush, 0); return h.back(1, other) },
		},
		{
			name: "a synced entry is lost in async mode", law: asyncPrefix, async: true,
			breach: func(h *history) recovered { h.pushes(2); h.hasSynced(h.syncing()); return h.back(1, 2) },
			lawful: func(h *history) recovered { h.pushes(1); h.hasSynced(h.syncing()); h.pushes(1); return h.back(1, 2) },
		},
		{
			name: "a process crash loses what Append returned in async mode", law: asyncPrefix, async: true, kind: vfs.ProcessCrash,
			breach: func(h *history) recovered { h.pushes(2); return h.back(1, 2) },
			lawful: func(h *history) recovered { h.pushes(2); h.shake(); return h.back(1, 2) },
		},
		{
			name: "what an Open reported is lost in async mode", law: asyncPrefix, async: true,
			breach: func(h *history) recovered { n := h.pushes(1); h.mustAdopt(h.back(1, n[0])); return h.back(1) },
			lawful: func(h *history) recovered { h.pushes(1); return h.back(1) },
		},
		{
			name: "a restricted entry mutated", law: privilegeKept,
			breach: func(h *history) recovered {
				h.acked(h.issue(stepRestricted, 0), 2)
				r := h.back(1, 2)
				r.state[forbiddenName] = int64(2)
				return r
			},
			lawful: func(h *history) recovered { h.acked(h.issue(stepRestricted, 0), 2); return h.back(1, 2) },
		},
		{
			name: "fewer entries can be read than recovery reports", law: archivesKept,
			breach: func(h *history) recovered {
				h.pushes(2)
				r := h.back(1, 2, 3)
				r.numbers = r.numbers[:2]
				return r
			},
			lawful: func(h *history) recovered {
				h.pushes(2)
				r := h.back(1, 2, 3)
				r.first, r.numbers = 2, r.numbers[1:]
				return r
			},
		},
		{
			name: "an acknowledged entry is lost on a disk that does not lie", law: acknowledgedDurable,
			breach:  func(h *history) recovered { h.pushes(1); return h.back(1) },
			lawful:  func(h *history) recovered { h.pushes(1); return h.back(1) },
			suspend: acknowledgedDurable,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.kind == 0 {
				test.kind = vfs.PowerCut
			}
			h := newHistory(t, test.async)
			err := h.judge(test.breach(h), test.kind, never)
			if b, ok := errors.AsType[*core.Breach](err); !ok || b.Law != test.law {
				t.Errorf("the breach was judged as %v, want a breach of %s", err, test.law)
			}
			h = newHistory(t, test.async)
			suspended := func(law core.Law) bool { return law == test.suspend }
			if err := h.judge(test.lawful(h), test.kind, suspended); err != nil {
				t.Errorf("the lawful outcome was judged as %v", err)
			}
		})
	}
}

func (h *history) mustAdopt(got recovered) {
	h.t.Helper()
	if err := h.adopt(got); err != nil {
		h.t.Fatal(err)
	}
}

// An acknowledgement that no Open can stand by is a breach without any crash.
func TestOracleWatchesAcknowledgements(t *testing.T) {
	breach := func(err error) core.Law {
		if b, ok := errors.AsType[*core.Breach](err); ok {
			return b.Law
		}
		return ""
	}
	h := newHistory(t, false)
	a, b := h.issue(stepPush, 0), h.issue(stepPush, 0)
	h.acked(a, 2)
	if law := breach(h.acknowledge(b, 2)); law != nothingInvented {
		t.Errorf("one LSN for two entries was judged as %q", law)
	}
	if law := breach(h.acknowledge(b, 0)); law != nothingInvented {
		t.Errorf("LSN 0 was judged as %q", law)
	}
	late := h.issue(stepPush, 0)
	h.mustAdopt(h.back(1, 2))
	if law := breach(h.acknowledge(late, 3)); law != acknowledgedDurable {
		t.Errorf("an acknowledgement of what a later Open had not found was judged as %q", law)
	}
	if err := h.acknowledge(a, 2); err != nil {
		t.Errorf("an acknowledgement that a later Open confirms was judged as %v", err)
	}
}

// The oracle's digest changes with everything that it judges by.
func TestOracleDigest(t *testing.T) {
	h := newHistory(t, true)
	seen := map[uint64]bool{h.digest: true}
	for i, change := range []func(){
		func() { h.issue(stepPush, 0) },
		func() { h.learn(2, accepted) },
		func() { h.acked(2, 2) },
		func() { h.hasSynced(2) },
		func() { h.shake() },
		func() { h.sawApply(2, 2) },
		func() { h.mustAdopt(h.back(1, 2)) },
		func() { h.filesystemFailed() },
		func() { h.filesystemWorks() },
	} {
		change()
		if seen[h.digest] {
			t.Errorf("change %d left the digest at a value it had before", i)
		}
		seen[h.digest] = true
	}
}
