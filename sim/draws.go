package sim

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"powercut/sim/core"
)

// drawer is who draws: a client of an epoch.
type drawer struct{ epoch, client int }

// draws are what the clients of a run drew, each in its order: that, and not the
// seed, is what a case keeps of them. Beyond what is kept a client draws zeros.
type draws map[drawer][]uint64

func (d draws) sorted() []drawer {
	return slices.SortedFunc(maps.Keys(d), func(a, b drawer) int {
		if a.epoch != b.epoch {
			return a.epoch - b.epoch
		}
		return a.client - b.client
	})
}

// String prints a line for each client: "draw EPOCH CLIENT NUMBER…", with repeats
// counted.
func (d draws) String() string {
	var b strings.Builder
	for _, who := range d.sorted() {
		values := d[who]
		for len(values) > 0 && values[len(values)-1] == 0 {
			values = values[:len(values)-1] // they are zeros anyhow
		}
		if len(values) == 0 {
			continue
		}
		fmt.Fprintf(&b, "draw %d %d", who.epoch, who.client)
		for i := 0; i < len(values); {
			n := 1
			for i+n < len(values) && values[i+n] == values[i] {
				n++
			}
			fmt.Fprintf(&b, " %d", values[i])
			if n > 1 {
				fmt.Fprintf(&b, "*%d", n)
			}
			i += n
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// maxDraws bounds what the text of a case may expand to.
const maxDraws = 1 << 20

// parseDraws reads what String printed.
func parseDraws(text string) (draws, error) {
	d := make(draws)
	total := 0
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 3 || words[0] != "draw" {
			return nil, fmt.Errorf("workload: %q: want \"draw EPOCH CLIENT NUMBER...\"", strings.TrimSpace(line))
		}
		epoch, err := strconv.Atoi(words[1])
		client, err2 := strconv.Atoi(words[2])
		who := drawer{epoch, client}
		if err != nil || err2 != nil || epoch < 0 || client < 0 || d[who] != nil {
			return nil, fmt.Errorf("workload: %q: want an epoch and a client, from 0, each once", strings.TrimSpace(line))
		}
		d[who] = []uint64{}
		for _, word := range words[3:] {
			number, count, repeated := strings.Cut(word, "*")
			v, err := strconv.ParseUint(number, 10, 64)
			n := 1
			if err == nil && repeated {
				n, err = strconv.Atoi(count)
			}
			if err != nil || n < 1 || n > maxDraws-total {
				return nil, fmt.Errorf("workload: %q is not NUMBER or NUMBER*TIMES", word)
			}
			total += n
			d[who] = append(d[who], slices.Repeat([]uint64{v}, n)...)
		}
	}
	return d, nil
}

// with returns a copy in which one client drew something else.
func (d draws) with(who drawer, values []uint64) draws {
	again := maps.Clone(d)
	again[who] = values
	return again
}

// withoutEpoch leaves an epoch out.
func (d draws) withoutEpoch(epoch int) draws {
	again := make(draws)
	for who, values := range d {
		switch {
		case who.epoch < epoch:
			again[who] = values
		case who.epoch > epoch:
			again[drawer{who.epoch - 1, who.client}] = values
		}
	}
	return again
}

// size counts the draws that are not zero, and what they come to: less is simpler.
func (d draws) size() int {
	n := 0
	for _, values := range d {
		for _, v := range values {
			if v != 0 {
				n++
			}
		}
	}
	return n
}

// simpler gives draws that come before these: fewer, then smaller ones.
func (d draws) simpler() iter.Seq[draws] {
	return func(yield func(draws) bool) {
		for _, who := range d.sorted() {
			for values := range simplerValues(d[who]) {
				if !yield(d.with(who, values)) {
					return
				}
			}
		}
	}
}

func simplerValues(values []uint64) iter.Seq[[]uint64] {
	return func(yield func([]uint64) bool) {
		for size, stride := range stretches(len(values)) { // leave one out
			for at := len(values) - size; at >= 0; at -= stride {
				if !yield(slices.Concat(values[:at], values[at+size:])) {
					return
				}
			}
		}
		for i, v := range values { // make one smaller
			for _, less := range []uint64{0, v / 2, v - 1} {
				if less >= v {
					continue
				}
				again := slices.Clone(values)
				again[i] = less
				if !yield(again) {
					return
				}
			}
		}
	}
}

// stretches gives how many of n draws are left out at once, and how far apart the
// places are where that is tried: a step of a workload draws a few, and goes only
// if all of them do.
func stretches(n int) iter.Seq2[int, int] {
	return func(yield func(size, stride int) bool) {
		for size := n; size > 4; size /= 2 {
			if !yield(size, size) {
				return
			}
		}
		for size := min(n, 4); size >= 1; size-- {
			stride := 1
			if n > 64 {
				stride = size
			}
			if !yield(size, stride) {
				return
			}
		}
	}
}

// record is what a run draws, and drew.
type record struct {
	seed    core.Seed // decides what is drawn where nothing is given
	given   draws     // nil in a seeded run
	drawn   draws
	streams map[drawer]*core.Stream
}

func newRecord(seed core.Seed, given draws) *record {
	return &record{seed: seed, given: given, drawn: make(draws), streams: make(map[drawer]*core.Stream)}
}

// draw returns a number in [0, n); of 0 it is any.
func (r *record) draw(who drawer, n uint64) (v uint64) {
	aside(func() { v = r.next(who, n) })
	return v
}

func (r *record) next(who drawer, n uint64) uint64 {
	v := uint64(0)
	switch at := len(r.drawn[who]); {
	case r.given == nil:
		stream := r.streams[who]
		if stream == nil {
			stream = r.seed.Sub(uint64(who.epoch)).Sub(uint64(who.client)).Stream("draws")
			r.streams[who] = stream
		}
		if n == 0 {
			v = stream.Uint64()
		} else {
			v = stream.Uint64n(n)
		}
	case at < len(r.given[who]):
		if v = r.given[who][at]; n > 0 {
			v %= n // of a shrunk run, which draws something else here
		}
	}
	r.drawn[who] = append(r.drawn[who], v)
	return v
}
