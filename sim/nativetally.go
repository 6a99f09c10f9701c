package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// tally is what the seeds of a test have come to.
type tally struct {
	keepGoing bool // when a seed has failed

	mu      sync.Mutex
	next    uint64            // seed, counted from the first
	stop    uint64            // behind it nothing counts: how many there are, or the lowest that failed
	defects map[string]uint64 // the lowest seed of each, by its signature; of one that stops, that one alone
	err     error             // of the harness

	runs, operations, images uint64
	lacks                    string // why the body proves nothing
}

// take returns the seed to run next, unless there is none.
func (t *tally) take() (i uint64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i = t.next
	t.next++
	return i, i < t.stop
}

// add adds what a seed came to.
func (t *tally) add(i uint64, a answer, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.runs++
	t.operations += a.Operations
	t.images += a.Images
	t.lacks = cmp.Or(t.lacks, a.Lacks)
	died, _ := errors.AsType[*deathError](err)
	signature := a.Signature
	if died != nil {
		signature = died.signature()
	}
	switch {
	case err != nil && died == nil:
		t.err, t.stop = err, 0
	case died == nil && (a.Why == "" || a.Known) || i >= t.stop:
	case t.keepGoing:
		t.addDefect(signature, i)
	default:
		t.defects, t.stop = nil, i
		t.addDefect(signature, i)
	}
}

func (t *tally) addDefect(signature string, seed uint64) {
	if t.defects == nil {
		t.defects = make(map[string]uint64)
	}
	if lowest, ok := t.defects[signature]; !ok || seed < lowest {
		t.defects[signature] = seed
	}
}

// signature tells deaths apart, as far as what a process says does.
func (e *deathError) signature() string {
	for line := range strings.Lines(e.output) {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return strings.TrimSpace(line)
		}
	}
	return e.how
}

// tellAll tells of each defect that the seeds of a test have shown.
func (n *nativeTest) tellAll(t *tally) string {
	var all []string
	for _, i := range slices.Sorted(maps.Values(t.defects)) {
		all = append(all, n.tell(n.seed(i)))
	}
	return together(all, t.runs)
}

// together is what a test says of several defects.
func together(all []string, runs uint64) string {
	if len(all) == 1 {
		return all[0]
	}
	return fmt.Sprintf("powercut: %d defects in %d runs\n\n", len(all), runs) + strings.Join(all, "\n\n")
}

// How long a case is made smaller, by the real clock, and how often it is said how far
// that is. Where a run takes seconds nobody would see the end otherwise.
const (
	shrinkFor   = time.Minute
	shrinkTells = 10 * time.Second
)

// tell runs the seed again, and tells all about it.
func (n *nativeTest) tell(seed uint64) string {
	a, err := n.start(job{Do: runSeed, Seed: seed})
	if err == nil && !n.o.brief {
		if a.Hang != "" {
			return a.Hang
		}
		if a.Found != nil {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			told, err := n.startTold(ctx, job{Do: tellFound, Seed: seed, Found: a.Found}, n.watchShrinking(seed, cancel))
			if err == nil && told.Why != "" {
				return told.Why
			}
			n.log("powercut: seed %d: it could not be looked at closer: %v", seed, cmp.Or(err, errors.New("there was no answer")))
		}
	}
	if err == nil {
		err = errors.New(cmp.Or(a.Why, "it held when it was run again"))
	}
	return fmt.Sprintf("powercut: %v\nto repeat it: %s", err, n.corpus.target.command("-powercut.seed="+strconv.FormatUint(seed, 10)))
}

// watchShrinking is told of each run that makes a case smaller. It says now and then how
// far that is, and calls enough when it has taken long enough, in the middle of a run, too:
// the smallest case by then will do.
func (n *nativeTest) watchShrinking(seed uint64, enough func()) func(answer) {
	var began, told time.Time
	over := false
	return func(a answer) {
		now := time.Now()
		switch {
		case over || a.Note == nil || a.Note.Shrinking == nil:
		case began.IsZero():
			began, told = now, now
			time.AfterFunc(shrinkFor, enough)
			n.log("powercut: seed %d failed. Its case is made smaller, in at most %d runs and for a minute", seed, shrinkBudget)
		case now.Sub(began) >= shrinkFor:
			over = true
			n.log("powercut: seed %d: %d runs, and the minute is over: what is smallest by now is told", seed, a.Note.Shrinking.Runs)
			enough()
		case now.Sub(told) >= shrinkTells:
			told = now
			n.log("powercut: seed %d: %d runs so far", seed, a.Note.Shrinking.Runs)
		}
	}
}
