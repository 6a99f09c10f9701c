package rayfall

import (
	"errors"
	"fmt"
)

// The classes of evaluation error, named as the original names them.
var (
	ErrParse       = errors.New("parse")       // the source is not an expression
	ErrName        = errors.New("name")        // an unknown name
	ErrType        = errors.New("type")        // a value of a kind that the function does not take
	ErrArity       = errors.New("arity")       // a wrong number of arguments
	ErrDomain      = errors.New("domain")      // a value out of the function's range
	ErrLength      = errors.New("length")      // vectors of different lengths
	ErrLimit       = errors.New("limit")       // too deep, too long or too large
	ErrAccess      = errors.New("access")      // a restricted entry that would mutate
	ErrReserved    = errors.New("reserve")     // a name that belongs to the system
	ErrUnsupported = errors.New("unsupported") // part of the language but not of this subset
)

// EvalError is what Apply and Eval return when an entry does not evaluate. It
// wraps its class.
type EvalError struct {
	Class  error  // one of this package's classes, for errors.Is
	Detail string // what was met, and what was wanted
}

func (e *EvalError) Error() string {
	return "rayfall: " + e.Class.Error() + ": " + e.Detail
}

// Unwrap returns the class.
func (e *EvalError) Unwrap() error { return e.Class }

func fail(class error, format string, args ...any) error {
	return &EvalError{Class: class, Detail: fmt.Sprintf(format, args...)}
}
