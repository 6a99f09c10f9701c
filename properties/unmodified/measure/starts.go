package measure

import (
	"fmt"
	"slices"
	"time"

	"powercut/properties/unmodified"
)

// Starts is from how many first seeds a defect is looked for, to say how long that takes
// by more than the luck of one; they are startsApart from each other.
const (
	Starts      = 10
	startsApart = 1000
)

// Search is a search for a defect from one first seed.
type Search struct {
	First int
	Runs  int     // until it was found, or the time was over
	CPU   float64 // seconds
	Found bool
}

// Searches runs a test from each of the first seeds until it finds, in one process at a
// time. A search that is ended by another defect has not found this one. The directory is
// that of its package, and tests the binary.
func Searches(dir, tests, test, profile string, length time.Duration) (all []Search, err error) {
	for start := range Starts {
		first := start * startsApart
		taken, err := Test(dir, tests, []string{unmodified.ForTheRecord + "=" + unmodified.ForTheRecordAny},
			"-test.run="+TestName(test, profile), "-powercut.profile="+profile, fmt.Sprintf("-powercut.seed=%d", first), "-powercut.for="+length.String(), "-powercut.workers=1")
		if err != nil {
			return nil, err
		}
		all = append(all, Search{First: first, Runs: taken.Runs, CPU: taken.CPU.Seconds(), Found: taken.Message != ""})
	}
	return all, nil
}

// Medians are those of the runs and of the seconds, the lower one of two in the middle.
// A search that found nothing counts as one that takes longer than all others.
func Medians(all []Search) (runs, seconds string) {
	if len(all) == 0 {
		return "", ""
	}
	sorted := slices.Clone(all)
	middle := (len(all) - 1) / 2
	order := func(less func(a, b Search) int) Search {
		slices.SortFunc(sorted, func(a, b Search) int {
			if a.Found != b.Found {
				if a.Found {
					return -1
				}
				return 1
			}
			return less(a, b)
		})
		return sorted[middle]
	}
	byRuns := order(func(a, b Search) int { return a.Runs - b.Runs })
	byCPU := order(func(a, b Search) int { return int(1e6 * (a.CPU - b.CPU)) })
	more := func(s Search) string {
		if s.Found {
			return ""
		}
		return "> "
	}
	return fmt.Sprintf("%s%d", more(byRuns), byRuns.Runs), fmt.Sprintf("%s%.1f", more(byCPU), byCPU.CPU)
}
