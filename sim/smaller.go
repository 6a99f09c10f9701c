package sim

import (
	"cmp"
	"context"
	"fmt"

	"powercut/sim/core"
	"powercut/sim/worker"
)

// A run that is to make a case smaller may never end, or end its process: it is of
// another workload, or of another schedule, than what was found. So whoever started the
// process keeps the smallest case that it has come to, gives each such run the time that
// any run has, and has another process tell of that case, which tries nothing more.

// smaller is how far a process is with making a case smaller.
type smaller struct {
	Case string        // the smallest so far
	Runs int           // that were made
	From core.CaseSize // what it was made of, for who tells

	first string // what it was made of
	over  bool   // nothing more is tried
}

// goOn is how far it is behind a note.
func (s *smaller) goOn(note *worker.Note) *smaller {
	if note == nil || note.Shrinking == nil {
		return s
	}
	at := note.Shrinking
	now := &smaller{Case: at.Smallest, Runs: at.Runs, first: at.Smallest, over: at.Over}
	if s != nil {
		now.Case, now.first = cmp.Or(at.Smallest, s.Case), s.first
	}
	return now
}

// unended says how making a case smaller came to its end before its time.
func (n *nativeTest) unended(died *deathError) string {
	how := "ended its process"
	if died.hang {
		how = fmt.Sprintf("did not end within %s", n.patience(job{Do: tellSeed}, died.shrinking))
	}
	if died.shrinking.over {
		return "to tell of it " + how
	}
	return fmt.Sprintf("run %d, which was to make the case smaller, %s", died.shrinking.Runs+1, how)
}

// sized says of what a case was made, too.
func (n *nativeTest) sized(s *smaller) *smaller {
	if c, err := core.ParseCase(s.first, n.corpus.find); err == nil {
		s.From = c.Size()
	}
	return s
}

// tellOf does a job in a process that tries nothing.
func (n *nativeTest) tellOf(j job) (answer, error) {
	ctx, enough := context.WithCancel(context.Background())
	enough()
	j.Apart = n.apart.Load()
	return n.process(ctx, j, nil)
}

// tellOrder is what an order is answered with whose process died while it made a case
// smaller.
func (n *nativeTest) tellOrder(seed core.Seed, o *worker.Order, died *deathError) (answer, error) {
	s := n.sized(died.shrinking)
	again := *o
	switch {
	case o.Settle != nil:
		settle := *o.Settle
		settle.Defect.Case = s.Case
		again.Settle = &settle
	case o.Case != nil:
		text := *o.Case
		text.Text = s.Case
		again.Case = &text
	}
	a, err := n.tellOf(job{Do: doOrders, Seed: uint64(seed), Orders: []*worker.Order{&again}})
	if err == nil && a.Note != nil && a.Note.Shrunk != nil {
		a.Note.Shrunk.Before, a.Note.Shrunk.Runs, a.Note.Shrunk.Stopped = s.From, s.Runs, n.unended(died)
	}
	return a, err
}

// tellSmaller tells of a case that another process made smaller, or found.
func (k *corpus) tellSmaller(j job) answer {
	c, err := core.ParseCase(j.Smaller.Case, k.find)
	if err != nil {
		return answer{} // whoever wants to know runs the seed again
	}
	a, times := repeated(c)
	if a.Violation == nil {
		return answer{} // likewise
	}
	v := a.Violation
	v.Seed, v.Case = core.Seed(j.Seed), a.Told()
	m := message{target: k.target, violation: v, account: a, times: times, runs: j.Smaller.Runs, before: j.Smaller.From, rapid: k.rapid}
	m.file, m.unkept = k.keep(v.Case, a)
	return answer{Why: m.String()}
}
