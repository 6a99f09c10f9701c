package core

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Policy chooses which actor goes on. Ready holds the numbers of those that
// can, ascending, at least two of them; the answer is one of them.
type Policy interface {
	Next(ready []int) int
}

// randomPolicy draws each choice.
type randomPolicy struct{ Source Source }

// Next implements Policy.
func (p *randomPolicy) Next(ready []int) int { return ready[Intn(p.Source, len(ready))] }

// Schedule is a list of choices, as a run recorded it: at each point where
// more than one actor was ready, the number of the one that went on.
type Schedule []int

// String prints the choices with repeats counted: "0*3 1 0*2".
func (s Schedule) String() string {
	var b strings.Builder
	for i := 0; i < len(s); {
		n := 1
		for i+n < len(s) && s[i+n] == s[i] {
			n++
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Itoa(s[i]))
		if n > 1 {
			fmt.Fprintf(&b, "*%d", n)
		}
		i += n
	}
	return b.String()
}

// maxScheduleChoices bounds what a schedule's text may expand to.
const maxScheduleChoices = 1 << 22

// ParseSchedule reads what String printed.
func ParseSchedule(text string) (Schedule, error) {
	var s Schedule
	for _, word := range strings.Fields(text) {
		id, count, repeated := strings.Cut(word, "*")
		a, err := strconv.Atoi(id)
		n := 1
		if err == nil && repeated {
			n, err = strconv.Atoi(count)
		}
		if err != nil || a < 0 || n < 1 || n > maxScheduleChoices-len(s) {
			return nil, fmt.Errorf("sim: schedule: %q is not ACTOR or ACTOR*TIMES", word)
		}
		for range n {
			s = append(s, a)
		}
	}
	return s, nil
}

// Next implements Policy: the schedule is followed, and used up. Where it does
// not fit any more (a shrunk workload) the first ready actor goes on.
func (s *Schedule) Next(ready []int) int {
	if left := *s; len(left) > 0 {
		want := left[0]
		*s = left[1:]
		for _, id := range ready {
			if id == want {
				return id
			}
		}
	}
	return ready[0]
}

// ErrDeadlock says that every actor that is left waits for another.
var ErrDeadlock = errors.New("sim: deadlock: every actor waits")

// scheduler runs the actors of one epoch, one at a time.
type scheduler struct {
	policy   Policy
	actors   []*actor
	current  *actor
	recorded Schedule
	ready    []int // reused
	gate     gate
	ended    func(*actor) (stop bool) // called for each actor that has ended; nil for nobody
}

func (s *scheduler) add(name string, f func() error) *actor {
	a := newActor(len(s.actors), name, s.gate, f)
	s.actors = append(s.actors, a)
	return a
}

// run resumes actors until all have ended, none can go on, or ended says to stop.
func (s *scheduler) run() error {
	for {
		s.ready = s.ready[:0]
		left := false
		for i, a := range s.actors {
			if a.done {
				continue
			}
			left = true
			if a.ready == nil || a.ready() {
				s.ready = append(s.ready, i)
			}
		}
		if !left {
			return nil
		}
		if len(s.ready) == 0 {
			return ErrDeadlock
		}
		id := s.ready[0]
		if len(s.ready) > 1 {
			id = s.policy.Next(s.ready)
			s.recorded = append(s.recorded, id)
		}
		a := s.actors[id]
		a.ready = nil
		s.current = a
		s.gate.resumes(a)
		a.run()
		s.current = nil
		if a.done && s.ended != nil && s.ended(a) {
			return nil
		}
	}
}

// abandonAll ends whatever has not ended and says how many that were.
func (s *scheduler) abandonAll() int {
	n := 0
	for _, a := range s.actors {
		if !a.done {
			n++
			s.current = a
			a.abandon()
			s.current = nil
		}
	}
	return n
}

// pause lets another actor go on, if the caller is one.
func (s *scheduler) pause() {
	if a := s.current; a != nil {
		a.pause()
		s.current = a
	}
}

// block lets others go on until ready is true.
func (s *scheduler) block(ready func() bool) {
	a := s.current
	if a == nil || !s.gate.isActor() {
		panic("sim: a goroutine that is no actor waits at the run's monitor; nobody could ever wake it (start it with r.Go)")
	}
	a.ready = ready
	a.pause()
	s.current = a
}
