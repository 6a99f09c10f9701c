package campaign

import (
	"slices"

	"powercut/sim/core"
)

// Vary returns variation n, from 1 on, of what a seed decides: of the streams
// that the target draws a scenario from, one is drawn anew, the first for n=1,
// the second for n=2, and so on, round and round. The rest of the run, which
// schedule it takes and where it is crashed, is decided by the seed returned.
func Vary(target core.Target, seed core.Seed, n uint64) (core.Seed, core.Scenario) {
	var names []string
	target.Draw(func(name string) core.Source {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		return seed.Stream(name)
	})
	own := OwnSeed(seed, n)
	return own, target.Draw(func(name string) core.Source {
		if name == names[(n-1)%uint64(len(names))] {
			return own.Stream(name)
		}
		return seed.Stream(name)
	})
}

// OwnSeed is what decides the run of variation n of a seed, which is the seed itself for 0.
func OwnSeed(seed core.Seed, n uint64) core.Seed {
	if n == 0 {
		return seed
	}
	return seed.Sub(n)
}

// PilotBlocks is how many blocks of a campaign, from its first on, are run as
// they are. What they reach every other block takes for known: a seed that
// reaches a combination which is not, and which no seed before it in its block
// reached, is varied. So what a block does depends on nothing but its own seeds
// and the pilot's, wherever it runs.
const PilotBlocks = 2

const (
	// maxVaried is how many variations a block runs, behind its own seeds.
	maxVaried = BlockSeeds / 4
	// variationsEach is how many a seed gets that reached something new.
	variationsEach = 6
)

// scout remembers which seeds of a block reached something new.
type scout struct {
	known, seen core.Coverage
	kept        []core.Seed
}

// look keeps a seed that reached a combination nobody reached before.
func (s *scout) look(seed core.Seed, reached core.Coverage) {
	before := len(s.seen)
	for cell := range reached {
		if s.known[cell] == 0 {
			s.seen[cell]++
		}
	}
	if len(s.seen) > before {
		s.kept = append(s.kept, seed)
	}
}

// variations lists which variations of which seeds a block runs: of each that
// was kept in turn, until there are enough.
func (s *scout) variations(each func(seed core.Seed, n uint64) bool) {
	left := maxVaried
	for n := uint64(1); n <= variationsEach; n++ {
		for _, seed := range s.kept {
			if left == 0 || !each(seed, n) {
				return
			}
			left--
		}
	}
}
