//go:build powercut && linux && amd64

package lineage

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// processes is how many times each seed is run: the more, the less likely it is that
// something which the machine decides goes unnoticed.
const processes = 20

// child runs what programs has under that name, in a process that a seed decides, and
// returns what it prints.
func child(t *testing.T, program string, seed int) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestProgram$")
	cmd.Env = []string{"GOMAXPROCS=1", "GODEBUG=gcstoptheworld=2", "TZ=UTC", fmt.Sprint("POWERCUT_SEED=", seed), "PROGRAM=" + program}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s, seed %d: %v\n%s", program, seed, err, out.String())
	}
	return strings.TrimSpace(out.String())
}

// TestProgram is what child starts.
func TestProgram(t *testing.T) {
	name := os.Getenv("PROGRAM")
	if name == "" {
		t.Skip("for the tests below")
	}
	runtime.GC() // the first one starts workers
	fmt.Println(programs[name]())
	os.Exit(0)
}

var programs = map[string]func() string{
	"busy":   func() string { return busy(nil) },
	"nested": func() string { return busy(func(i uint64) { judge(i) }) },
	"often": func() string {
		return busy(func(i uint64) {
			for range 10 {
				judge(i)
			}
		})
	},
	// What the harness draws in a goroutine of the program's, if nobody keeps it
	// aside, is missing from the program's own numbers.
	"shared stream": func() string {
		return busy(func(i uint64) {
			if i%7 == 0 {
				rand.Uint64()
			}
		})
	},
	"aside": func() string {
		return busy(func(i uint64) { Aside(i, func() { rand.Uint64(); _ = map[string]int{"a": int(time.Now().Unix())} }) })
	},
	"blocked": func() string {
		end, _, left := Run(1, Now(), time.Hour, func() {
			var mu sync.Mutex
			mu.Lock()
			var all sync.WaitGroup
			all.Go(mu.Lock)
			all.Wait()
		})
		return fmt.Sprint(end == Blocked, left)
	},
	"hung": func() string {
		end, now, _ := Run(1, Now(), time.Hour, func() {
			for range time.Tick(time.Second) {
				continue // for ever
			}
		})
		return fmt.Sprint(end == Hung, now.Sub(Now()).Round(time.Minute))
	},
	"left behind": func() string {
		ticks := 0
		for range 3 {
			Run(1, Now(), time.Hour, func() {
				go func() {
					for range time.Tick(time.Millisecond) {
						ticks++
					}
				}()
				time.Sleep(10 * time.Millisecond)
			})
		}
		before := ticks
		time.Sleep(time.Hour)
		return fmt.Sprint(before > 20, ticks == before)
	},
}

// judge is another process as far as the program can tell: it draws, sleeps, starts
// goroutines that it leaves behind, and makes garbage.
func judge(seed uint64) {
	Aside(seed, func() {
		Run(seed, Now(), time.Hour, func() {
			results := make(chan int)
			for i := range 3 {
				go func() {
					time.Sleep(time.Duration(rand.IntN(1000)) * time.Microsecond)
					results <- len(make([]byte, 1000+rand.IntN(50_000))) + i
				}()
			}
			go func() {
				for range time.Tick(time.Millisecond) {
					_ = make([]byte, 10_000)
				}
			}()
			<-results
			<-results
		})
	})
}

// busy is a program whose goroutines meet in all ways that there are. It calls between
// often, and returns a digest of what it did, and when.
func busy(between func(i uint64)) string {
	b := &bench{between: between, channel: make(chan int), queue: make(chan int, 3), words: make(map[string]int)}
	for i := range 50 {
		b.words[fmt.Sprint("word ", i)] = i
	}
	ctx, cancel := context.WithCancel(context.Background())
	var workers, consumer sync.WaitGroup
	for id := range 4 {
		workers.Go(func() { b.work(id) })
	}
	consumer.Go(func() { b.consume(ctx) })
	workers.Wait()
	cancel()
	consumer.Wait()
	var secret [8]byte
	_, _ = crand.Read(secret[:]) // it never fails
	b.note("secret %x", secret)
	return fmt.Sprintf("%d notes %x", b.notes, b.sum)
}

type bench struct {
	between func(i uint64)
	channel chan int
	queue   chan int
	words   map[string]int

	mu      sync.Mutex
	notes   int
	sum     uint64
	garbage [][]byte
}

// note is called with the lock held.
func (b *bench) note(format string, args ...any) {
	b.notes++
	h := fnv.New64a()
	fmt.Fprint(h, b.sum, time.Now().UnixNano())
	fmt.Fprintf(h, format, args...)
	b.sum = h.Sum64()
	if b.between != nil && b.notes%50 == 0 {
		b.between(uint64(b.notes))
	}
}

func (b *bench) work(id int) {
	for i := range 150 {
		b.mu.Lock()
		b.note("worker %d step %d", id, i)
		for word := range b.words { // in an order that is drawn
			b.note("word %s", word)
			break
		}
		if b.garbage = append(b.garbage, make([]byte, 1000+rand.IntN(50_000))); len(b.garbage) > 30 {
			b.garbage = nil
		}
		b.mu.Unlock()
		switch rand.IntN(5) {
		case 0:
			runtime.Gosched()
		case 1:
			time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
		case 2:
			select {
			case b.queue <- id:
			case b.channel <- id:
			case <-time.After(time.Millisecond):
				b.mu.Lock()
				b.note("worker %d gave up", id)
				b.mu.Unlock()
			}
		case 3:
			for begin := time.Now(); time.Since(begin) < 20*time.Microsecond; {
				continue // the clock moves on by itself
			}
		}
	}
}

func (b *bench) consume(ctx context.Context) {
	tick := time.NewTicker(700 * time.Microsecond)
	defer tick.Stop()
	for {
		what, from := "", 0
		select {
		case from = <-b.channel:
			what = "channel"
		case from = <-b.queue:
			what = "queue"
		case <-tick.C:
			what = "tick"
		case <-ctx.Done():
			return
		}
		b.mu.Lock()
		b.note("%s %d", what, from)
		b.mu.Unlock()
	}
}

// One seed gives one run in every process, at rest and beside load, and each seed
// another one. In a soak all of the seeds are repeated.
func TestSeedDecides(t *testing.T) {
	seen := make(map[string]int)
	for seed := range 20 {
		seen[child(t, "busy", seed)] = seed
	}
	if len(seen) != 20 {
		t.Errorf("20 seeds gave %d different runs", len(seen))
	}
	repeated := []int{1, 2}
	if os.Getenv("POWERCUT_SOAK") != "" {
		repeated = slices.Sorted(maps.Values(seen))
	}
	for _, loaded := range []bool{false, true} {
		stop := make(chan struct{})
		var load sync.WaitGroup
		for range 2 * runtime.NumCPU() {
			if loaded {
				load.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
							_ = make([]byte, 1<<16)
						}
					}
				})
			}
		}
		for _, seed := range repeated {
			want := child(t, "busy", seed)
			for range processes - 1 {
				if got := child(t, "busy", seed); got != want {
					t.Errorf("seed %d, load %v: got %s, and %s before", seed, loaded, got, want)
				}
			}
		}
		close(stop)
		load.Wait()
	}
}

// A lineage leaves no trace in the one around it, whatever it does and however often.
func TestLineageLeavesNoTrace(t *testing.T) {
	for seed := range 5 {
		want := child(t, "busy", seed)
		for _, program := range []string{"nested", "often", "aside"} {
			if got := child(t, program, seed); got != want {
				t.Errorf("seed %d, %s: got %s, want %s", seed, program, got, want)
			}
		}
		if got := child(t, "shared stream", seed); got == want {
			t.Errorf("seed %d: what was drawn from the program's stream was not seen", seed)
		}
	}
}

// How a lineage ends is told, and what it leaves behind never goes on.
func TestEnds(t *testing.T) {
	for program, want := range map[string]string{
		"blocked":     "true [{sync.Mutex.Lock sync.(*WaitGroup).Go}]",
		"hung":        "true 1h0m0s",
		"left behind": "true true",
	} {
		if got := child(t, program, 1); got != want {
			t.Errorf("%s: got %s, want %s", program, got, want)
		}
	}
}
