package oracle

import (
	"fmt"

	"powercut/sim"
)

// Log judges an engine that keeps entries in the order in which they were
// appended. It makes the calls of the engine that change something, remembers
// what they returned, and tells from that what a crash may leave. It may be used
// by several clients at once.
type Log[T any] struct {
	history[logEffect[T]]
	equal func(a, b T) bool
	copy  func(T) T
	past  []*logCall[T] // from before the last Adopt
}

// logEffect is what a call does to a log: it appends some entries, or allows the
// engine to drop as many from the log's head.
type logEffect[T any] struct {
	entries []T
	drop    int
}

// logCall is a call of a Log.
type logCall[T any] = call[logEffect[T]]

// NewLog returns an oracle for a log that begins empty. It is for the body of a
// sim.Test.
func NewLog[T any](r *sim.Run, opts ...Option) *Log[T] {
	l := newLog[T](simRun{r}, opts...)
	l.remember(r, &l.past)
	return l
}

func newLog[T any](r run, opts ...Option) *Log[T] {
	l := &Log[T]{copy: copying[T]()}
	l.run, l.options = r, newOptions(opts)
	l.equal = comparison[T](l.options)
	return l
}

// Append makes a call that appends an entry, and returns what it returns.
func (l *Log[T]) Append(entry T, call func() error) error {
	return l.make("append", ": "+show(entry), logEffect[T]{entries: l.copies([]T{entry})}, call)
}

// Batch makes a call that appends several entries at once, and returns what it
// returns: after a crash all of them are there, one behind the other, or none.
func (l *Log[T]) Batch(entries []T, call func() error) error {
	return l.make("batch", fmt.Sprintf(" of %d", len(entries)), logEffect[T]{entries: l.copies(entries)}, call)
}

// Truncate makes a call that drops the first n entries of the log, and returns
// what it returns. They are counted from the first entry that the log was ever
// given, or had when it was last adopted. From the call on the log may begin
// anywhere up to there, since a log may drop whole files of entries only.
func (l *Log[T]) Truncate(n int, call func() error) error {
	return l.make("truncate", fmt.Sprintf(" of the first %d", n), logEffect[T]{drop: n}, call)
}

// Sync makes a call that makes durable what had been appended before, and returns
// what it returns. See BySync.
func (l *Log[T]) Sync(call func() error) error { return l.sync(call) }

// Check compares the entries that an engine has after a crash, all of them in
// order, with what it promised. The last ones may be missing as far as nothing
// promised them.
//
// Check changes nothing, and may be called at any time when no call is under way:
// in Recover, or in the workload.
func (l *Log[T]) Check(entries []T) error {
	return l.judge(entries, l.now())
}

// Adopt is Check, and fixes what came back: whatever was uncertain is decided,
// and from now on it is a breach to lose it. It is for the beginning of an epoch,
// and wherever else the engine was opened anew, before the next call.
func (l *Log[T]) Adopt(entries []T) error {
	since := l.now()
	if err := l.judge(entries, since); err != nil {
		return err
	}
	return l.adopt(since, func() error {
		l.past = append(l.past, l.calls...)
		at := l.run.operations()
		l.calls = []*logCall[T]{{verb: "the log", effect: logEffect[T]{entries: l.copies(entries)}, fate: promised, epoch: l.epoch,
			began: l.clock, ended: l.clock, beganAt: at, knownAt: at}}
		return nil
	})
}

// Digest is the same at two moments only if Check judges alike at both, and never
// 0: it is what sim.Run.State asks for.
func (l *Log[T]) Digest() uint64 { return l.digest() }

// make makes a call of the engine.
func (l *Log[T]) make(verb, what string, effect logEffect[T], call func() error) error {
	return l.do(verb, what, func(c *logCall[T]) { c.effect = effect }, call)
}

func (l *Log[T]) copies(entries []T) []T {
	copied := make([]T, len(entries))
	for i, entry := range entries {
		copied[i] = l.copy(entry)
	}
	return copied
}
