package wire

import (
	"errors"
	"fmt"
)

// The reasons for which bytes are not a value or not a compressed payload. A
// [FormatError] wraps one of them.
var (
	ErrTruncated    = errors.New("truncated")
	ErrUnknownType  = errors.New("unknown type")
	ErrCount        = errors.New("count out of range")
	ErrUnterminated = errors.New("name without a terminating zero")
	ErrTooDeep      = errors.New("nested too deep")
	ErrShape        = errors.New("parts do not fit together")
	ErrTooLarge     = errors.New("larger than a frame may be")
	ErrWrongLength  = errors.New("not of the declared length")
)

// FormatError says where and why bytes are refused.
type FormatError struct {
	Offset int   // of the offending byte or field, in bytes from the payload's start
	Reason error // one of this package's reasons, for errors.Is
	Got    int64 // what stands there, in the unit of the reason
	Want   int64 // what should, or the limit that is exceeded
}

func (e *FormatError) Error() string {
	switch e.Reason {
	case ErrUnknownType:
		return fmt.Sprintf("wire: offset %d: %v %d", e.Offset, e.Reason, e.Got)
	case ErrUnterminated:
		return fmt.Sprintf("wire: offset %d: %v", e.Offset, e.Reason)
	default:
		return fmt.Sprintf("wire: offset %d: %v: got %d, want %d", e.Offset, e.Reason, e.Got, e.Want)
	}
}

// Unwrap returns the reason.
func (e *FormatError) Unwrap() error { return e.Reason }
