package core

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/petermattis/goid"
)

// goroutineID is the number of the calling goroutine, which is how an engine's
// own goroutines are told from the actors. The library reads it where this
// version of Go has it; should a later one have it elsewhere, the stack's text
// is read instead, which takes a thousand times as long.
func goroutineID() uint64 {
	if goidWorks() {
		return uint64(goid.Get())
	}
	return printedGoroutineID()
}

var goidWorks = sync.OnceValue(func() bool { return uint64(goid.Get()) == printedGoroutineID() })

// printedGoroutineID reads the number off the calling goroutine's stack.
func printedGoroutineID() uint64 {
	var buf [64]byte
	text := buf[:runtime.Stack(buf[:], false)]
	text = bytes.TrimPrefix(text, []byte("goroutine "))
	end := bytes.IndexByte(text, ' ')
	if end < 0 {
		panic("sim: a stack does not begin with \"goroutine N\"")
	}
	id, err := strconv.ParseUint(string(text[:end]), 10, 64)
	if err != nil {
		panic("sim: " + err.Error())
	}
	return id
}

// goroutineRef is a goroutine whose state can be asked for.
type goroutineRef struct {
	id uint64
	g  uintptr // what the runtime keeps of it, which it never frees; 0: not known
}

// thisGoroutine is the calling one.
func thisGoroutine() goroutineRef {
	ref := goroutineRef{id: goroutineID()}
	if statusOffset() > 0 {
		ref.g = getg()
	}
	return ref
}

// waits says whether the goroutine goes on only if another one lets it.
func (r goroutineRef) waits() bool {
	if r.g != 0 {
		return status(r.g, statusOffset()) == statusWaiting
	}
	state, _ := stacks().of(r.id)
	return waits(state)
}

// What the runtime says a goroutine does, as far as it matters here.
const (
	statusRunning = 2
	statusWaiting = 4
	statusScanned = 0x1000 // besides, while its stack is looked at
)

func status(g, offset uintptr) uint32 {
	// The address is one of the runtime's own, not a pointer of Go's.
	at := *(*unsafe.Pointer)(unsafe.Pointer(&g))
	return atomic.LoadUint32((*uint32)(unsafe.Add(at, offset))) &^ statusScanned
}

// statusOffset is where in what getg returns the status of a goroutine is, 0 if it
// isn't where it ought to be: two words of 32 bits before the goroutine's number. It
// is tried on goroutines that run and that wait.
var statusOffset = sync.OnceValue(func() uintptr {
	g := getg()
	if g == 0 || !goidWorks() {
		return 0
	}
	id := printedGoroutineID()
	at := *(*unsafe.Pointer)(unsafe.Pointer(&g))
	const word = unsafe.Sizeof(uintptr(0))
	for offset := 8 * word; offset < 40*word; offset += word {
		if *(*uint64)(unsafe.Add(at, offset)) != id {
			continue
		}
		if status(g, offset-8) == statusRunning && waitingSeen(offset-8) {
			return offset - 8
		}
	}
	return 0
})

// waitingSeen says whether the status of a goroutine that waits is seen at an offset.
func waitingSeen(offset uintptr) bool {
	refs, release := make(chan uintptr), make(chan struct{})
	defer close(release)
	go func() {
		refs <- getg()
		<-release
	}()
	g := <-refs
	for range 10_000 {
		if status(g, offset) == statusWaiting {
			return true
		}
		runtime.Gosched()
	}
	return false
}

// goroutineStates are what the goroutines of the process do, by their numbers.
type goroutineStates []byte

// maxStacksBytes bounds the text of all stacks. What is beyond it is not known.
const maxStacksBytes = 64 << 20

// stacks returns the stacks of all goroutines. The world stops meanwhile.
func stacks() goroutineStates {
	for buf := make([]byte, 1<<16); ; buf = make([]byte, 4*len(buf)) {
		if n := runtime.Stack(buf, true); n < len(buf) || len(buf) >= maxStacksBytes {
			return buf[:n]
		}
	}
}

// of returns what a goroutine does, "running" or "sync.Mutex.Lock", and its stack;
// nothing if there is no such goroutine.
func (s goroutineStates) of(id uint64) (state, stack string) {
	begin := []byte("goroutine " + strconv.FormatUint(id, 10) + " ")
	at := 0
	if !bytes.HasPrefix(s, begin) {
		if at = bytes.Index(s, append([]byte("\n\n"), begin...)); at < 0 {
			return "", ""
		}
		at += 2
	}
	text := s[at:]
	if end := bytes.Index(text, []byte("\n\n")); end >= 0 {
		text = text[:end]
	}
	head, frames, _ := bytes.Cut(text, []byte("\n"))
	if _, after, ok := bytes.Cut(head, []byte("[")); ok {
		head = after
	}
	head, _, _ = bytes.Cut(head, []byte("]"))
	head, _, _ = bytes.Cut(head, []byte(",")) // how long, and whether it is locked to a thread
	return string(head), string(frames)
}

// waits says whether a goroutine in that state goes on only if another one lets it.
func waits(state string) bool {
	switch state {
	case "sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock", "semacquire", "sync.Cond.Wait", "sync.WaitGroup.Wait",
		"chan receive", "chan send", "select", "chan receive (nil chan)", "chan send (nil chan)", "select (no cases)":
		return true
	}
	return false
}
