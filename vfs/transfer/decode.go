package transfer

import (
	"encoding/binary"
	"errors"
	"math"
	"reflect"
)

// Decode reads what Encode wrote of pointers of the same types into what these point
// to. What is there already, and stays behind, is left alone.
func Decode(data []byte, pointers ...any) (err error) {
	d := &decoder{data: data}
	defer func() {
		if p := recover(); p != nil {
			if p != any(ErrCorrupt) {
				panic(p)
			}
			err = ErrCorrupt
		}
	}()
	for _, p := range pointers {
		d.value(reflect.ValueOf(p).Elem())
	}
	d.check(len(d.data) == 0)
	return nil
}

type decoder struct {
	data  []byte
	known []reflect.Value
}

// check ends the reading if the bytes can't be right.
func (d *decoder) check(right bool) {
	if !right {
		panic(ErrCorrupt)
	}
}

func (d *decoder) number() uint64 {
	n, size := binary.Uvarint(d.data)
	d.check(size > 0)
	d.data = d.data[size:]
	return n
}

func (d *decoder) signed() int64 {
	n, size := binary.Varint(d.data)
	d.check(size > 0)
	d.data = d.data[size:]
	return n
}

// count reads how many there are of what takes that many bytes at least.
func (d *decoder) count(least int) int {
	n := d.number()
	d.check(n <= uint64(len(d.data))/uint64(max(1, least)) || least == 0 && n < 1<<24)
	return int(n)
}

func (d *decoder) bytes(n int) []byte {
	d.check(n <= len(d.data))
	b := d.data[:n]
	d.data = d.data[n:]
	return b
}

func (d *decoder) text() string { return string(d.bytes(d.count(1))) }

func (d *decoder) value(v reflect.Value) {
	switch kind := v.Kind(); {
	case v.Type() == timeType:
		d.check(v.Addr().Interface().(interface{ UnmarshalBinary([]byte) error }).UnmarshalBinary([]byte(d.text())) == nil)
	case kind == reflect.Bool:
		v.SetBool(d.number() != 0)
	case v.CanInt():
		n := d.signed()
		d.check(!v.OverflowInt(n))
		v.SetInt(n)
	case v.CanUint():
		n := d.number()
		d.check(!v.OverflowUint(n))
		v.SetUint(n)
	case v.CanFloat():
		v.SetFloat(math.Float64frombits(d.number()))
	case kind == reflect.String:
		v.SetString(d.text())
	default:
		d.composite(v)
	}
}

func (d *decoder) composite(v reflect.Value) {
	t := v.Type()
	switch v.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); !stays(&f) {
				d.value(settable(v.Field(i)))
			}
		}
	case reflect.Array:
		d.elements(v)
	case reflect.Slice:
		if d.number() == isNil {
			v.SetZero()
			return
		}
		n := d.count(leastBytes(t.Elem()))
		v.Set(reflect.MakeSlice(t, n, n))
		d.elements(v)
	case reflect.Map:
		d.mapping(v)
	case reflect.Pointer:
		d.pointer(v)
	case reflect.Interface:
		d.dynamic(v)
	default:
		d.check(d.number() == isNil)
		v.SetZero()
	}
}

// leastBytes is how many bytes a value of the type takes at least, 0 or 1.
func leastBytes(t reflect.Type) int {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); !stays(&f) && leastBytes(f.Type) > 0 {
				return 1
			}
		}
		return 0
	case reflect.Array:
		return min(t.Len(), leastBytes(t.Elem()))
	}
	return 1
}

func (d *decoder) elements(v reflect.Value) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		copy(v.Bytes(), d.bytes(v.Len()))
		return
	}
	for i := range v.Len() {
		d.value(v.Index(i))
	}
}

func (d *decoder) mapping(v reflect.Value) {
	t := v.Type()
	if d.number() == isNil {
		v.SetZero()
		return
	}
	v.Set(reflect.MakeMap(t))
	for range d.count(leastBytes(t.Key())) {
		key, value := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		d.value(key)
		d.value(value)
		d.check(key.Comparable())
		v.SetMapIndex(key, value)
	}
}

func (d *decoder) pointer(v reflect.Value) {
	switch d.number() {
	case isNil:
		v.SetZero()
	case isNew:
		p := reflect.New(v.Type().Elem())
		d.known = append(d.known, p)
		v.Set(p.Convert(v.Type()))
		d.value(p.Elem())
	case isKnown:
		n := d.number()
		d.check(n < uint64(len(d.known)) && d.known[n].Type().ConvertibleTo(v.Type()))
		v.Set(d.known[n].Convert(v.Type()))
	default:
		d.check(false)
	}
}

func (d *decoder) dynamic(v reflect.Value) {
	switch d.number() {
	case isNil:
		v.SetZero()
	case isNew:
		n := d.number()
		d.check(n < uint64(len(behind)) && behind[n].AssignableTo(v.Type()))
		inner := reflect.New(behind[n]).Elem()
		d.value(inner)
		v.Set(inner)
	case isError:
		d.check(errorType.AssignableTo(v.Type()))
		v.Set(reflect.ValueOf(errors.New(d.text())))
	default:
		d.check(false)
	}
}
