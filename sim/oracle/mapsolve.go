package oracle

import (
	"cmp"
	"slices"
)

// maxTries bounds the search for an order of calls, which is long only if many
// calls, of which it is not known whether they had an effect, put equal values.
const maxTries = 20_000

// order looks for a set of calls that contains all promised ones, and an order in
// which they took effect, that together leave in some cells what was found there.
//
// Only calls that are in live lists matter: what a promised call came after can't
// be seen any more. And of those that are not promised only the ones that wrote
// last somewhere: leaving out another one never hurts.
//
// A call that is last in a cell comes after all others of the set that wrote that
// cell, and a call that was over before another one began comes before it. The
// order exists if these two do not contradict each other.
type order[K comparable, V any] struct {
	m        *Map[K, V]
	calls    []*mapCall[V] // live in some cell, by number
	lives    [][]int       // the cells that each of them is live in
	writers  [][]int       // of each cell: the calls that are live in it
	included []int         // of each call: how many reasons there are to have it in the set
	last     map[int]int   // of a cell that was decided: the call that wrote last, noCall for none
	tries    int
}

// noCall is who wrote last in a cell that is as it was at first.
const noCall = -1

// newOrder returns a search among the calls that wrote some cells.
func (m *Map[K, V]) newOrder(cells []int) *order[K, V] {
	o := &order[K, V]{m: m, writers: make([][]int, len(m.cells)), last: make(map[int]int)}
	number := make(map[*mapCall[V]]int)
	for _, i := range cells {
		for _, c := range m.cells[i].live {
			if _, known := number[c]; !known && c.fate != refused {
				number[c] = 0
				o.calls = append(o.calls, c)
			}
		}
	}
	slices.SortFunc(o.calls, func(a, b *mapCall[V]) int { return cmp.Compare(a.number, b.number) })
	o.lives, o.included = make([][]int, len(o.calls)), make([]int, len(o.calls))
	for n, c := range o.calls {
		number[c] = n
		if c.fate == promised {
			o.included[n] = 1
		}
	}
	for _, i := range cells {
		for _, c := range m.cells[i].live {
			if c.fate != refused {
				o.lives[number[c]] = append(o.lives[number[c]], i)
				o.writers[i] = append(o.writers[i], number[c])
			}
		}
	}
	return o
}

// choice is a cell that is to be decided, and who may have written last there.
type choice struct {
	cell  int
	lasts []int
}

// choices lists what is to be decided so that these cells are as they were found:
// those first that leave least to decide.
func (o *order[K, V]) choices(cells []int, f found[V]) []choice {
	choices := make([]choice, len(cells))
	for k, i := range cells {
		choices[k].cell = i
		for _, n := range slices.Backward(o.writers[i]) {
			if o.m.same(slotOf(o.calls[n], i), f.slots[i]) {
				choices[k].lasts = append(choices[k].lasts, n)
			}
		}
		if cell := o.m.cells[i]; cell.baseHolds && o.m.same(cell.base, f.slots[i]) {
			choices[k].lasts = append(choices[k].lasts, noCall)
		}
	}
	slices.SortStableFunc(choices, func(a, b choice) int { return cmp.Compare(len(a.lasts), len(b.lasts)) })
	return choices
}

// leaves says whether there is an order that leaves these cells as they were found.
func (o *order[K, V]) leaves(cells []int, f found[V]) bool {
	choices := o.choices(cells, f)
	sole := 0
	for ; sole < len(choices) && len(choices[sole].lasts) == 1; sole++ {
		o.decide(choices[sole].cell, choices[sole].lasts[0], 1)
	}
	found := o.consistent() && o.exists(choices[sole:])
	for _, c := range choices[:sole] {
		o.decide(c.cell, c.lasts[0], -1)
	}
	return found
}

// exists says whether there is an order that decides these choices.
func (o *order[K, V]) exists(choices []choice) bool {
	if len(choices) == 0 {
		return true
	}
	if o.tries++; o.tries > maxTries {
		return true // nothing is proved, so nobody is accused
	}
	first, rest := choices[0], choices[1:]
	for _, n := range first.lasts {
		o.decide(first.cell, n, 1)
		found := o.consistent() && o.exists(rest)
		o.decide(first.cell, n, -1)
		if found {
			return true
		}
	}
	return false
}

// decide says who wrote last in a cell, or takes that back.
func (o *order[K, V]) decide(cell, n, by int) {
	o.last[cell] = n
	if by < 0 {
		delete(o.last, cell)
	}
	if n == noCall {
		return
	}
	o.included[n] += by
	if !o.m.options.prefix {
		return
	}
	for k, c := range o.calls {
		if c.returnedNil() && c.epoch == o.calls[n].epoch && c.before(o.calls[n]) {
			o.included[k] += by
		}
	}
}

// consistent says whether the calls of the set can be put in order: by taking away,
// again and again, one that nothing which is left must come before.
func (o *order[K, V]) consistent() bool {
	left := make([]bool, len(o.calls))
	count := 0
	for n := range o.calls {
		if o.included[n] == 0 {
			continue
		}
		for _, i := range o.lives[n] {
			if last, decided := o.last[i]; decided && last == noCall {
				return false
			}
		}
		left[n] = true
		count++
	}
	for first := 0; count > 0; count-- {
		for !left[first] {
			first++
		}
		n := first
		for n < len(left) && !(left[n] && o.mayBeNext(n, first, left)) {
			n++
		}
		if n == len(left) {
			return false
		}
		left[n] = false
	}
	return true
}

// mayBeNext says whether none of the calls that are left, the first of which is
// named, must come before n.
func (o *order[K, V]) mayBeNext(n, first int, left []bool) bool {
	for k := first; k < n; k++ { // what began later is not over before
		if left[k] && o.calls[k].before(o.calls[n]) {
			return false
		}
	}
	for _, i := range o.lives[n] {
		if last, decided := o.last[i]; !decided || last != n {
			continue
		}
		if slices.ContainsFunc(o.writers[i], func(k int) bool { return k != n && left[k] }) {
			return false
		}
	}
	return true
}
