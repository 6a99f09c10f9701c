package oracle

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// toyEngine is an engine in memory whose calls take effect in the order of its
// log, at some moment while they are under way. After a crash it has whatever part
// of its log is lawful.
type toyEngine struct {
	log    []toyEntry
	synced int // entries
}

type toyEntry struct {
	key, value string // no value: a delete
	promised   bool
}

// toyClient is a call that is under way.
type toyClient struct {
	*client
	entry toyEntry
	done  bool // it has taken effect
	index int  // where in the log
}

// toyRun drives clients of a toy engine under an oracle.
type toyRun struct {
	t      *rapid.T
	run    *fakeRun
	m      *stringMap
	engine toyEngine
	bySync bool
	prefix bool
	open   []*toyClient
}

func (p *toyRun) start() {
	key := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(p.t, "key")
	value := rapid.SampledFrom([]string{"", "1", "2", "3"}).Draw(p.t, "value")
	c := &toyClient{entry: toyEntry{key: key, value: value}}
	c.client = p.run.start(func(f func() error) error {
		if value == "" {
			return p.m.Delete(key, f)
		}
		return p.m.Put(key, value, f)
	})
	p.open = append(p.open, c)
}

// takeEffect has one of the calls that are under way reach the log.
func (p *toyRun) takeEffect(c *toyClient) {
	if !c.done {
		c.done, c.index = true, len(p.engine.log)
		p.engine.log = append(p.engine.log, c.entry)
	}
}

// finish has one of the calls return: with nil, if it has taken effect, or with
// an error, in which case it may still do so.
func (p *toyRun) finish() {
	i := rapid.IntRange(0, len(p.open)-1).Draw(p.t, "which")
	c := p.open[i]
	if rapid.IntRange(0, 4).Draw(p.t, "fails") == 0 {
		c.finish(errFailed)
		return // and it stays where it can take effect later
	}
	p.open = slices.Delete(p.open, i, i+1)
	if c.answer != nil {
		return
	}
	p.takeEffect(c)
	p.engine.log[c.index].promised = !p.bySync
	c.finish(nil)
}

// sync makes all that is in the log durable.
func (p *toyRun) sync() {
	_ = p.m.Sync(p.run.returns(nil))
	p.engine.synced = len(p.engine.log)
}

// survivors is what of the log a crash may leave.
func (p *toyRun) survivors() []toyEntry {
	end := len(p.engine.log)
	if p.bySync && p.prefix {
		end = rapid.IntRange(p.engine.synced, end).Draw(p.t, "end")
	}
	var left []toyEntry
	for i, e := range p.engine.log[:end] {
		kept := e.promised || p.bySync && (i < p.engine.synced || p.prefix)
		if kept || rapid.Bool().Draw(p.t, "kept") {
			left = append(left, e)
		}
	}
	return left
}

// state is what a log leaves.
func toyState(log []toyEntry) map[string]string {
	state := make(map[string]string)
	for _, e := range log {
		if e.value == "" {
			delete(state, e.key)
		} else {
			state[e.key] = e.value
		}
	}
	return state
}

// crash leaves what may be left, and opens the engine on it.
func (p *toyRun) crash() {
	left := p.survivors()
	p.run.crash()
	p.open = nil
	p.engine = toyEngine{log: left, synced: len(left)}
	for i := range p.engine.log {
		p.engine.log[i].promised = true
	}
	if rapid.Bool().Draw(p.t, "adopt") {
		if err := p.m.Adopt(getOf(toyState(left))); err != nil {
			p.t.Fatal(err)
		}
	}
}

// An engine that does what it may is never accused, however many clients it has
// and however often it crashes.
func TestLawfulEngineIsNeverAccused(t *testing.T) {
	most := 0
	rapid.Check(t, func(t *rapid.T) {
		p := &toyRun{t: t, run: &fakeRun{}, bySync: rapid.Bool().Draw(t, "by sync"), prefix: rapid.Bool().Draw(t, "prefix")}
		defer p.run.end()
		options := []Option{Classify(classify)}
		if p.bySync {
			options = append(options, BySync())
		}
		if p.bySync && p.prefix {
			options = append(options, Prefix())
		}
		p.m = newMap[string, string](p.run, options...)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch step := rapid.IntRange(0, 9).Draw(t, "step"); {
			case step < 4:
				p.start()
			case step < 6 && len(p.open) > 0:
				p.takeEffect(p.open[rapid.IntRange(0, len(p.open)-1).Draw(t, "which")])
			case step < 8 && len(p.open) > 0:
				p.finish()
			case step == 8 && p.bySync:
				p.sync()
			case step == 9:
				p.crash()
			}
			state := toyState(p.survivors())
			most = max(most, len(state))
			if err := p.m.Check(getOf(state)); err != nil {
				t.Fatalf("%v may come back of %v, but: %v", state, p.engine, err)
			}
			all := func(yield func(string, string) bool) error {
				maps.All(state)(yield)
				return nil
			}
			if err := p.m.CheckAll(all); err != nil {
				t.Fatalf("%v may come back of %v, but: %v", state, p.engine, err)
			}
		}
	})
	if most < 3 {
		t.Errorf("no state had more than %d keys", most)
	}
}
