//go:build powercut && linux && amd64

package lineage

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
	_ "unsafe" // for go:linkname
)

//go:linkname enter runtime.powercutEnter
func enter(stream uint64, clock int64, f func()) (end uint8, now int64)

//go:linkname exit runtime.powercutExit
func exit()

//go:linkname id runtime.powercutID
func id() uint32

//go:linkname clock runtime.powercutClock
func clock() int64

//go:linkname advance runtime.powercutAdvance
func advance(nanoseconds int64)

//go:linkname swapDay runtime.powercutSwapDay
func swapDay(day struct{ back, frozen, stands int64 }) struct{ back, frozen, stands int64 }

//go:linkname deadline runtime.powercutDeadline
func deadline(when int64)

//go:linkname swapStream runtime.powercutSwapStream
func swapStream(stream uint64, clock int64) (oldStream uint64, oldClock int64)

//go:linkname waiting runtime.powercutWaiting
func waiting(id uint32) []struct{ Reason, Started string }

//go:linkname entropy runtime.powercutEntropy
func entropy(p []byte)

//go:linkname simulated runtime.powercutSimulated
func simulated() bool

// Built says whether the program was built by simrun test.
func Built() bool { return true }

// Changes is the digest of what simrun changed in Go.
func Changes() string { return syscall.PowercutChanges }

// Native says whether the seed decides this process.
func Native() bool { return simulated() }

// Current is the number of the caller's lineage. Each has another one.
func Current() uint32 { return id() }

// Entropy fills p with random bytes of the caller's lineage.
func Entropy(p []byte) { entropy(p) }

// Yield lets another goroutine of the lineage go on: the seed decides which.
func Yield() { runtime.Gosched() }

// Now reads the clock of the caller's lineage, without moving it.
func Now() time.Time { return time.Unix(0, clock()) }

// Day is what a fault does to the time of day that the caller's lineage reads. A
// lineage begins with that of the one around it.
func Day() (d Wall) {
	day := swapDay(struct{ back, frozen, stands int64 }{})
	swapDay(day)
	return Wall{time.Duration(day.back), day.frozen, time.Duration(day.stands)}
}

// SetDay sets it.
func SetDay(d Wall) {
	swapDay(struct{ back, frozen, stands int64 }{int64(d.Back), d.Frozen, int64(d.Stands)})
}

// Advance moves the clock on.
func Advance(d time.Duration) { advance(int64(d)) }

// Beat says that the lineage does something: it counts as hung if its clock goes on
// for so long, and there was no other beat.
func Beat(patience time.Duration) { deadline(clock() + int64(patience)) }

// Run runs f in a lineage of its own, with its own random numbers and from a time on,
// and returns how that ended, what the time was there, and, unless f came to its end,
// who waits there besides f.
func Run(seed uint64, from time.Time, patience time.Duration, f func()) (end End, now time.Time, left []Waiting) {
	warm()
	var number uint32
	how, at := enter(seed, from.UnixNano(), func() {
		number = id()
		defer exit()
		Beat(patience)
		f()
	})
	if End(how) != Done {
		for _, w := range waiting(number) {
			if w.Started != "runtime.powercutEnter" { // F itself, which waits for them
				left = append(left, Waiting(w))
			}
		}
	}
	return End(how), time.Unix(0, at), left
}

// warm does before the first lineage what is done once in a process. The first
// collection starts the collector's workers: a lineage that ends while one of its
// goroutines waits for that would leave a collection half begun, for ever.
var warm = sync.OnceFunc(runtime.GC)

// Aside calls f, which is no part of the program: what it draws, and how often it
// reads the clock, leaves the program's alone. F must not wait for another goroutine
// of the lineage.
func Aside(seed uint64, f func()) {
	stream, at := swapStream(seed, clock())
	defer swapStream(stream, at)
	day := Day()
	defer SetDay(day)
	f()
}

// Unsupported ends the process, since the program asks for something that is not
// simulated: to pretend would prove nothing.
func Unsupported(what string) {
	fmt.Fprintf(os.Stderr, "powercut: not simulated: %s.\nHave the test leave out what asks for it: by an option, or by a path outside of the disk. docs/unmodified.md lists what is simulated.\n\n%s", what, debug.Stack())
	os.Exit(ExitUnsupported)
}
