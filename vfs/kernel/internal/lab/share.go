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
	"powercut/vfs/internal/tight"
	"powercut/vfs/kernel/internal/block"
)

// mostListed bounds how many crash images of one moment are counted; where a
// profile allows more, the moment is left out.
const mostListed = 256

// Counted is how many of the trees that a profile allows after the steps of
// workloads were seen, at the moments at which they can be listed.
type Counted struct {
	Moments, LeftOut int
	Allowed, Seen    int
}

// Share says how tight a profile is: of the trees that it allows, how many were
// seen. Pages are whole there, and so it has most moments.
type Share struct {
	Counted
	// Sectors counts the trees in which sectors of 512 bytes may tear. There are so many
	// that only the moments with little pending can be listed.
	Sectors Counted
	// Rules counts, for each thing that the profile allows, the trees that are
	// lawful because of it alone, by its name.
	Rules map[string]*RuleShare
	// ListNever keeps in Never each state that was never seen.
	ListNever bool
	Never     []string
}

// RuleShare is what rests on one allowance of a profile.
type RuleShare struct {
	Name, About string
	// Allowed are the trees listed, Seen those of them that were seen.
	Allowed, Seen int
	// Torn are trees that were seen and are not listed: sectors tore.
	Torn int
	// Example is one that was never seen.
	Example string
}

// common is the name under which a tree counts that needs no allowance.
const common = "none of these"

// Add counts one workload.
func (s *Share) Add(p vfs.Profile, w *recording.Workload, seen *Seen) error {
	whole, err := recording.NewJudge(vfs.Options{SectorBytes: 4096}, w)
	if err != nil {
		return err
	}
	torn, err := recording.NewJudge(vfs.Options{}, w)
	if err != nil {
		return err
	}
	for k := range len(w.Steps) + 1 {
		states := seen.States[block.Moment{Step: k}]
		if len(states) == 0 {
			continue
		}
		s.Sectors.add(torn.After(k), p, states)
		disk := whole.After(k)
		allowed, all := listed(disk, p)
		if !all {
			s.LeftOut++
			continue
		}
		s.Moments++
		for _, state := range slices.Sorted(maps.Keys(allowed)) {
			met := states[state] > 0
			s.Allowed++
			if met {
				s.Seen++
			}
			at := List(w.Setup) + " | " + List(w.Steps[:k]) + " -> " + state
			for _, rule := range s.needed(disk, p, allowed[state]) {
				rule.Allowed++
				if met {
					rule.Seen++
					continue
				}
				if rule.Example == "" {
					rule.Example = at
				}
				if s.ListNever {
					s.Never = append(s.Never, rule.Name+": "+at)
				}
			}
		}
		for _, state := range slices.Sorted(maps.Keys(states)) {
			if t, err := recording.ParseTree(state); err == nil && allowed[state] == nil {
				for _, rule := range s.needed(torn.After(k), p, t) {
					rule.Torn++
				}
			}
		}
	}
	return nil
}

// add counts one moment.
func (c *Counted) add(disk *vfs.Disk, p vfs.Profile, states map[string]int) {
	allowed, all := listed(disk, p)
	if !all {
		c.LeftOut++
		return
	}
	c.Moments++
	c.Allowed += len(allowed)
	for state := range allowed {
		if states[state] > 0 {
			c.Seen++
		}
	}
}

// needed lists the allowances without which a profile refuses a tree that it
// allows.
func (s *Share) needed(disk *vfs.Disk, p vfs.Profile, t vfs.Tree) []*RuleShare {
	var out []*RuleShare
	for _, a := range tight.Allowances(uint8(p)) {
		if !tight.Accepts(disk, uint8(p), a.Name, t) {
			out = append(out, s.rule(a.Name, a.About))
		}
	}
	if len(out) == 0 {
		out = append(out, s.rule(common, "names in order, whole pages, sizes with their data"))
	}
	return out
}

func (s *Share) rule(name, about string) *RuleShare {
	if s.Rules == nil {
		s.Rules = map[string]*RuleShare{}
	}
	r := s.Rules[name]
	if r == nil {
		r = &RuleShare{Name: name, About: about}
		s.Rules[name] = r
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
		value := 0.0
		for _, r := range s.needed(disk, p, allowed[state]) {
			value = max(value, 1-float64(r.Seen)/float64(max(1, r.Allowed)))
		}
		sum += value
	}
	// A few states are soon seen; of a hundred, one run sees only some.
	return sum * min(1, 32/float64(len(allowed)))
}

// String is the share in a few words.
func (c *Counted) String() string {
	if c.Allowed == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d, %.0f%% (%d moments, %d with more than %d left out)", c.Seen, c.Allowed, 100*float64(c.Seen)/float64(c.Allowed), c.Moments, c.LeftOut, mostListed)
}

// rules lists the allowances, those first of which most was never seen.
func (s *Share) rules() []*RuleShare {
	return slices.SortedFunc(maps.Values(s.Rules), func(a, b *RuleShare) int {
		return cmp.Or(cmp.Compare(b.Allowed-b.Seen, a.Allowed-a.Seen), cmp.Compare(a.Name, b.Name))
	})
}

// Table lists the allowances for a report.
func (s *Share) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %-18s %8s %6s %6s   %s\n", "rule", "allowed", "seen", "torn", "what it allows")
	for _, r := range s.rules() {
		fmt.Fprintf(&b, "  %-18s %8d %6d %6d   %s\n", r.Name, r.Allowed, r.Seen, r.Torn, r.About)
		if r.Example != "" {
			fmt.Fprintf(&b, "  %18s never: %s\n", "", r.Example)
		}
	}
	return b.String()
}

// Rows lists them as rows of a table in Markdown.
func (s *Share) Rows(filesystem string) string {
	var b strings.Builder
	for _, r := range s.rules() {
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %s |\n", filesystem, r.Name, r.Allowed, r.Seen, r.Torn, r.About)
	}
	return b.String()
}
