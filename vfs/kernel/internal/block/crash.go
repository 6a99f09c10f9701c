package block

import (
	"iter"
	"math/rand/v2"
	"slices"
)

// Crash is one content that the device may have after a crash, at any moment
// from the one at which From entries of the log had taken effect to the one at
// which To had.
type Crash struct {
	Store    *Store
	From, To int
}

// epoch is what lies between two flushes.
type epoch struct {
	from, to int   // entries; a flush is before from, and one, or the end, at to
	writes   []int // and discards
}

func (l *Log) epochs() []epoch {
	out := []epoch{{}}
	for i := range l.Entries {
		e := &out[len(out)-1]
		switch l.Entries[i].Kind {
		case Write, Discard:
			e.writes = append(e.writes, i)
		case Flush:
			e.to = i
			out = append(out, epoch{from: i + 1})
		}
	}
	out[len(out)-1].to = len(l.Entries)
	return out
}

// allSubsets is the number of writes up to which every subset is tried.
const allSubsets = 5

// Crashes yields crash images, each content at most once for the same moments:
// of each epoch all prefixes and, where they are few, all subsets, and then
// random subsets and tears, up to a budget for all of the log.
//
// The store is good until the next one is asked for.
func (l *Log) Crashes(src *rand.Rand, budget int) iter.Seq[Crash] {
	return func(yield func(Crash) bool) {
		durable := l.Base.Clone()
		seen := map[uint64]int{} // by content: the To up to which it was yielded
		epochs := l.epochs()
		weight := 0
		for i := range epochs {
			weight += epochs[i].weight(l)
		}
		for i := range epochs {
			e := &epochs[i]
			share := max(2, budget*e.weight(l)/max(1, weight))
			for _, c := range e.cuts(l, src, share) {
				crash := Crash{Store: durable.Clone(), From: e.from, To: e.to}
				for k, w := range e.writes {
					if mask := c[k]; mask != nil {
						crash.Store.apply(&l.Entries[w], mask.sectors)
						crash.From = w + 1
					}
				}
				sum := crash.Store.digest(l.Base)
				if to, again := seen[sum]; again && to >= crash.To {
					continue
				}
				seen[sum] = crash.To
				if !yield(crash) {
					return
				}
			}
			for _, w := range e.writes {
				durable.apply(&l.Entries[w], nil)
			}
		}
	}
}

// weight is an epoch's share of a budget: the more there is to lose or tear, the
// more.
func (e *epoch) weight(l *Log) int {
	sum := 0
	for _, w := range e.writes {
		sum += 1 + int(min(l.Entries[w].Len/pageBytes, 3))
	}
	return min(sum, 32)
}

// kept says what persists of a write; nil is nothing, no sectors are all.
type kept struct{ sectors []bool }

var whole = &kept{}

// cut says for each write of an epoch what persists.
type cut []*kept

// cuts lists what may persist of an epoch, at most so many.
func (e *epoch) cuts(l *Log, src *rand.Rand, most int) []cut {
	n := len(e.writes)
	var out []cut
	for k := range n + 1 { // all prefixes
		c := make(cut, n)
		for i := range k {
			c[i] = whole
		}
		out = append(out, c)
	}
	if n > 1 && n <= allSubsets {
		for bits := range 1 << n {
			c := make(cut, n)
			for i := range n {
				if bits>>i&1 == 1 {
					c[i] = whole
				}
			}
			out = append(out, c)
		}
	}
	tearable := e.tearable(l)
	listed := most
	if len(tearable) > 0 {
		listed = most - most/3
	}
	if len(out) > listed { // many writes: a sample of the prefixes, both ends among them
		last := out[len(out)-1]
		src.Shuffle(len(out)-2, func(i, j int) { out[1+i], out[1+j] = out[1+j], out[1+i] })
		out = append(out[:listed-1], last)
	}
	for range min(most-len(out), most/3) {
		if len(tearable) > 0 {
			out = append(out, e.torn(l, src, tearable))
		}
	}
	for n > 0 && len(out) < most {
		out = append(out, e.random(l, src))
	}
	return out
}

// tearable lists the writes that are worth tearing.
func (e *epoch) tearable(l *Log) []int {
	var out []int
	for i, w := range e.writes {
		if x := &l.Entries[w]; x.Kind == Write && l.Tears != nil && l.Tears(x) {
			out = append(out, i)
		}
	}
	return out
}

// torn draws one torn write: with all that came before it, and, as often, with
// some of what came later, or all of it.
func (e *epoch) torn(l *Log, src *rand.Rand, tearable []int) cut {
	c := make(cut, len(e.writes))
	at := tearable[src.IntN(len(tearable))]
	later := []float64{0, 0.5, 1}[src.IntN(3)]
	for i := range c {
		if i < at || src.Float64() < later {
			c[i] = whole
		}
	}
	c[at] = tear(src, (len(l.Entries[e.writes[at]].Data)+SectorBytes-1)/SectorBytes)
	return c
}

// random draws a subset, of which some writes are torn.
func (e *epoch) random(l *Log, src *rand.Rand) cut {
	n := len(e.writes)
	c := make(cut, n)
	upTo := 1 + src.IntN(n) // as at a moment within the epoch
	likely := []float64{0.2, 0.5, 0.8, 0.95}[src.IntN(4)]
	torn := []float64{0, 0, 0.2, 0.6}[src.IntN(4)]
	for i := range upTo {
		if src.Float64() >= likely {
			continue
		}
		c[i] = whole
		if w := &l.Entries[e.writes[i]]; w.Kind == Write && src.Float64() < torn {
			c[i] = tear(src, (len(w.Data)+SectorBytes-1)/SectorBytes)
		}
	}
	if last := &l.Entries[e.writes[upTo-1]]; last.Kind == Write && src.IntN(3) == 0 {
		c[upTo-1] = tear(src, (len(last.Data)+SectorBytes-1)/SectorBytes)
	}
	return c
}

// tear draws which sectors of a write persist: a beginning, an end, some pages,
// or any.
func tear(src *rand.Rand, sectors int) *kept {
	const perPage = pageBytes / SectorBytes
	mask := make([]bool, sectors)
	at, how := src.IntN(sectors), src.IntN(4)
	pages := make([]bool, sectors/perPage+1)
	for i := range pages {
		pages[i] = src.IntN(2) == 0
	}
	for i := range mask {
		switch how {
		case 0:
			mask[i] = i < at
		case 1:
			mask[i] = i >= at
		case 2:
			mask[i] = pages[i/perPage]
		default:
			mask[i] = src.IntN(2) == 0
		}
	}
	if !slices.Contains(mask, true) {
		return nil
	}
	return &kept{mask}
}

// Moment says where in a workload the log is.
type Moment struct {
	Step   int // steps that had returned
	Inside bool
}

// Moments says it for each number of entries that had taken effect.
func (l *Log) Moments() []Moment {
	out := make([]Moment, len(l.Entries)+1)
	for i := range l.Entries {
		m := out[i]
		switch l.Entries[i].Kind {
		case Begin:
			m.Inside = true
		case End:
			m = Moment{Step: m.Step + 1}
		}
		out[i+1] = m
	}
	return out
}
