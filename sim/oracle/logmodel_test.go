package oracle

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const (
	logValues  = 2 // that entries share; or each has one of its own
	maxLogRead = 5 // entries of the longest log that is shown to the oracle
)

// logs lists what may come back of a log, from which up to drop entries may have
// been dropped at the head, by what it prints as.
func (m *model) logs(base []int, drop int) map[string][]int {
	logs := make(map[string][]int)
	m.survivors(func(calls []*modelCall) {
		log := slices.Clone(base)
		for _, c := range calls {
			log = append(log, c.entries...)
		}
		for n := range min(drop, len(log)) + 1 {
			logs[fmt.Sprint(log[n:])] = log[n:]
		}
	})
	return logs
}

// allLogs lists every log of up to so many entries.
func allLogs() [][]int {
	all := [][]int{{}}
	for from := 0; len(all[from]) < maxLogRead; from++ {
		for value := 1; value <= logValues; value++ {
			all = append(all, append(slices.Clone(all[from]), value))
		}
	}
	return all
}

// inOrder lists logs in an order that does not depend on the map's.
func inOrder(logs map[string][]int) [][]int {
	all := slices.Collect(maps.Values(logs))
	slices.SortFunc(all, slices.Compare)
	return all
}

// neighbours are a log, and what differs from it in one place: an entry is lost,
// or comes again, or is another one, or is exchanged with the next.
func neighbours(log []int, values int) [][]int {
	all := [][]int{log}
	for i := range log {
		all = append(all, slices.Delete(slices.Clone(log), i, i+1), slices.Insert(slices.Clone(log), i, log[i]), append(slices.Clone(log), log[i]))
		for value := 1; value <= values; value++ {
			other := slices.Clone(log)
			other[i] = value
			all = append(all, other)
		}
		if i > 0 {
			swapped := slices.Clone(log)
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
			all = append(all, swapped)
		}
	}
	return all
}

// logPlay is a play with a log.
type logPlay struct {
	play
	log    *Log[int]
	base   []int
	drop   int
	unique bool // each entry has a value of its own
	values int  // used so far
}

// append begins to append one entry, or several.
func (p *logPlay) append() {
	n := rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(p.t, "entries")
	entries := rapid.SliceOfN(rapid.IntRange(1, logValues), n, n).Draw(p.t, "values")
	if p.unique {
		for i := range entries {
			p.values++
			entries[i] = p.values
		}
	}
	p.begin(&modelCall{entries: entries}, func(engine func() error) error {
		if len(entries) == 1 {
			return p.log.Append(entries[0], engine)
		}
		return p.log.Batch(entries, engine)
	})
}

// truncate drops entries from the head, or is refused.
func (p *logPlay) truncate() {
	n := rapid.IntRange(1, 3).Draw(p.t, "first")
	err := rapid.SampledFrom([]error{nil, errFailed, errRefused}).Draw(p.t, "truncated")
	_ = p.log.Truncate(n, p.run.returns(err))
	if err != errRefused {
		p.drop = max(p.drop, n)
	}
}

// adopt opens the engine anew, on some lawful log.
func (p *logPlay) adopt() {
	p.base = rapid.SampledFrom(inOrder(p.model.logs(p.base, p.drop))).Draw(p.t, "adopted")
	if err := p.log.Adopt(p.base); err != nil {
		p.t.Fatalf("%v was adopted: %v", p.base, err)
	}
	p.model.calls, p.drop = nil, 0
}

// shown are the logs that the oracle is asked about: every one there is, of few
// values; and where there are too many, the lawful ones with all their neighbours.
func (p *logPlay) shown(lawful map[string][]int, all [][]int) [][]int {
	if !p.unique {
		return all
	}
	shown := [][]int{nil}
	for _, log := range rapid.SliceOfN(rapid.SampledFrom(inOrder(lawful)), 1, 4).Draw(p.t, "shown") {
		shown = append(shown, neighbours(log, p.values+1)...)
	}
	return shown
}

// Of every log that could come back, the oracle accuses exactly those that no
// order of the calls writes.
func TestLogAgainstBruteForce(t *testing.T) {
	accused, lawfulSeen := 0, 0
	all := allLogs()
	check(t, func(t *rapid.T) {
		p := &logPlay{play: play{t: t, run: &fakeRun{}, bySync: rapid.Bool().Draw(t, "by sync"), model: model{prefix: true}}, unique: rapid.Bool().Draw(t, "unique")}
		defer p.run.end()
		p.log = newLog[int](p.run, p.options()...)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch step := rapid.IntRange(0, 10).Draw(t, "step"); {
			case step < 4 && len(p.model.calls) < 5:
				p.append()
			case step < 8:
				p.end()
			case step == 8 && p.bySync:
				p.begin(nil, p.log.Sync)
			case step == 9 && p.crashOrReopen():
				p.adopt()
			case step == 10 && rapid.Bool().Draw(t, "truncate"):
				p.truncate()
			}
		}
		lawful := p.model.logs(p.base, p.drop)
		for _, log := range p.shown(lawful, all) {
			err := p.log.Check(log)
			if _, want := lawful[fmt.Sprint(log)]; want != (err == nil) {
				t.Fatalf("Check of %v: %v; by brute force lawful: %v, base %v, drop %d\n%s", log, err, want, p.base, p.drop, p.model.describe())
			}
			if err == nil {
				lawfulSeen++
			} else {
				accused++
			}
		}
	})
	if accused == 0 || lawfulSeen == 0 {
		t.Errorf("%d logs were accused and %d not: nothing was compared", accused, lawfulSeen)
	}
}
