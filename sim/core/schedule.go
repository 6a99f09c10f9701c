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
	hook     *Point                   // of the epoch; nil in tests of the scheduler alone
	ended    func(*actor) (stop bool) // called for each actor that has ended; nil for nobody
	idle     func() bool              // called when nobody can go on; true if time has passed that somebody waited for
}

func (s *scheduler) add(name string, f func() error) *actor {
	a := newActor(len(s.actors), name, s.gate, s.hook, f)
	s.actors = append(s.actors, a)
	return a
}

// run resumes actors until all have ended, none can go on, or ended says to stop.
func (s *scheduler) run() error {
	for s.hook == nil || !s.gate.stopped(s.hook) {
		s.gate.settle(s)
		if s.judgeEnded() {
			return nil
		}
		left, stuck := s.findReady()
		switch {
		case !left:
			return nil
		case len(s.ready) > 0:
		case s.idle != nil && s.idle():
			continue
		case !stuck:
			return ErrDeadlock
		case s.gate.arrive(s):
			continue
		default:
			return errHang
		}
		id := s.ready[0]
		if len(s.ready) > 1 {
			id = s.policy.Next(s.ready)
			s.recorded = append(s.recorded, id)
		}
		a := s.actors[id]
		a.ready, a.mayWait = nil, len(s.actors) > 1
		s.current = a
		a.run()
		s.current = nil
		if a.hung {
			return errHang
		}
	}
	return nil
}

// findReady lists the actors that can go on, and says whether any are left, and
// whether any of those are stuck.
func (s *scheduler) findReady() (left, stuck bool) {
	s.ready = s.ready[:0]
	for i, a := range s.actors {
		switch {
		case a.stuck:
			left, stuck = true, true
		case a.done:
		default:
			left = true
			if a.ready == nil || a.ready() {
				s.ready = append(s.ready, i)
			}
		}
	}
	return left, stuck
}

// judgeEnded hands those over that have ended, each once.
func (s *scheduler) judgeEnded() (stop bool) {
	for _, a := range s.actors {
		if !a.stuck && a.done && !a.judged {
			a.judged = true
			if s.ended != nil && s.ended(a) {
				return true
			}
		}
	}
	return false
}

// abandonAll ends whatever has not ended and says how many that were.
func (s *scheduler) abandonAll() int {
	n := 0
	for _, a := range s.actors {
		if a.stuck || a.hung || !a.done {
			n++
			s.current = a
			a.on.stop(a)
			s.current = nil
		}
	}
	return n
}

// pause lets another actor go on, if the caller is one.
func (s *scheduler) pause() {
	if a := s.gate.self(s); a != nil {
		a.pause()
		s.current = a
	}
}

// block lets others go on until ready is true.
func (s *scheduler) block(ready func() bool) {
	a := s.gate.self(s)
	if a == nil {
		panic("sim: a goroutine that is no actor waits at the run's monitor; nobody could ever wake it (start it with r.Go)")
	}
	a.ready = ready
	a.pause()
	s.current = a
}
