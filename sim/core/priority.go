package core

// priorityPolicy is probabilistic concurrency testing (Burckhardt, Kothari,
// Musuvathi, Nagarakatte: "A randomized scheduler with probabilistic guarantees
// of finding bugs", ASPLOS 2010). Each actor has a priority, drawn when it is
// first seen; the ready one of the highest runs. At Depth-1 choices, drawn from
// the first Steps, the one that would go on is given a priority below all that
// were drawn, a different one at each.
//
// A bug of depth d is one that shows whenever d pairs of steps come in a certain
// order. With Depth d, n actors and at most Steps = k choices, a run shows each of
// them with a probability of at least 1/(n*k^(d-1)); a schedule that draws each
// choice needs luck that falls with the length of the run. The paper counts every
// step; here a step without a choice counts for nothing, which only makes k less.
//
// The bound says nothing of the choices beyond Steps. There the one that would go
// on is put behind all others now and then, so that an actor who asks again and
// again for something that another has to do does not keep that one waiting for
// good.
type priorityPolicy struct {
	Source Source
	Depth  int // d, at least 1
	Steps  int // k, at least 1

	priority []int64 // of each actor: those that were drawn are above all others
	changes  []int   // which choice each of the change points is, from 1
	choice   int     // how many there were
	last     int64   // the lowest priority beyond Steps, 0 for none yet
}

// unfairOneIn is how often somebody is put last beyond Steps.
const unfairOneIn = 8

// Next implements Policy.
func (p *priorityPolicy) Next(ready []int) int {
	if p.choice == 0 {
		for range p.Depth - 1 {
			p.changes = append(p.changes, 1+Intn(p.Source, p.Steps))
		}
	}
	p.choice++
	for ready[len(ready)-1] >= len(p.priority) {
		p.priority = append(p.priority, int64(p.Depth)+int64(p.Source.Uint64n(1<<62)))
	}
	best := p.highest(ready)
	if p.choice > p.Steps {
		if OneIn(p.Source, unfairOneIn) {
			p.last--
			p.priority[best] = p.last
		}
		return best
	}
	for i, at := range p.changes {
		if at == p.choice {
			p.priority[best] = int64(i + 1)
		}
	}
	return p.highest(ready)
}

// highest is the actor of the highest priority.
func (p *priorityPolicy) highest(ready []int) int {
	best := ready[0]
	for _, id := range ready[1:] {
		if p.priority[id] > p.priority[best] {
			best = id
		}
	}
	return best
}
