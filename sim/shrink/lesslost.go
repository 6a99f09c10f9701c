package shrink

import (
	"powercut/sim/explain"
)

// lessLost tries to have crashes take less.
func (s *shrinker) lessLost() bool {
	atOnce := s.best.Build.Binary != ""
	if atOnce && s.lessLostAtOnce() {
		return true
	}
	last := len(s.best.Epochs) - 1
	for i := range s.best.Epochs {
		for k, crash := range s.best.Epochs[i].Crashes {
			if atOnce && i == last && k == len(s.best.Epochs[i].Crashes)-1 && !crash.Nearest {
				continue // it was tried
			}
			for choice := range crash.Choice.Simpler() {
				if !s.left() {
					return false
				}
				if s.adopt(s.best.WithChoice(i, k, choice)) {
					return true
				}
			}
		}
	}
	return false
}

// lessLostAtOnce tries, in a single run, to have the last crash take less: what comes
// before it is the same, and a program that has a process for each seed may take seconds
// for that.
func (s *shrinker) lessLostAtOnce() bool {
	last := len(s.best.Epochs) - 1
	crashes := s.best.Epochs[last].Crashes
	if len(crashes) == 0 || crashes[len(crashes)-1].Nearest {
		return false
	}
	choice := s.ask(s.best, explain.Question{Asks: explain.LessLost}).Choice
	if choice == nil {
		return false
	}
	s.best = s.best.WithChoice(last, len(crashes)-1, *choice)
	return true
}
