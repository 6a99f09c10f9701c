package oracle

import (
	"fmt"
	"slices"
	"strings"

	"powercut/sim"
)

// The laws that the oracles judge by. They are those of package sim's list.
const (
	acknowledgedDurable sim.Law = "acknowledged-durable" // what was promised when it returned is there
	asyncPrefix         sim.Law = "async-prefix"         // what was promised by a Sync is there, and no call without those before it
	nothingInvented     sim.Law = "nothing-invented"     // nothing else is there, nothing in part, nothing twice
	notTooCautious      sim.Law = "not-too-cautious"     // with Strict: what could be done is not refused
	saysWhatIsSo        sim.Law = "says-what-is-so"      // likewise: what is known is not said to be unknown
)

// found is what an engine showed.
type found[V any] struct {
	clock int // when it was asked
	slots []slot[V]
}

// check asks get for every key, and judges the answers.
func (m *Map[K, V]) check(get func(K) (V, error)) (found[V], error) {
	f, keys := m.ask()
	for i, key := range keys {
		value, err := get(key)
		switch {
		case err == nil:
			f.slots[i] = slot[V]{value: m.copy(value), present: true}
		case !m.isNotFound(err):
			return f, m.unreadable(i, err)
		}
	}
	return f, m.judge(f)
}

// ask returns where an engine's answers go, and the keys that it is asked for.
func (m *Map[K, V]) ask() (found[V], []K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := make([]K, len(m.cells))
	for i, cell := range m.cells {
		keys[i] = cell.key
	}
	return found[V]{clock: m.clock, slots: make([]slot[V], len(keys))}, keys
}

// checkAll takes what list has apart by keys, and judges it.
func (m *Map[K, V]) checkAll(list func(yield func(K, V) bool) error) (found[V], error) {
	f, keys := m.ask()
	index := make(map[K]int, len(keys))
	for i, key := range keys {
		index[key] = i
	}
	var twice error
	var unknown []string
	err := list(func(key K, value V) bool {
		i, known := index[key]
		switch {
		case !known:
			unknown = append(unknown, fmt.Sprintf("%s = %s", show(key), show(value)))
		case f.slots[i].present && twice == nil:
			twice = sim.Breachf(nothingInvented, "%s came back twice: as %s and as %s", show(key), show(f.slots[i].value), show(value))
		default:
			f.slots[i] = slot[V]{value: m.copy(value), present: true}
		}
		return true
	})
	switch {
	case err != nil:
		return f, err
	case twice != nil:
		return f, twice
	}
	if err := m.judge(f); err != nil {
		return f, err
	}
	if len(unknown) > 0 {
		slices.Sort(unknown) // an engine may list in any order
		return f, sim.Breachf(nothingInvented, "%s came back, a key that no call was ever about", unknown[0])
	}
	return f, nil
}

// judge says whether an engine may show that.
func (m *Map[K, V]) judge(f found[V]) error {
	suspended := m.run.Suspends(m.law())
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.clock != f.clock {
		return misuse("Check")
	}
	if err := m.unexplained(); err != nil {
		return err
	}
	for i := range f.slots {
		if err := m.judgeCell(i, f.slots[i], suspended); err != nil {
			return err
		}
	}
	if suspended {
		return nil
	}
	return m.judgeTogether(f)
}

// judgeCell says whether one key may be found like that, whatever the others are.
func (m *Map[K, V]) judgeCell(i int, got slot[V], suspended bool) error {
	if base, calls := m.writersOf(i, got); base || len(calls) > 0 {
		return nil
	}
	cell := m.cells[i]
	writer := m.writerEver(i, got)
	switch {
	case got.present && writer == nil:
		return sim.Breachf(nothingInvented, "%s came back as %s, which no call ever put there%s", show(cell.key), show(got.value), m.besides(i))
	case got.present && writer.fate == refused:
		return sim.Breachf(nothingInvented, "%s came back as %s of %s%s", show(cell.key), show(got.value), m.told(writer), m.besides(i))
	case suspended:
		return nil // a disk that lies, or rots, takes what was promised with it
	case got.present:
		return sim.Breachf(m.law(), "%s is lost: it came back as %s of %s", m.expected(i), show(got.value), m.told(writer))
	}
	return sim.Breachf(m.law(), "%s is lost: nothing came back", m.expected(i))
}

// writersOf lists who may have left a cell like that: whether it may be as it was
// at first, and the calls.
func (m *Map[K, V]) writersOf(i int, got slot[V]) (base bool, calls []*mapCall[V]) {
	cell := m.cells[i]
	for _, c := range cell.live {
		if c.fate != refused && m.same(slotOf(c, i), got) {
			calls = append(calls, c)
		}
	}
	return cell.baseHolds && m.same(cell.base, got), calls
}

// writerEver is the last call that ever was to leave a cell like that, one that
// was not refused if there is any; nil for none.
func (m *Map[K, V]) writerEver(i int, got slot[V]) *mapCall[V] {
	var refusal *mapCall[V]
	for _, c := range slices.Backward(m.cells[i].all) {
		switch {
		case !m.same(slotOf(c, i), got):
		case c.fate != refused:
			return c
		case refusal == nil:
			refusal = c
		}
	}
	return refusal
}

// keeper is the last promised call that wrote a cell, nil for none.
func (m *Map[K, V]) keeper(i int) *mapCall[V] {
	for _, c := range slices.Backward(m.cells[i].live) {
		if c.fate == promised {
			return c
		}
	}
	return nil
}

// expected says what was promised last of a cell: `"k3" = "v7" of put 12,
// promised after operation 31,`.
func (m *Map[K, V]) expected(i int) string {
	c, cell := m.keeper(i), m.cells[i]
	switch {
	case c != nil:
		return m.effect(c, i) + ","
	case cell.base.present:
		return fmt.Sprintf("%s = %s, %s,", show(cell.key), show(cell.base.value), cell.adopted)
	}
	return fmt.Sprintf("the absence of %s, %s,", show(cell.key), cell.adopted)
}

// effect says what a call did to a cell, and what is known of the call.
func (m *Map[K, V]) effect(c *mapCall[V], i int) string {
	key := show(m.cells[i].key)
	if s := slotOf(c, i); s.present {
		return fmt.Sprintf("%s = %s of %s", key, show(s.value), m.told(c))
	}
	return fmt.Sprintf("the removal of %s by %s", key, m.told(c))
}

// besides says what was promised of a cell, as the end of a sentence about
// something else; "" if nothing was.
func (m *Map[K, V]) besides(i int) string {
	if m.keeper(i) == nil && m.cells[i].adopted == "" {
		return ""
	}
	return "; there was to be " + strings.TrimSuffix(m.expected(i), ",")
}

// unreadable is an error of get, with what was promised of the key.
func (m *Map[K, V]) unreadable(i int, err error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	cell := m.cells[i]
	if base, calls := m.writersOf(i, slot[V]{}); base || len(calls) > 0 {
		return fmt.Errorf("get of %s: %w (if that means that there is no such key, tell the oracle with NotFound)", show(cell.key), err)
	}
	return fmt.Errorf("get of %s: %w%s", show(cell.key), err, m.besides(i))
}
