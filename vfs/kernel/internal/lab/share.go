//go:build linux

package lab

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
	"powercut/vfs/kernel/internal/block"
)

// mostListed bounds how many crash images of one moment are counted; where a
// profile allows more, the moment is left out.
const mostListed = 256

// Share says how tight a profile is: of the trees that it allows after the steps
// of a workload, how many were seen. Pages are whole there: torn sectors are
// too many to count.
type Share struct {
	Moments, LeftOut int
	Allowed, Seen    int
	// ByRule counts them by the profiles that refuse the state: by what sets
	// this profile apart from them.
	ByRule map[string]*RuleShare
}

// RuleShare counts the states that one set of other profiles refuses.
type RuleShare struct {
	Allowed, Seen int
	// Example is one that was never seen.
	Example string
}

// Add counts one workload.
func (s *Share) Add(p vfs.Profile, w *recording.Workload, seen *Seen) error {
	if s.ByRule == nil {
		s.ByRule = map[string]*RuleShare{}
	}
	j, err := recording.NewJudge(vfs.Options{SectorBytes: 4096}, w)
	if err != nil {
		return err
	}
	for k := range len(w.Steps) + 1 {
		states := seen.States[block.Moment{Step: k}]
		if len(states) == 0 {
			continue
		}
		disk := j.After(k)
		allowed, all := listed(disk, p)
		if !all {
			s.LeftOut++
			continue
		}
		s.Moments++
		for _, state := range slices.Sorted(maps.Keys(allowed)) {
			rule := s.rule(refusing(disk, p, allowed[state]))
			s.Allowed++
			rule.Allowed++
			if states[state] > 0 {
				s.Seen++
				rule.Seen++
			} else if rule.Example == "" {
				rule.Example = List(w.Setup) + " | " + List(w.Steps[:k]) + " -> " + state
			}
		}
	}
	return nil
}

func (s *Share) rule(name string) *RuleShare {
	r := s.ByRule[name]
	if r == nil {
		r = &RuleShare{}
		s.ByRule[name] = r
	}
	return r
}

// listed lists the trees that a profile allows, unless they are too many.
func listed(disk *vfs.Disk, p vfs.Profile) (trees map[string]vfs.Tree, all bool) {
	trees = map[string]vfs.Tree{}
	for im := range disk.Images(p) {
		t := im.Tree()
		im.Release()
		trees[recording.FormatTree(t)] = t
		if len(trees) > mostListed {
			return trees, false
		}
	}
	return trees, true
}

// refusing names the profiles that refuse a tree.
func refusing(disk *vfs.Disk, p vfs.Profile, t vfs.Tree) string {
	var out []string
	for _, q := range vfs.Profiles() {
		if q == p {
			continue
		}
		if ok, _ := disk.Accepts(q, t); !ok {
			out = append(out, q.String())
		}
	}
	if len(out) == 0 {
		return "allowed by all"
	}
	return "refused by " + strings.Join(out, ", ")
}

// Promise says how much a workload is worth looking at: the states that a
// profile allows after it, each counted the more, the fewer of its sort were
// seen.
func (s *Share) Promise(p vfs.Profile, w *recording.Workload) float64 {
	disk, err := w.After(vfs.Options{SectorBytes: 4096}, len(w.Steps))
	if err != nil {
		return 0
	}
	defer disk.Release()
	allowed, all := listed(disk, p)
	if !all || len(allowed) < 2 {
		return 0
	}
	sum := 0.0
	for _, state := range slices.Sorted(maps.Keys(allowed)) {
		r := s.ByRule[refusing(disk, p, allowed[state])]
		if r == nil {
			sum++
			continue
		}
		sum += 1 - float64(r.Seen)/float64(r.Allowed)
	}
	// A few states are soon seen; of a hundred, one run sees only some.
	return sum * min(1, 32/float64(len(allowed)))
}

// String is the share in a few words.
func (s *Share) String() string {
	if s.Allowed == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d, %.0f%% (%d moments, %d with more than %d left out)", s.Seen, s.Allowed, 100*float64(s.Seen)/float64(s.Allowed), s.Moments, s.LeftOut, mostListed)
}

// Table lists the sorts of states, those first of which most were never seen.
func (s *Share) Table() string {
	var b strings.Builder
	names := slices.SortedFunc(maps.Keys(s.ByRule), func(a, c string) int {
		x, y := s.ByRule[a], s.ByRule[c]
		return cmp.Or(cmp.Compare(y.Allowed-y.Seen, x.Allowed-x.Seen), cmp.Compare(a, c))
	})
	for _, name := range names {
		r := s.ByRule[name]
		fmt.Fprintf(&b, "  %5d of %5d seen   %s\n", r.Seen, r.Allowed, name)
		if r.Example != "" {
			fmt.Fprintf(&b, "        never: %s\n", r.Example)
		}
	}
	return b.String()
}
