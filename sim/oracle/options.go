package oracle

import (
	"errors"
	"fmt"
	"reflect"
)

// Outcome is what an error of a call says of its effect.
type Outcome uint8

const (
	// Indeterminate: the call may have taken effect, may do so at any time until
	// the next crash, or never will. It is what an error means that nobody
	// classified.
	Indeterminate Outcome = iota
	// Ended: the call has taken effect, or never will: nothing of it is on its
	// way any more. What is called later comes after it.
	Ended
	// Refused: the call has not taken effect and never will. That it comes back
	// all the same is a breach.
	Refused
	// Rejected: the same, and the reason lies in what was asked: a key that is too long,
	// or not there, a conflict with another client, a context that was cancelled. With
	// Strict, such an error needs no other cause.
	Rejected
)

// Option changes what an oracle expects of an engine.
type Option func(*options)

type options struct {
	bySync   bool
	prefix   bool
	strict   bool
	classify func(error) Outcome
	notFound []error
	equal    any // func(a, b V) bool
}

func newOptions(given []Option) options {
	o := options{classify: func(error) Outcome { return Indeterminate }, notFound: []error{ErrNotFound}}
	for _, option := range given {
		option(&o)
	}
	return o
}

// BySync is for an engine that promises nothing when a call returns, but only
// when a Sync of the oracle that began later does. What was not synced may be
// there after a crash, whichever kind it was, or may not.
func BySync() Option { return func(o *options) { o.bySync = true } }

// Prefix says that a Map keeps the order of its calls where they are not yet
// synced: what comes back after a crash contains a call that returned nil only
// together with those that had returned nil before it began, as with an engine that
// writes all of them into one log. Without it each call may be lost by itself.
// A Log is judged like that in any case.
func Prefix() Option { return func(o *options) { o.prefix = true } }

// Classify says what an error of a call means, see Outcome. The function must
// answer by the error alone.
func Classify(f func(error) Outcome) Option { return func(o *options) { o.classify = f } }

// Strict asks for a cause of every error that a call returns: one for which the disk gave
// no reason (see sim.Excuses) is a breach that the next Check or Adopt returns,
// whatever came of the error. What was refused could have been done, and that breaks
// not-too-cautious; of what failed in any other way the outcome is known, to the engine
// as well, and to say that it is not breaks says-what-is-so. The errors that are the
// caller's own doing are those that Classify calls Rejected.
func Strict() Option { return func(o *options) { o.strict = true } }

// ErrNotFound is what the get of Map.Check returns for a key that is not there.
var ErrNotFound = errors.New("oracle: no such key")

// NotFound adds errors by which the engine itself says that a key is not there.
func NotFound(errs ...error) Option {
	return func(o *options) { o.notFound = append(o.notFound, errs...) }
}

// Equal says when two values of a Map, or two entries of a Log, are the same. By
// default those are that reflect.DeepEqual calls equal, and slices of bytes that
// have the same bytes, be they nil or empty.
func Equal[V any](f func(a, b V) bool) Option { return func(o *options) { o.equal = f } }

// isBytes says whether V is a slice of bytes.
func isBytes[V any]() bool {
	t := reflect.TypeFor[V]()
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

// comparison returns what compares two values of an oracle with these options.
func comparison[V any](o options) func(a, b V) bool {
	switch {
	case o.equal != nil:
		equal, ok := o.equal.(func(a, b V) bool)
		if !ok {
			panic(fmt.Sprintf("oracle: the values are of type %s, but Equal was given a %T", reflect.TypeFor[V](), o.equal))
		}
		return equal
	case isBytes[V]():
		return func(a, b V) bool { return string(reflect.ValueOf(a).Bytes()) == string(reflect.ValueOf(b).Bytes()) }
	}
	return func(a, b V) bool { return reflect.DeepEqual(a, b) }
}

// copying returns what keeps a value that its owner may change: a copy of a slice
// of bytes, anything else as it is.
func copying[V any]() func(V) V {
	if !isBytes[V]() {
		return func(v V) V { return v }
	}
	return func(v V) V {
		from := reflect.ValueOf(v)
		return reflect.AppendSlice(reflect.MakeSlice(from.Type(), 0, from.Len()), from).Interface().(V)
	}
}
