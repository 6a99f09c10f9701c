package transfer_test

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"
	"syscall"
	"testing"
	"time"

	"powercut/vfs/transfer"
)

type node struct {
	name  string
	next  *node
	left  [3]byte
	mu    sync.Mutex
	stays func() `transfer:"-"`
}

type all struct {
	n       int
	u       uint16
	f       float32
	b       bool
	bytes   []byte
	none    []string
	nodes   []*node
	index   map[string]*node
	at      time.Time
	err     error
	errno   error
	any     any
	pairs   map[[2]int]struct{}
	f2      func()
	Circle  *node
	circles [2]*node
}

func value() *all {
	a, b := &node{name: "a", left: [3]byte{1, 2, 3}}, &node{name: "b"}
	a.next, b.next = b, a
	return &all{n: -7, none: nil, f2: nil, u: 65535, f: 1.5, b: true, bytes: []byte{0, 1}, nodes: []*node{a, b, nil}, index: map[string]*node{"a": a},
		at: time.Date(2000, 1, 2, 3, 4, 5, 6, time.UTC), err: fmt.Errorf("wrapped: %w", io.EOF), errno: syscall.ENOSPC, any: "text",
		pairs: map[[2]int]struct{}{{1, 2}: {}}, Circle: a, circles: [2]*node{a, b}}
}

// What is read back is the same, and shared as it was.
func TestThereAndBack(t *testing.T) {
	want, got := value(), &all{}
	data, err := transfer.Encode(want, &want.nodes[1])
	if err != nil {
		t.Fatal(err)
	}
	var second *node
	if err := transfer.Decode(data, got, &second); err != nil {
		t.Fatal(err)
	}
	if got.err.Error() != want.err.Error() || !errors.Is(got.errno, syscall.ENOSPC) {
		t.Errorf("errors: %v, %v", got.err, got.errno)
	}
	if got.Circle.next.next != got.Circle || got.nodes[0] != got.index["a"] || got.circles[1] != second || second.next != got.Circle {
		t.Error("what was shared no longer is")
	}
	want.err, got.err = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// What stays behind is what it was before.
func TestStaysBehind(t *testing.T) {
	n, called := node{name: "new"}, false
	data, err := transfer.Encode(&n)
	if err != nil {
		t.Fatal(err)
	}
	there := node{name: "old", stays: func() { called = true }}
	there.mu.Lock()
	if err := transfer.Decode(data, &there); err != nil {
		t.Fatal(err)
	}
	if there.stays(); !called || there.name != "new" || there.mu.TryLock() {
		t.Errorf("got %q, called %v", there.name, called)
	}
}

// What can't be handed over is named.
func TestUnsupported(t *testing.T) {
	c, f, i := make(chan int), func() {}, any(struct{ n int }{1})
	for want, v := range map[string]any{"chan int": &c, "func()": &f, "struct { n int }": &i} {
		_, err := transfer.Encode(v)
		if e, ok := errors.AsType[*transfer.UnsupportedError](err); !ok || e.Type.String() != want {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

// Bytes that nobody wrote are refused, and cost no more memory than they bring.
func FuzzDecode(f *testing.F) {
	data, err := transfer.Encode(value())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := transfer.Decode(data, &all{}); err != nil && !errors.Is(err, transfer.ErrCorrupt) {
			t.Error(err)
		}
	})
}
