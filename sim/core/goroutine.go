package core

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"

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
