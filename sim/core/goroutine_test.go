package core

import (
	"runtime"
	"sync"
	"testing"

	"github.com/petermattis/goid"
)

// This version of Go has things where they are looked for. If this fails, a newer
// version of the library may know; until then runs of engines are slow, not wrong.
func TestGoroutinesAreKnown(t *testing.T) {
	if uint64(goid.Get()) != printedGoroutineID() {
		t.Errorf("goid.Get is %d, the stack says %d", goid.Get(), printedGoroutineID())
	}
	if getg() != 0 && statusOffset() == 0 {
		t.Error("the status of a goroutine was not found")
	}
}

// Whether a goroutine waits is seen in both ways.
func TestWhoWaits(t *testing.T) {
	var mu sync.Mutex
	mu.Lock()
	defer mu.Unlock()
	refs := make(chan goroutineRef)
	quit := make(chan struct{})
	defer close(quit)
	for name, f := range map[string]func(){
		"a lock":    func() { defer mu.Unlock(); mu.Lock() },
		"a channel": func() { <-quit },
	} {
		go func() {
			refs <- thisGoroutine()
			f()
		}()
		ref := <-refs
		printed := goroutineRef{id: ref.id}
		for !ref.waits() || !printed.waits() {
			runtime.Gosched()
		}
		state, stack := stacks().of(ref.id)
		if state == "" || stack == "" {
			t.Errorf("%s: nothing is known of goroutine %d", name, ref.id)
		}
	}
	go func() {
		refs <- thisGoroutine()
		for {
			select {
			case <-quit:
				return
			default:
				runtime.Gosched()
			}
		}
	}()
	ref := <-refs
	waited := 0
	for range 100 {
		if (goroutineRef{id: ref.id}).waits() {
			waited++
		}
	}
	if waited > 0 {
		t.Errorf("a goroutine that runs was seen to wait %d times", waited)
	}
	if state, _ := stacks().of(1 << 60); state != "" {
		t.Errorf("a goroutine that is not there does %q", state)
	}
}
