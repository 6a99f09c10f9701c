package oracle

import (
	"errors"
	"fmt"

	"powercut/sim"
)

// Map judges an engine that keeps values by keys. It makes the calls of the
// engine that change something, remembers what they returned, and tells from
// that what a crash may leave. It may be used by several clients at once.
type Map[K comparable, V any] struct {
	history[[]write[V]]
	equal func(a, b V) bool
	copy  func(V) V
	index map[K]int // looked up, never ranged over
	cells []*cell[K, V]
}

// slot is what is under a key: a value, or nothing.
type slot[V any] struct {
	value   V
	present bool
}

// write is what a call does to a cell.
type write[V any] struct {
	cell int
	slot slot[V]
}

// mapCall is a call of a Map.
type mapCall[V any] = call[[]write[V]]

// cell is what is known of one key.
type cell[K comparable, V any] struct {
	key       K
	base      slot[V] // before the calls in live
	baseHolds bool    // no call that is promised has written it since
	adopted   string  // when base was adopted, "" for never
	// live are the calls that may have written what is there now: not those that
	// were refused, nor those that a promised one came after.
	live []*mapCall[V]
	all  []*mapCall[V] // whatever was ever to write it
}

// NewMap returns an oracle for an engine that begins empty. It is for the body
// of a sim.Test.
func NewMap[K comparable, V any](r *sim.Run, opts ...Option) *Map[K, V] {
	m := newMap[K, V](simRun{r}, opts...)
	m.remember(r, &m.index, &m.cells)
	return m
}

func newMap[K comparable, V any](r run, opts ...Option) *Map[K, V] {
	m := &Map[K, V]{index: make(map[K]int), copy: copying[V]()}
	m.run, m.options = r, newOptions(opts)
	m.equal = comparison[V](m.options)
	m.promise = m.promised
	return m
}

// Put makes a call that puts a value under a key, and returns what it returns.
func (m *Map[K, V]) Put(key K, value V, call func() error) error {
	b := Batch[K, V]{m: m}
	b.Put(key, value)
	return m.do("put", fmt.Sprintf(": %s = %s", show(key), show(value)), b.remember, call)
}

// Delete makes a call that removes a key, and returns what it returns. That the
// key is not there is no error, or one that is classified (see Classify).
func (m *Map[K, V]) Delete(key K, call func() error) error {
	b := Batch[K, V]{m: m}
	b.Delete(key)
	return m.do("delete", ": "+show(key), b.remember, call)
}

// Batch makes a call that does several things at once, and returns what it
// returns. Fill says what: after a crash all of it is there, or nothing.
func (m *Map[K, V]) Batch(fill func(b *Batch[K, V]), call func() error) error {
	b := Batch[K, V]{m: m}
	fill(&b)
	return m.do("batch", fmt.Sprintf(" of %d", len(b.keys)), b.remember, call)
}

// Sync makes a call that makes durable what had been done before, and returns
// what it returns. See BySync.
func (m *Map[K, V]) Sync(call func() error) error { return m.sync(call) }

// Batch is what a call does to several keys. Of two things that it does to one
// key the last counts.
type Batch[K comparable, V any] struct {
	m     *Map[K, V]
	keys  []K
	slots []slot[V]
}

// Put adds that a value is put under a key.
func (b *Batch[K, V]) Put(key K, value V) {
	b.set(key, slot[V]{value: b.m.copy(value), present: true})
}

// Delete adds that a key is removed.
func (b *Batch[K, V]) Delete(key K) { b.set(key, slot[V]{}) }

func (b *Batch[K, V]) set(key K, s slot[V]) {
	for i := range b.keys {
		if b.keys[i] == key {
			b.slots[i] = s
			return
		}
	}
	b.keys, b.slots = append(b.keys, key), append(b.slots, s)
}

// remember adds a call that begins to the cells that it writes.
func (b *Batch[K, V]) remember(c *mapCall[V]) {
	for i, key := range b.keys {
		n := b.m.cellOf(key)
		c.effect = append(c.effect, write[V]{cell: n, slot: b.slots[i]})
		cell := b.m.cells[n]
		cell.live, cell.all = append(cell.live, c), append(cell.all, c)
	}
}

// cellOf finds the cell of a key, or makes it.
func (m *Map[K, V]) cellOf(key K) int {
	i, known := m.index[key]
	if !known {
		i = len(m.cells)
		m.index[key] = i
		m.cells = append(m.cells, &cell[K, V]{key: key, baseHolds: true})
	}
	return i
}

// promised takes what a promised call came after out of its cells.
func (m *Map[K, V]) promised(c *mapCall[V]) {
	for _, w := range c.effect {
		cell := m.cells[w.cell]
		cell.baseHolds = false
		live := cell.live[:0]
		for _, other := range cell.live {
			if !other.before(c) && other.fate != refused {
				live = append(live, other)
			}
		}
		cell.live = live
	}
}

// slotOf is what a call leaves in a cell that it writes.
func slotOf[V any](c *mapCall[V], cell int) slot[V] {
	for _, w := range c.effect {
		if w.cell == cell {
			return w.slot
		}
	}
	panic("oracle: a call is asked about a cell that it does not write")
}

// same says whether two slots hold the same.
func (m *Map[K, V]) same(a, b slot[V]) bool {
	return a.present == b.present && (!a.present || m.equal(a.value, b.value))
}

// Check compares what an engine gives after a crash with what it promised. Get is
// asked for each key that a call was ever about; it returns ErrNotFound, or an
// error that NotFound names, for one that is not there. Another error of get is
// returned as it is, with what was promised of the key.
//
// Check changes nothing, and may be called at any time when no call is under way:
// in Recover, or in the workload.
func (m *Map[K, V]) Check(get func(K) (V, error)) error {
	_, err := m.check(get)
	return err
}

// CheckAll is Check for an engine that lists what it has, which is compared key
// by key: a key that nobody put there is a breach, too, and so is one that comes
// twice. An error of list is returned as it is.
func (m *Map[K, V]) CheckAll(list func(yield func(K, V) bool) error) error {
	_, err := m.checkAll(list)
	return err
}

// Adopt is Check, and fixes what get returns: whatever was uncertain is decided,
// and from now on it is a breach to lose it. It is for the beginning of an epoch,
// and wherever else the engine was opened anew, before the next call.
func (m *Map[K, V]) Adopt(get func(K) (V, error)) error {
	found, err := m.check(get)
	if err != nil {
		return err
	}
	return m.settle(found)
}

// AdoptAll is CheckAll, and fixes what list has, as Adopt does.
func (m *Map[K, V]) AdoptAll(list func(yield func(K, V) bool) error) error {
	found, err := m.checkAll(list)
	if err != nil {
		return err
	}
	return m.settle(found)
}

// Digest is the same at two moments only if Check judges alike at both, and never
// 0: it is what sim.Run.State asks for.
func (m *Map[K, V]) Digest() uint64 { return m.digest() }

// settle makes what was found what every later state begins with.
func (m *Map[K, V]) settle(f found[V]) error {
	return m.adopt(f.clock, func() error {
		when := "adopted " + m.when(m.run.operations(), m.run.Epoch())
		for i, cell := range m.cells {
			cell.base, cell.baseHolds, cell.adopted, cell.live = f.slots[i], true, when, nil
		}
		return nil
	})
}

// isNotFound says whether an error of get means that the key is not there.
func (m *Map[K, V]) isNotFound(err error) bool {
	for _, target := range m.options.notFound {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
