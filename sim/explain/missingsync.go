package explain

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"powercut/sim/core"
	"powercut/sim/internal/search"
	"powercut/vfs"
)

// MissingSync is a sync that the code under test doesn't make: of a file or of a
// directory, each time after an operation from one place in the code.
type MissingSync struct {
	Op    string      // kind of the operation after which it belongs
	Stack []core.Site // where that comes from, innermost first
	Dir   bool        // of the directory that the file's name is in; otherwise of the file
	Path  string      // what would have been synced in this case
}

func (b MissingSync) String() string {
	what := "the file"
	if b.Dir {
		what = "the directory"
	}
	text := fmt.Sprintf("a Sync of %s %s after the %s at %s", what, b.Path, b.Op, placeOf(b.Stack))
	return text
}

// placeOf says where, with the caller if the place itself is in a helper.
func placeOf(stack []core.Site) string {
	if len(stack) == 0 {
		return "(unknown)"
	}
	text := stack[0].String()
	if len(stack) > 1 {
		text += ", called from " + stack[1].String()
	}
	return text
}

// key is equal for two syncs that are put at the same place and are of the same
// kind of thing.
func (b *MissingSync) key() string {
	c := core.Culprit{Stack: b.Stack}
	return fmt.Sprint(b.Op, " ", b.Dir, " ", c.Site())
}

// Suggestion says which syncs would keep a case from violating its law.
type Suggestion struct {
	// Syncs is the smallest set found, empty if none helps.
	Syncs []MissingSync
	// Everywhere is true if with them no crash of this workload violates the
	// law; otherwise it is only the crash of the case that doesn't.
	Everywhere bool
	Runs       int    // that it took to find out
	Why        string // why none helps, or was looked for
	untried    bool   // none was put in

	// WhatIf says what else would have kept the law; nil if nobody looked.
	WhatIf *WhatIf
}

func (s Suggestion) String() string {
	if s.untried {
		return "No barrier was tried: " + s.Why + "."
	}
	if len(s.Syncs) == 0 {
		return "No barrier helps: " + s.Why + "."
	}
	var all []string
	for _, b := range s.Syncs {
		all = append(all, b.String())
	}
	text := "What would have helped: " + strings.Join(all, ", and ") + ". "
	if s.Everywhere {
		return text + "With it, no crash of this workload violates the law."
	}
	return text + "With it, no image that this crash may leave violates the law; another crash of the workload still does."
}

// maxSyncRuns bounds the search for missing syncs. Of a program that has a process for
// each seed an image may take milliseconds, and of a heavy one half a second, so that
// maxSyncImages ends it, too, and maxSyncFor by the real clock: somebody waits for it.
const (
	maxSyncRuns   = 400
	maxSyncImages = 10_000
	maxSyncFor    = time.Minute
)

// Suggest puts syncs into a case, after operations that touched what its crash
// took, until it holds: one at a time, then two.
func (a *Account) Suggest() Suggestion {
	if a.suggested == nil {
		s := a.suggest()
		a.suggested = &s // it is asked for by each form that an account is told in
	}
	return *a.suggested
}

func (a *Account) suggest() Suggestion {
	switch {
	case a.Violation == nil:
		return Suggestion{Why: "the case holds"}
	case a.syncStruck():
		return Suggestion{Why: "a fault made an fsync fail or lie in this case, and would another"}
	case a.Culprit.How != core.CulpritLost:
		return Suggestion{Why: "nothing that the crash took was needed"}
	}
	if !a.knowsPlaces() {
		return Suggestion{Why: "where in a program's code an operation comes from is not known here", untried: true}
	}
	all := a.candidates()
	s := &syncSearch{c: a.Case, law: a.Violation.Law}
	s.left = a.timeFor(maxSyncFor)
	for _, everywhere := range []bool{true, false} {
		for size := 1; size <= 2; size++ {
			if found := s.try(all, size, everywhere); found != nil {
				return Suggestion{Syncs: found, Everywhere: everywhere, Runs: s.runs}
			}
		}
	}
	if s.over() {
		return Suggestion{Runs: s.runs, Why: fmt.Sprintf("%d syncs could be put in, and none of those that were tried, in %d runs, keeps the law; the others were not tried", len(all), s.runs)}
	}
	if s.died {
		return Suggestion{Runs: s.runs, Why: fmt.Sprintf("%d syncs could be put in; with any one or two of them the law is still violated, or the run ends its process or takes too long", len(all))}
	}
	return Suggestion{Runs: s.runs, Why: fmt.Sprintf("%d syncs could be put in, but with any one or two of them the law is still violated", len(all))}
}

// knowsPlaces says whether it is known of any operation where in the code it comes
// from. Of another process's it is not.
func (a *Account) knowsPlaces() bool {
	return slices.ContainsFunc(a.Events, func(e core.Event) bool { return e.Kind == core.EventOp && len(e.Stack) > 0 })
}

// syncStruck says whether a fault struck an fsync.
func (a *Account) syncStruck() bool {
	return slices.ContainsFunc(a.Events, func(e core.Event) bool {
		return e.Struck != "" && (e.Op == vfs.OpSync.String() || e.Op == vfs.OpSyncDir.String())
	})
}

// candidates lists the places where a sync could go: after the operations that
// made what was lost, then after later ones on the same file or directory.
func (a *Account) candidates() []MissingSync {
	wanted := make(map[string]bool) // paths of what lost something
	first := uint64(1 << 62)
	for i := range a.Crashes {
		for _, change := range a.Crashes[i].Changes {
			if !change.Fate.isLoss() {
				continue
			}
			for _, p := range syncedBy(change.Kind, change.Path, change.NewPath) {
				wanted[p.path] = true
			}
			if e := a.operation(i, change.Seq); e != nil {
				first = min(first, e.N)
				for _, p := range syncedBy(e.Operation().Kind, e.Path, e.To) {
					wanted[p.path] = true // what it was called then
				}
			}
		}
	}
	var likely, others []MissingSync
	seen := make(map[string]bool)
	for i := range a.Events {
		e := &a.Events[i]
		if e.Kind != core.EventOp || e.N < first || e.Err != "" || len(e.Stack) == 0 || e.Stack[0].Harness {
			continue
		}
		for _, p := range syncedBy(e.Operation().Kind, e.Path, e.To) {
			b := MissingSync{Op: e.Op, Stack: e.Stack, Dir: p.dir, Path: p.path}
			if seen[b.key()] {
				continue
			}
			seen[b.key()] = true
			if wanted[p.path] {
				likely = append(likely, b)
			} else {
				others = append(others, b)
			}
		}
	}
	return append(likely, others...)
}

// syncTarget is what a sync would be of.
type syncTarget struct {
	path string
	dir  bool
}

// syncedBy lists what could be synced after an operation, so that it lasts.
func syncedBy(kind vfs.OpKind, name, newName string) []syncTarget {
	switch kind {
	case vfs.OpWrite, vfs.OpTruncate:
		return []syncTarget{{name, false}}
	case vfs.OpCreate:
		return []syncTarget{{name, false}, {path.Dir(name), true}}
	case vfs.OpMkdir, vfs.OpRemove:
		return []syncTarget{{path.Dir(name), true}}
	case vfs.OpLink:
		return []syncTarget{{path.Dir(newName), true}}
	case vfs.OpRename:
		return []syncTarget{{path.Dir(newName), true}, {newName, false}}
	}
	return nil
}

// syncSearch runs a case with syncs put into it.
type syncSearch struct {
	c      *core.Case
	law    core.Law
	runs   int
	images uint64 // that were judged
	left   timeLeft
	died   bool // one of the runs did, or took too long
}

// over says whether no more is tried.
func (s *syncSearch) over() bool {
	return s.runs >= maxSyncRuns || s.c.Build.Binary != "" && s.images >= maxSyncImages || s.left.none()
}

// timeLeft is until when questions may be asked by the real clock; the zero time: as long
// as it takes.
type timeLeft struct{ end time.Time }

// timeFor is that time, of a program that has a process for each seed: there a run may take
// seconds.
func (a *Account) timeFor(d time.Duration) timeLeft {
	if a.Case.Build.Binary == "" {
		return timeLeft{}
	}
	return timeLeft{time.Now().Add(d)}
}

// none says whether it is over.
func (l timeLeft) none() bool { return !l.end.IsZero() && !time.Now().Before(l.end) }

// duration is what is left of it, at least 1 so that it is never Question.For's 0.
func (l timeLeft) duration() time.Duration {
	if l.end.IsZero() {
		return 0
	}
	return max(1, time.Until(l.end))
}

func (s *syncSearch) try(all []MissingSync, size int, everywhere bool) []MissingSync {
	for i := range all {
		if size == 1 {
			if s.holds(all[i:i+1], everywhere) {
				return all[i : i+1]
			}
			continue
		}
		for k := i + 1; k < len(all) && !s.over(); k++ {
			if pair := []MissingSync{all[i], all[k]}; s.holds(pair, everywhere) {
				return pair
			}
		}
	}
	return nil
}

// holds says whether the case holds with these syncs in it.
func (s *syncSearch) holds(syncs []MissingSync, everywhere bool) bool {
	if s.over() {
		return false
	}
	s.runs++
	q := Question{Asks: WithSyncs, Law: s.law, Everywhere: everywhere, For: s.left.duration()}
	for i := range syncs {
		q.Syncs = append(q.Syncs, syncs[i].key())
	}
	a := q.Ask(s.c)
	s.images += a.Judged
	s.died = s.died || a.Died
	return a.Held
}

// withSyncs answers whether the case holds with some syncs put into it.
func (q *Question) withSyncs(c *core.Case, over func() bool) *Answer {
	var e core.Explorer
	put := insertedSyncs{wanted: make(map[string]bool)}
	if q.Everywhere {
		every := &search.SearchExplorer{Case: c, Depth: len(c.Epochs[len(c.Epochs)-1].Crashes)}
		e, put.before = every, func(at *core.Point) { every.Visit(at.Run(), at) }
	} else {
		follow := &search.ProfileExplorer{CaseExplorer: core.CaseExplorer{Case: c, Lenient: true}, Profile: c.Profile, LastOnly: true}
		// The case's crash is before the next operation.
		e, put.before = follow, func(at *core.Point) { at.Next(func() { follow.Visit(at.Run(), at) }) }
	}
	for _, key := range q.Syncs {
		put.wanted[key] = true
	}
	result := c.NewRun(search.Until{Explorer: e, Over: over}, core.Probe{Law: q.Law, Done: put.done, JudgeAll: !q.Everywhere}).Execute()
	return &Answer{Judged: result.Images, Held: result.Violation == nil && !over()}
}

// insertedSyncs puts syncs into a run.
type insertedSyncs struct {
	wanted map[string]bool // their keys
	// before judges what a crash leaves that comes before a sync which is put
	// in: where the case has its crash, or anywhere.
	before func(at *core.Point)
}

// done syncs what is to be synced after an operation.
func (p *insertedSyncs) done(at *core.Point, op vfs.Op, res vfs.Result) {
	targets := syncedBy(op.Kind, op.Path, op.NewPath)
	if len(targets) == 0 || res.Err != nil {
		return
	}
	b := MissingSync{Op: op.Kind.String(), Stack: at.Run().CallSites()}
	for _, target := range targets {
		b.Dir = target.dir
		if p.wanted[b.key()] {
			// The power may go between the operation and the sync, too.
			if !at.PowerIsOff() {
				p.before(at)
			}
			// A file that has lost its name since has nothing to be kept.
			_ = at.Disk().Persist(target.path)
		}
	}
}
