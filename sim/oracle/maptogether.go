package oracle

import (
	"fmt"
	"slices"

	"powercut/sim"
)

// judgeTogether says whether cells, each of which may be as it was found, may be
// so all at once. By single calls alone they always may, since such calls can be
// put in order key by key; a batch ties keys together, and Prefix all of them.
func (m *Map[K, V]) judgeTogether(f found[V]) error {
	for _, cells := range m.tied() {
		o := m.newOrder(cells)
		if o.leaves(cells, f) {
			continue
		}
		return m.contradiction(o, m.contradictory(o, cells, f), f)
	}
	return nil
}

// tied lists the groups of cells that calls tie together.
func (m *Map[K, V]) tied() [][]int {
	group := make([]int, len(m.cells)) // the first cell of the group that each is in
	for i := range group {
		group[i] = i
	}
	if m.options.prefix {
		if len(group) < 2 {
			return nil
		}
		return [][]int{group}
	}
	unite := func(a, b int) {
		from, to := max(group[a], group[b]), min(group[a], group[b])
		for i := range group {
			if group[i] == from {
				group[i] = to
			}
		}
	}
	first := make(map[*mapCall[V]]int)
	for i, cell := range m.cells {
		for _, c := range cell.live {
			if j, seen := first[c]; seen {
				unite(i, j)
			} else if c.fate != refused {
				first[c] = i
			}
		}
	}
	groups := make([][]int, len(m.cells))
	for i, g := range group {
		groups[g] = append(groups[g], i)
	}
	return slices.DeleteFunc(groups, func(cells []int) bool { return len(cells) < 2 })
}

// contradictory returns as few of the cells as can't be found like that at once:
// the first one, in the order in which keys were first used, that contradicts
// those before it, and those of them that it takes.
func (m *Map[K, V]) contradictory(o *order[K, V], cells []int, f found[V]) []int {
	impossible := func(cells []int) bool {
		o.tries = 0
		return !o.leaves(cells, f)
	}
	n := 1
	for n < len(cells) && !impossible(cells[:n]) {
		n++
	}
	few := slices.Clone(cells[:n])
	for k := 0; k < len(few); {
		if fewer := slices.Delete(slices.Clone(few), k, k+1); impossible(fewer) {
			few = fewer
		} else {
			k++
		}
	}
	return few
}

// contradiction tells of cells that can't be found like that at once.
func (m *Map[K, V]) contradiction(o *order[K, V], cells []int, f found[V]) error {
	for _, i := range cells {
		for _, n := range slices.Backward(o.writers[i]) {
			c := o.calls[n]
			if !m.same(slotOf(c, i), f.slots[i]) {
				continue
			}
			if j := o.partOf(c, cells, f); j >= 0 {
				return sim.Breachf(nothingInvented, "%s came back in part: %s is as it left it, but %s is not: %s; the call was %s",
					c.name(), show(m.cells[i].key), show(m.cells[j].key), m.asFound(j, f), m.status(c))
			}
			if before, j := o.missingBefore(c, cells, f); before != nil {
				return sim.Breachf(m.law(), "%s, is lost (%s), but what was called only when that had returned is there: %s",
					m.effect(before, j), m.asFound(j, f), m.effect(c, i))
			}
		}
	}
	text := ""
	for k, i := range cells {
		if k > 0 {
			text += ", "
		}
		text += m.asFound(i, f)
	}
	return sim.Breachf(nothingInvented, "no order of the calls leaves all of this, as it came back: %s", text)
}

// partOf returns one of the cells that a call wrote and that is as only something
// before it can have left it; -1 if there is none.
func (o *order[K, V]) partOf(c *mapCall[V], cells []int, f found[V]) int {
	for _, w := range c.effect {
		later := func(n int) bool {
			return !o.calls[n].before(c) && o.m.same(slotOf(o.calls[n], w.cell), f.slots[w.cell])
		}
		if slices.Contains(cells, w.cell) && !slices.ContainsFunc(o.writers[w.cell], later) {
			return w.cell
		}
	}
	return -1
}

// missingBefore returns a call that returned nil before c began, and one of the
// cells that are as it can't have left them; nil if there is none.
func (o *order[K, V]) missingBefore(c *mapCall[V], cells []int, f found[V]) (*mapCall[V], int) {
	for _, before := range slices.Backward(o.calls) {
		if !before.returnedNil() || !before.before(c) || before.epoch != c.epoch {
			continue
		}
		if j := o.partOf(before, cells, f); j >= 0 {
			return before, j
		}
	}
	return nil, 0
}

// asFound says how a cell came back.
func (m *Map[K, V]) asFound(i int, f found[V]) string {
	key := show(m.cells[i].key)
	if s := f.slots[i]; s.present {
		return fmt.Sprintf("%s = %s", key, show(s.value))
	}
	return key + " is not there"
}
