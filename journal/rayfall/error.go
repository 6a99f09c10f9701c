package rayfall

import (
	"errors"
	"fmt"
)

// The classes of evaluation error, named as the original names them.
var (
	ErrParse    = errors.New("parse")   // the source is not an expression
	ErrName     = errors.New("name")    // an unknown name
	ErrType     = errors.New("type")    // a value of a kind that the function does not take
	ErrArity    = errors.New("arity")   // a wrong number of arguments
	ErrDomain   = errors.New("domain")  // a value out of the function's range
	ErrLength   = errors.New("length")  // vectors of different lengths
	ErrLimit    = errors.New("limit")   // too deep, too long or too large
	ErrAccess   = errors.New("access")  // a restricted entry that would mutate
	ErrReserved = errors.New("reserve") // a name that belongs to the system
	ErrValue    = errors.New("value")   // a column or a key that is not there
	ErrRaised   = errors.New("raised")  // what the entry itself raised

	// ErrUnsupported matches every [UnsupportedError].
	ErrUnsupported = errors.New("unsupported")
)

// EvalError is what Apply and Eval return when an entry does not evaluate: the
// original fails on it too, with an error of the same class. It wraps its class.
type EvalError struct {
	Class  error  // one of this package's classes, for errors.Is
	Detail string // what was met, and what was wanted
}

func (e *EvalError) Error() string {
	return "rayfall: " + e.Class.Error() + ": " + e.Detail
}

// Unwrap returns the class.
func (e *EvalError) Unwrap() error { return e.Class }

// UnsupportedError is what Apply and Eval return for an entry outside of the
// subset: the original may evaluate it, and what it binds is then missing or
// old here. A state that was reached over such an entry is incomplete. It
// matches [ErrUnsupported].
type UnsupportedError struct {
	// Function is the function, or the kind of value, that is not evaluated.
	Function string
	Detail   string // what of it, "" for all of it

	limit bool // the original has no such limit
}

func (e *UnsupportedError) Error() string {
	if e.Detail == "" {
		return "rayfall: unsupported: " + e.Function
	}
	return "rayfall: unsupported: " + e.Function + ": " + e.Detail
}

// Is reports whether target is [ErrUnsupported], or [ErrLimit] for what only a
// limit of this package keeps from being evaluated.
func (e *UnsupportedError) Is(target error) bool {
	return target == ErrUnsupported || e.limit && target == ErrLimit
}

// Unsupported returns the name of the function that is not evaluated. It lets
// those who do not import this package tell such an error from others.
func (e *UnsupportedError) Unsupported() string { return e.Function }

func fail(class error, format string, args ...any) error {
	return &EvalError{Class: class, Detail: fmt.Sprintf(format, args...)}
}

// unsupported says that the original may evaluate what this package does not.
func unsupported(function, format string, args ...any) error {
	return &UnsupportedError{Function: function, Detail: fmt.Sprintf(format, args...)}
}

// limited says that a limit of this package, and not of the original, is
// exceeded.
func limited(function, format string, args ...any) error {
	return &UnsupportedError{Function: function, Detail: fmt.Sprintf(format, args...), limit: true}
}
