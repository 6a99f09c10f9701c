package journal

import (
	"errors"
	"syscall"
)

// failure is an error of an operation on the files that says what it means for
// the journal. Any other error means that nothing changed.
type failure struct {
	cause error
	// poisons: the journal must not go on.
	poisons bool
	// written: what was being written may come back.
	written bool
}

func (f *failure) Error() string { return f.cause.Error() }
func (f *failure) Unwrap() error { return f.cause }

// failureOf finds the failure in an error; an error without one is harmless.
func failureOf(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	return &failure{cause: err}
}

// dead is a failure before anything was written.
func dead(cause error) error { return &failure{cause: cause, poisons: true} }

// lost is a failure that leaves open whether what was written comes back.
func lost(cause error) error { return &failure{cause: cause, poisons: true, written: true} }

// isNoSpace says whether an operation failed because the disk, or what its owner
// may use of it, is full.
func isNoSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
