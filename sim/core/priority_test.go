package core

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"testing"
)

// boundSeeds is how many schedules are drawn for each size: enough for the rarest
// bug to be expected two hundred times.
const boundSeeds = 60_000

// Each bug of depth 2 or 3 of some actors is shown at least as often as the paper
// says, by a schedule of that depth. A bug of depth 2 is: a step of one actor
// comes between two that follow each other in another; one of depth 3: and the
// step after it only behind both. First every draw that there may be is tried,
// which gives the probability itself; then seeds are, which may miss it by chance.
func TestPriorityBound(t *testing.T) {
	for _, test := range []struct{ actors, each, depth int }{{2, 4, 2}, {3, 3, 2}, {2, 4, 3}, {3, 3, 3}} {
		t.Run(fmt.Sprintf("%d actors of %d steps, depth %d", test.actors, test.each, test.depth), func(t *testing.T) {
			t.Parallel()
			n, k := test.actors, test.actors*test.each
			bound := 1 / float64(n)
			for range test.depth - 1 {
				bound /= float64(k)
			}
			every := newBugs(test.each, test.depth)
			for changes := range tuples(test.depth-1, k) {
				for order := range tuples(n, n) {
					if distinct(order) {
						source := append(script(nil), append(changes, order...)...)
						every.count(stepsOf(&priorityPolicy{Source: &source, Depth: test.depth, Steps: k}, n, test.each))
					}
				}
			}
			if least := every.rarest(); least < bound {
				t.Errorf("the rarest bug is shown by %.5f of the schedules, want at least %.5f", least, bound)
			}
			seeded := newBugs(test.each, test.depth)
			for seed := range Seed(boundSeeds) {
				seeded.count(stepsOf(&priorityPolicy{Source: seed.Stream("schedule"), Depth: test.depth, Steps: k}, n, test.each))
			}
			deviation := math.Sqrt(bound * (1 - bound) / boundSeeds)
			if least := seeded.rarest(); least < bound-4*deviation {
				t.Errorf("the rarest bug is shown by %.5f of the seeds, want at least about %.5f", least, bound)
			}
			t.Logf("of %d bugs the rarest is shown with a probability of %.5f (by %.5f of the seeds); the bound is %.5f",
				len(every.shown), every.rarest(), seeded.rarest(), bound)
		})
	}
}

// bugs counts how often each bug of two actors was shown.
type bugs struct {
	each, depth, runs int
	shown             map[[2]int]int // by the step of actor 0 and that of actor 1
}

func newBugs(each, depth int) *bugs {
	b := &bugs{each: each, depth: depth, shown: make(map[[2]int]int)}
	for x := range each - 1 {
		for y := range each - 1 {
			b.shown[[2]int{x, y}] = 0
		}
	}
	return b
}

func (b *bugs) count(at [][]int) {
	b.runs++
	for bug := range b.shown {
		x, y := bug[0], bug[1]
		if at[0][x] < at[1][y] && at[1][y] < at[0][x+1] && (b.depth < 3 || at[0][x+1] < at[1][y+1]) {
			b.shown[bug]++
		}
	}
}

func (b *bugs) rarest() float64 {
	least := b.runs
	for _, n := range b.shown {
		least = min(least, n)
	}
	return float64(least) / float64(b.runs)
}

// script is a source that gives what it was told.
type script []uint64

func (s *script) Uint64n(uint64) uint64 {
	v := (*s)[0]
	*s = (*s)[1:]
	return v
}

// tuples gives every list of so many numbers below n.
func tuples(length, n int) iter.Seq[[]uint64] {
	return func(yield func([]uint64) bool) {
		total := 1
		for range length {
			total *= n
		}
		for i := range total {
			var tuple []uint64
			for range length {
				tuple = append(tuple, uint64(i%n))
				i /= n
			}
			if !yield(tuple) {
				return
			}
		}
	}
}

func distinct(numbers []uint64) bool {
	for i, n := range numbers {
		if slices.Contains(numbers[:i], n) {
			return false
		}
	}
	return true
}

// stepsOf runs actors and says when each of them made each of its steps.
func stepsOf(p Policy, actors, each int) [][]int {
	left, at := make([]int, actors), make([][]int, actors)
	var ready []int
	for now := 0; ; now++ {
		ready = ready[:0]
		for id := range actors {
			if left[id] < each {
				ready = append(ready, id)
			}
		}
		if len(ready) == 0 {
			return at
		}
		id := ready[0]
		if len(ready) > 1 {
			id = p.Next(ready)
		}
		left[id]++
		at[id] = append(at[id], now)
	}
}

// An actor that asks for good for something that another has to do does not keep
// that one waiting for good, whatever the priorities are.
func TestPriorityEnds(t *testing.T) {
	for seed := range Seed(200) {
		p := &priorityPolicy{Source: seed.Stream("schedule"), Depth: 2, Steps: 10}
		for turns := 0; p.Next([]int{0, 1, 2}) != 1; turns++ {
			if turns > 1000 {
				t.Fatalf("seed %s: actor 1 had no turn in %d choices", seed, turns)
			}
		}
	}
}
