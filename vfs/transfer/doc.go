// Package transfer writes values down, with all that they point to, and reads them back
// in another process of the same program: structs with fields that are not exported,
// pointers that are shared or lead in a circle, maps. It is for what a simulation hands
// from one process to another; the bytes mean nothing to any other program, and
// are not kept.
//
// A field with the tag `transfer:"-"` stays behind, and so do locks: what is read back
// has its zero value there. Functions, channels and values behind interfaces can't be
// written, but for nil, errors, and the basic types. Of an error its text goes along, and a
// syscall.Errno stays one.
package transfer

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"syscall"
	"time"
)

// UnsupportedError names what can't be written down.
type UnsupportedError struct {
	Type reflect.Type
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("transfer: a value of type %s can't be handed to another process", e.Type)
}

// ErrCorrupt says that what is to be read is not what was written for such values.
var ErrCorrupt = errors.New("transfer: the bytes are not of such values")

var (
	errorType = reflect.TypeFor[error]()
	timeType  = reflect.TypeFor[time.Time]()
	locks     = map[reflect.Type]bool{reflect.TypeFor[sync.Mutex](): true, reflect.TypeFor[sync.RWMutex](): true, reflect.TypeFor[sync.Once](): true}
)

// behind are the types that a value behind an interface may have.
var behind = []reflect.Type{
	reflect.TypeFor[bool](), reflect.TypeFor[string](), reflect.TypeFor[[]byte](), reflect.TypeFor[float64](), reflect.TypeFor[float32](),
	reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int16](), reflect.TypeFor[int32](), reflect.TypeFor[int64](),
	reflect.TypeFor[uint](), reflect.TypeFor[uint8](), reflect.TypeFor[uint16](), reflect.TypeFor[uint32](), reflect.TypeFor[uint64](),
	timeType, reflect.TypeFor[syscall.Errno](),
}

// What begins a pointer, a slice, a map or what is behind an interface.
const (
	isNil   = iota
	isNew   // its content follows
	isKnown // the number of one before follows
	isError // the text of an error follows
)

// settable is a field as it can be read and set, exported or not.
func settable(v reflect.Value) reflect.Value {
	return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
}

// stays says whether a field stays behind.
func stays(f *reflect.StructField) bool {
	return f.Name == "_" || f.Tag.Get("transfer") == "-" || locks[f.Type]
}
