package transfer

import (
	"encoding/binary"
	"math"
	"reflect"
	"slices"
	"unsafe"
)

// Encode writes down what the pointers point to. What several of them share is
// shared when it is read back.
func Encode(pointers ...any) (data []byte, err error) {
	e := &encoder{known: make(map[place]uint64)}
	defer func() {
		if p := recover(); p != nil {
			unsupported, ok := p.(*UnsupportedError)
			if !ok {
				panic(p)
			}
			err = unsupported
		}
	}()
	for _, p := range pointers {
		e.value(reflect.ValueOf(p).Elem())
	}
	return e.data, nil
}

// place is what a pointer leads to: a struct and its first field lie at one address.
type place struct {
	at  unsafe.Pointer
	typ reflect.Type
}

type encoder struct {
	data  []byte
	known map[place]uint64
}

func (e *encoder) number(n uint64) { e.data = binary.AppendUvarint(e.data, n) }

func (e *encoder) text(s string) {
	e.number(uint64(len(s)))
	e.data = append(e.data, s...)
}

func (e *encoder) value(v reflect.Value) {
	t := v.Type()
	switch kind := t.Kind(); {
	case t == timeType:
		text, err := v.Interface().(interface{ MarshalBinary() ([]byte, error) }).MarshalBinary()
		if err != nil {
			panic(&UnsupportedError{t})
		}
		e.text(string(text))
	case kind == reflect.Bool:
		n := uint64(0)
		if v.Bool() {
			n = 1
		}
		e.number(n)
	case v.CanInt():
		e.data = binary.AppendVarint(e.data, v.Int())
	case v.CanUint():
		e.number(v.Uint())
	case v.CanFloat():
		e.number(math.Float64bits(v.Float()))
	case kind == reflect.String:
		e.text(v.String())
	default:
		e.composite(v)
	}
}

// composite writes what has parts.
func (e *encoder) composite(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		t := v.Type()
		for i := range t.NumField() {
			if f := t.Field(i); !stays(&f) {
				e.value(settable(v.Field(i)))
			}
		}
	case reflect.Array:
		e.elements(v)
	case reflect.Slice:
		if v.IsNil() {
			e.number(isNil)
			return
		}
		e.number(isNew)
		e.number(uint64(v.Len()))
		e.elements(v)
	case reflect.Map:
		e.mapping(v)
	case reflect.Pointer:
		e.pointer(v)
	default:
		e.dynamic(v)
	}
}

func (e *encoder) elements(v reflect.Value) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		e.data = append(e.data, v.Bytes()...)
		return
	}
	for i := range v.Len() {
		e.value(v.Index(i))
	}
}

// mapping writes a map. What it holds is copied to where it can be looked into.
func (e *encoder) mapping(v reflect.Value) {
	if v.IsNil() {
		e.number(isNil)
		return
	}
	e.number(isNew)
	e.number(uint64(v.Len()))
	for entries := v.MapRange(); entries.Next(); {
		e.value(copied(entries.Key()))
		e.value(copied(entries.Value()))
	}
}

func copied(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

func (e *encoder) pointer(v reflect.Value) {
	if v.IsNil() {
		e.number(isNil)
		return
	}
	at := place{v.UnsafePointer(), v.Type()}
	if n, ok := e.known[at]; ok {
		e.number(isKnown)
		e.number(n)
		return
	}
	e.known[at] = uint64(len(e.known))
	e.number(isNew)
	e.value(v.Elem())
}

// dynamic writes what is nil, or behind an interface.
func (e *encoder) dynamic(v reflect.Value) {
	switch {
	case v.Kind() == reflect.UnsafePointer, v.Kind() == reflect.Uintptr, !v.IsNil() && v.Kind() != reflect.Interface:
		panic(&UnsupportedError{v.Type()})
	case v.IsNil():
		e.number(isNil)
		return
	}
	inner := v.Elem()
	if i := slices.Index(behind, inner.Type()); i >= 0 {
		e.number(isNew)
		e.number(uint64(i))
		e.value(copied(inner))
		return
	}
	err, ok := v.Interface().(error)
	if !ok || !errorType.AssignableTo(v.Type()) {
		panic(&UnsupportedError{inner.Type()})
	}
	e.number(isError)
	e.text(err.Error())
}
