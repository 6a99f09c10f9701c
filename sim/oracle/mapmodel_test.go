package oracle

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The model remembers what happened as plainly as can be, and lists by brute force
// every state that may come back: each order of each set of calls.

const (
	modelKeys   = 3
	modelValues = 2
)

// modelState is what is under each key, 0 for nothing.
type modelState [modelKeys]int

type modelCall struct {
	writes          map[int]int // key to value; looked up, and ranged over where order is of no matter
	entries         []int       // of a log
	epoch           int
	began, ended    int
	worked, refused bool
	promised        bool
}

// before says whether a call was over when another one began.
func (c *modelCall) before(d *modelCall) bool {
	return c.epoch < d.epoch || c.epoch == d.epoch && c.ended > 0 && c.ended < d.began
}

// model is the history since the base.
type model struct {
	prefix bool
	base   modelState
	calls  []*modelCall
}

// survivors calls f with each sequence of calls that may have had its effect, in
// that order, and may have survived all crashes.
func (m *model) survivors(f func([]*modelCall)) {
	last := 0
	for _, c := range m.calls {
		last = max(last, c.epoch)
	}
	var grow func(epoch int, so []*modelCall)
	grow = func(epoch int, so []*modelCall) {
		if epoch > last {
			for _, c := range m.calls {
				if c.promised && !slices.Contains(so, c) {
					return
				}
			}
			f(so)
			return
		}
		for _, part := range m.survivorsOf(epoch) {
			grow(epoch+1, slices.Concat(so, part))
		}
	}
	grow(0, nil)
}

// survivorsOf lists what of one epoch may survive.
func (m *model) survivorsOf(epoch int) [][]*modelCall {
	var of []*modelCall
	for _, c := range m.calls {
		if c.epoch == epoch && !c.refused {
			of = append(of, c)
		}
	}
	var all [][]*modelCall
	for _, order := range orders(of) {
		switch {
		case !m.prefix:
			all = append(all, order)
		case !slices.ContainsFunc(of, func(c *modelCall) bool { return c.worked && !slices.Contains(order, c) }):
			for n := range len(order) + 1 {
				all = append(all, order[:n])
			}
		}
	}
	return all
}

// orders lists each order of each subset of some calls that no call contradicts
// which was over before another began.
func orders(calls []*modelCall) [][]*modelCall {
	all := [][]*modelCall{nil}
	for from := 0; from < len(all); from++ {
		for _, c := range calls {
			if !slices.ContainsFunc(all[from], func(d *modelCall) bool { return c == d || c.before(d) }) {
				all = append(all, append(slices.Clone(all[from]), c))
			}
		}
	}
	return all
}

// states lists what may come back of a map.
func (m *model) states() map[modelState]bool {
	states := make(map[modelState]bool)
	m.survivors(func(calls []*modelCall) {
		state := m.base
		for _, c := range calls {
			for key, value := range c.writes {
				state[key] = value
			}
		}
		states[state] = true
	})
	return states
}

// allModelStates lists everything that might come back, lawful or not.
func allModelStates() []modelState {
	all := []modelState{{}}
	for key := range modelKeys {
		for _, state := range slices.Clone(all) {
			for value := 1; value <= modelValues; value++ {
				state[key] = value
				all = append(all, state)
			}
		}
	}
	return all
}

// get is the get of an engine that is in this state.
func (s modelState) get(key int) (int, error) {
	if s[key] == 0 {
		return 0, ErrNotFound
	}
	return s[key], nil
}

func (s modelState) list(yield func(int, int) bool) error {
	for key, value := range s {
		if value != 0 {
			yield(key, value)
		}
	}
	return nil
}

// play is a run of an oracle and of the model side by side.
type play struct {
	t      *rapid.T
	run    *fakeRun
	bySync bool
	model  model
	clock  int
	open   []*openCall
}

type openCall struct {
	*client
	call    *modelCall   // nil: a sync
	covered []*modelCall // by a sync
}

// begin starts a call on both sides.
func (p *play) begin(c *modelCall, call func(engine func() error) error) {
	p.clock++
	o := &openCall{call: c}
	if c != nil {
		c.epoch, c.began = p.run.epoch, p.clock
		p.model.calls = append(p.model.calls, c)
	} else {
		for _, c := range p.model.calls {
			if c.worked && c.epoch == p.run.epoch {
				o.covered = append(o.covered, c)
			}
		}
	}
	o.client = p.run.start(call)
	p.open = append(p.open, o)
}

// end has one of the calls that are under way return.
func (p *play) end() {
	if len(p.open) == 0 {
		return
	}
	p.clock++
	i := rapid.IntRange(0, len(p.open)-1).Draw(p.t, "which")
	o := p.open[i]
	p.open = slices.Delete(p.open, i, i+1)
	err := rapid.SampledFrom([]error{nil, nil, nil, errRefused, errEnded, errFailed}).Draw(p.t, "answer")
	o.finish(err)
	switch {
	case o.call == nil && err == nil:
		for _, c := range o.covered {
			c.promised = true
		}
	case o.call == nil:
	case err == nil:
		o.call.worked, o.call.ended, o.call.promised = true, p.clock, !p.bySync
	case err == errRefused:
		o.call.refused, o.call.ended = true, p.clock
	case err == errEnded:
		o.call.ended = p.clock
	}
}

// crash cuts the power: what is under way never returns, or is told something
// that nobody hears.
func (p *play) crash() {
	p.run.off = true
	var left []*openCall
	for _, o := range p.open {
		if rapid.Bool().Draw(p.t, "late answer") {
			o.finish(nil)
		} else {
			left = append(left, o)
		}
	}
	p.open, p.run.off = nil, false
	p.run.crash()
	for _, o := range left {
		if rapid.Bool().Draw(p.t, "answer in the next epoch") {
			o.finish(nil)
		}
	}
}

// crashOrReopen does what may come before the engine is opened anew, and says
// whether what it finds is adopted.
func (p *play) crashOrReopen() (adopt bool) {
	if len(p.open) > 0 || rapid.Bool().Draw(p.t, "crash") {
		p.crash()
	}
	return rapid.Bool().Draw(p.t, "adopt")
}

// check is rapid.Check with enough checks that what is rare comes.
func check(t *testing.T, property func(t *rapid.T)) {
	for range 10 {
		rapid.Check(t, property)
	}
}

// options are those of the oracle.
func (p *play) options() []Option {
	options := []Option{Classify(classify)}
	if p.bySync {
		options = append(options, BySync())
	}
	if p.model.prefix {
		options = append(options, Prefix())
	}
	return options
}

// writes draws what a call does.
func (p *play) writes() map[int]int {
	n := rapid.SampledFrom([]int{1, 1, 2, 3}).Draw(p.t, "keys")
	writes := make(map[int]int)
	for len(writes) < n {
		writes[rapid.IntRange(0, modelKeys-1).Draw(p.t, "key")] = rapid.IntRange(0, modelValues).Draw(p.t, "value")
	}
	return writes
}

// call makes one of a map, of what it does.
func callOf(m *Map[int, int], writes map[int]int) func(func() error) error {
	return func(engine func() error) error {
		if len(writes) > 1 {
			return m.Batch(func(b *Batch[int, int]) {
				for key := range modelKeys {
					switch value, written := writes[key]; {
					case written && value == 0:
						b.Delete(key)
					case written:
						b.Put(key, value)
					}
				}
			}, engine)
		}
		for key, value := range writes {
			if value == 0 {
				return m.Delete(key, engine)
			}
			return m.Put(key, value, engine)
		}
		return nil
	}
}

// adopt opens the engine anew, on some lawful state.
func (p *play) adopt(m *Map[int, int]) {
	lawful := p.model.states()
	var states []modelState
	for _, s := range allModelStates() {
		if lawful[s] {
			states = append(states, s)
		}
	}
	state := rapid.SampledFrom(states).Draw(p.t, "adopted")
	adopt := func() error { return m.AdoptAll(state.list) }
	if rapid.Bool().Draw(p.t, "by get") {
		adopt = func() error { return m.Adopt(func(key int) (int, error) { return state.get(key) }) }
	}
	if err := adopt(); err != nil {
		p.t.Fatalf("%v was adopted: %v", state, err)
	}
	p.model.base, p.model.calls = state, nil
}

// Of every state that could come back, the map accuses exactly those that no order
// of the calls leaves.
func TestMapAgainstBruteForce(t *testing.T) {
	accused, lawfulSeen := 0, 0
	check(t, func(t *rapid.T) {
		p := &play{t: t, run: &fakeRun{}, bySync: rapid.Bool().Draw(t, "by sync")}
		p.model.prefix = p.bySync && rapid.Bool().Draw(t, "prefix")
		defer p.run.end()
		m := newMap[int, int](p.run, p.options()...)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch step := rapid.IntRange(0, 9).Draw(t, "step"); {
			case step < 4 && len(p.model.calls) < 5:
				writes := p.writes()
				p.begin(&modelCall{writes: writes}, callOf(m, writes))
			case step < 8:
				p.end()
			case step == 8 && p.bySync:
				p.begin(nil, m.Sync)
			case step == 9 && p.crashOrReopen():
				p.adopt(m)
			}
		}
		lawful := p.model.states()
		for _, state := range allModelStates() {
			asked := state // a key that no call was about is asked for by nobody
			for key := range asked {
				if _, known := m.index[key]; !known {
					asked[key] = 0
				}
			}
			if err := m.CheckAll(state.list); lawful[state] != (err == nil) {
				t.Fatalf("CheckAll of %v: %v; by brute force lawful: %v\n%s", state, err, lawful[state], p.model.describe())
			}
			if err := m.Check(state.get); lawful[asked] != (err == nil) {
				t.Fatalf("Check of %v: %v; by brute force lawful: %v\n%s", state, err, lawful[asked], p.model.describe())
			}
			if lawful[state] {
				lawfulSeen++
			} else {
				accused++
			}
		}
	})
	if accused == 0 || lawfulSeen == 0 {
		t.Errorf("%d states were accused and %d not: nothing was compared", accused, lawfulSeen)
	}
}

// describe tells what happened, for a failure.
func (m *model) describe() string {
	text := fmt.Sprintf("base %v\n", m.base)
	for _, c := range m.calls {
		text += fmt.Sprintf("epoch %d, %d to %d: %v %v nil=%v refused=%v promised=%v\n", c.epoch, c.began, c.ended, c.writes, c.entries, c.worked, c.refused, c.promised)
	}
	return text
}
