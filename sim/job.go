package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/internal/lineage"
	"powercut/sim/shrink"
	"powercut/sim/worker"
)

// A test of an unmodified program has a process for each seed, since seeds in one
// process would influence each other. The test itself starts them: itself again, with
// a job in the environment, which ends where Test would run seeds. So what TestMain,
// subtests and other tests do is up to go test, as always.
type job struct {
	call
	Do   task
	Seed uint64 // of runSeed and tellFound
	File string // of runCase and keptCase
	Case string // of judgeCase and answerQuestion: the text
	// Found is what there is to tell of, of tellFound.
	Found    *found
	Question *explain.Question // of answerQuestion
	Closer   bool              // of runSeed: what was found is to be looked at closer
	Before   string            // of runCase: stop before this operation
	// Orders are those of doOrders: what a worker is asked for, of which each run has a
	// process.
	Orders []*worker.Order

	Made made // of what the program is

	IgnoreSyncs bool // the syncs do nothing: a canary
	Apart       bool // crash images are judged in other processes

	order []byte // of recoverHere
}

// call is the call of Test that a job is of. The environment says which, and the rest
// of the job comes through a pipe: a case may be larger than any variable.
type call struct {
	Test string // as t.Name gives it
	Call int    // of Test in that test, from 0
}

type task string

const (
	runSeed   task = "run a seed"
	tellFound task = "tell about what a seed found" // shrink, keep, explain
	runCase   task = "run a case"                   // as -powercut.case
	keptCase  task = "run a kept case"
	doOrders  task = "do what orders ask for"

	judgeCase      task = "run a case once"
	answerQuestion task = "answer a question about a case, for another process"
	recoverHere    task = "recover, for another process"
)

// jobVariable is what the environment calls the call, and answerDescriptor is where the
// answer goes.
const (
	jobVariable      = "POWERCUT_JOB"
	answerDescriptor = 3
)

// answer is what a job came to.
type answer struct {
	Why        string // the test fails with, "" if it held
	Lacks      string // why the body proves nothing
	Found      *found // what that is, of runSeed
	Hang       string // all there is to tell of what is no case, of runSeed
	Known      bool   // what was found is to be passed over
	Signature  string // of what was found, if it was looked at closer
	Digest     string // of the run
	Workload   string // of what the workload did, whatever was judged
	Operations uint64
	Images     uint64
	Reach      []reached
	Log        []string      // of keptCase
	Note       *worker.Note  // of doOrders; of tellFound, how far shrinking is: more follows
	Error      *worker.Error // likewise, in its place

	Order []byte // for another process, whose reply is waited for; more follows
	Asked *asked // likewise
	Apart bool   // the job is to be done anew, by a process that judges apart
	Reply []byte // of recoverHere and answerQuestion
}

// asked is a question for another process.
type asked struct {
	Case     string
	Question *explain.Question
}

// goesOn says whether another answer follows.
func (a *answer) goesOn() bool { return a.Note != nil && a.Note.More() }

// found is a violation.
type found struct {
	Case    string // its text
	Law     core.Law
	What    string
	Stack   string // of a panic
	Crashes []core.CrashLosses
}

func foundIn(v *core.Violation) *found {
	if v == nil || v.Hang {
		return nil
	}
	return &found{v.Case.String(), v.Law, v.What, v.Stack, v.Crashes}
}

// calls counts the calls of Test, by the name of the test.
var calls struct {
	sync.Mutex
	of map[string]int
}

// callOf counts a call of Test.
func callOf(test string) int {
	calls.Lock()
	defer calls.Unlock()
	if calls.of == nil {
		calls.of = make(map[string]int)
	}
	calls.of[test]++
	return calls.of[test] - 1
}

// work does the job of this process, if it is about that call of Test, and ends the
// process. Of any other call it does nothing.
func (k *corpus) work(n int) {
	var of call
	if err := json.Unmarshal([]byte(os.Getenv(jobVariable)), &of); err != nil {
		lineage.Unsupported(fmt.Sprintf("a test process without a job (%s=%q: %v)", jobVariable, os.Getenv(jobVariable), err))
	}
	if of.Test != k.target.test.Test || of.Call != n {
		return
	}
	a := newAway()
	k.target.elsewhere, k.target.made = a, a.job.Made
	a.end(k.do(a.job, a))
}

func (k *corpus) do(j job, to *away) answer {
	switch j.Do {
	case runCase:
		return answer{Why: k.replay(j.File, j.Before)}
	case doOrders:
		return k.orders(j.Orders, func(a answer) { _ = to.answers.Encode(a) }) // the last one will fail, too
	case judgeCase:
		c, err := core.ParseCase(j.Case, k.find)
		if err != nil {
			return answer{Why: err.Error()}
		}
		return answer{Found: foundIn(c.Follow(core.Probe{}).Violation)}
	case answerQuestion:
		return k.answer(j)
	case recoverHere:
		return k.recoverHere(to)
	case tellFound:
		k.shrinking = givenUp()
		k.progress = worker.TellShrinking(shrinkBudget, func(n *worker.Note) { _ = to.answers.Encode(answer{Note: n}) }) // the last answer will fail, too
		return k.tellFound(j)
	case keptCase:
		var a answer
		k.log = func(format string, args ...any) { a.Log = append(a.Log, fmt.Sprintf(format, args...)) }
		a.Why = k.runKeptCase(j.File)
		return a
	}
	t := k.target
	seed := core.Seed(j.Seed)
	scenario := t.Draw(seed.Streams())
	if j.IgnoreSyncs {
		scenario.Settings.IgnoresSync, _ = faults.MatchPath(t.CanaryPath()) // it is a constant
	}
	result := core.Execute(seed, scenario, false)
	a := answer{Digest: result.Digest.String(), Workload: result.Workload.String(), Operations: t.operations.Load(), Images: result.Images, Reach: t.reach.tell()}
	if lacks := t.vacuous.Load(); lacks != nil {
		a.Lacks = *lacks
	}
	v := result.Violation
	if v == nil {
		return a
	}
	a.Why = fmt.Sprintf("%s: %s", v.Law, v.What)
	if j.IgnoreSyncs || a.Lacks != "" {
		return a
	}
	a.Found = foundIn(v)
	if v.Hang {
		a.Hang = k.tellOne(v, false)
	}
	if !j.Closer {
		return a
	}
	shrink.Blame(v)
	a.Known, a.Signature = t.known(v), v.Signature()
	return a
}

// tellFound tells of what a seed found.
func (k *corpus) tellFound(j job) answer {
	c, err := core.ParseCase(j.Found.Case, k.find)
	if err != nil {
		return answer{Why: err.Error()}
	}
	return answer{Why: k.tellOne(&core.Violation{Law: j.Found.Law, What: j.Found.What, Stack: j.Found.Stack, Crashes: j.Found.Crashes,
		Seed: core.Seed(j.Seed), Profile: c.Profile, Case: c}, false)}
}
