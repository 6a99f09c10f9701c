package sim

import (
	"context"
	"os"

	"powercut/sim/worker"
)

// A recovery that goes on beside the workload shares its global variables, and may meet
// there what no process meets that begins after a crash: pebble's list of the paths that
// it has locked, say. So what is found beside the workload is confirmed once by a
// process in which it never ran. If that finds nothing, or something else, the test is
// judged apart from then on.

// confirmed says whether what a job found, beside the workload, is there without it,
// too. It counts as confirmed where that can't be told: a test that does not name what
// Recover looks at can be judged in no other way.
func (n *nativeTest) confirmed(ctx context.Context, j job, a answer, err error) bool {
	if died, ok := err.(*deathError); ok {
		return n.diesApart(ctx, j, died)
	}
	f := foundBy(a)
	if err != nil || f == nil {
		return true
	}
	return n.sameApart(ctx, j.Seed, f)
}

// diesApart says whether a job whose process died comes to the same where recoveries go
// on in other ones, or to no answer.
func (n *nativeTest) diesApart(ctx context.Context, j job, died *deathError) bool {
	if died.hang || died.unsupported || j.asksMuch() {
		return true // what is told was confirmed
	}
	j.Apart = true
	a, err := n.process(ctx, j, nil)
	return err != nil || a.refused()
}

// asksMuch says whether a job makes a case smaller, or tells of what was found: it takes
// long, and what it is about was confirmed.
func (j *job) asksMuch() bool {
	if len(j.Orders) != 1 {
		return j.Do == tellFound
	}
	o := j.Orders[0]
	return o.Settle != nil || o.Case != nil && o.Case.Do == worker.Shrink
}

// sameApart says whether what was found by a case is found apart, in the same words.
func (n *nativeTest) sameApart(ctx context.Context, seed uint64, f *found) bool {
	a, err := n.judge(ctx, seed, f.Case, true)
	if err != nil || a.refused() {
		n.unconfirmed.Do(func() { n.log("powercut: %s", cantConfirm) })
		return true
	}
	return a.Found != nil && a.Found.Law == f.Law && a.Found.What == f.What
}

// judge runs a case once, in a process of its own.
func (n *nativeTest) judge(ctx context.Context, seed uint64, text string, apart bool) (answer, error) {
	return n.process(ctx, job{Do: judgeCase, Seed: seed, Case: text, Apart: apart}, nil)
}

// cantConfirm is said behind what was found beside the workload alone.
const cantConfirm = "the recovery was in the workload's process, and may have met global variables that the workload had set. " +
	"A body that names what Recover looks at, by sim.Remember(r, &acked), has what is found confirmed by a process in which the workload never ran"

// refused says whether a process could not do its job.
func (a *answer) refused() bool { return a.Apart || a.Lacks != "" || a.Error != nil }

// foundBy is what a run found that is to be reported, nil if nothing.
func foundBy(a answer) *found {
	switch {
	case a.Known:
	case a.Found != nil:
		return a.Found
	case a.Note == nil:
	case a.Note.Block != nil && len(a.Note.Block.Defects) > 0:
		d := a.Note.Block.Defects[0]
		return &found{Case: d.Case, Law: d.Law, What: d.What}
	case a.Note.Violation != nil:
		v := a.Note.Violation
		return &found{Case: v.Case, Law: v.Law, What: v.What}
	}
	return nil
}

// settleCase finds out whether a case is to be judged apart, before anything is done
// with it.
func (n *nativeTest) settleCase(ctx context.Context, j job) {
	text := j.caseText()
	if text == "" || j.Found != nil || n.apart.Load() {
		return // what a seed found was confirmed
	}
	here, err := n.judge(ctx, j.Seed, text, false)
	if err != nil || here.refused() || here.Found == nil {
		return // what is done with it tells
	}
	here.Found.Case = text
	if !n.sameApart(ctx, j.Seed, here.Found) {
		n.goApart(sharedFinding)
	}
}

// caseText is the case that a job is about, "" for none.
func (j *job) caseText() string {
	switch {
	case j.Case != "":
		return j.Case
	case j.Found != nil:
		return j.Found.Case
	case j.File != "":
		text, _ := os.ReadFile(j.File) // the job says what is wrong with it
		return string(text)
	case len(j.Orders) != 1:
		return ""
	}
	switch o := j.Orders[0]; {
	case o.Case != nil:
		return o.Case.Text
	case o.Settle != nil:
		return o.Settle.Defect.Case
	}
	return ""
}

// Why a test is judged apart, as it is logged.
const (
	sharedWait    = "recoveries wait for something of the whole process that the workload holds"
	sharedFinding = "what was found beside the workload is not there, or is something else, in a process in which the workload never ran: a recovery met global variables that the workload had set"
)

// goApart has all recoveries of the test go on in other processes.
func (n *nativeTest) goApart(why string) {
	if !n.apart.Swap(true) {
		n.log("powercut: %s. From here on each goes on in a process of its own", why)
	}
}
