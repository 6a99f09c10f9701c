package explain

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"powercut/sim/core"
	"powercut/sim/internal/search"
	"powercut/vfs"
)

// To make a case smaller, and to say what would have helped, takes many runs, of the case
// and of others like it. Each of them answers a question. What a program keeps in its
// process of a run that crashed, the next run in that process would meet; so another
// process may answer, and a question and its answer are plain data.

// ErrEnded says that a question about a case has no answer.
var ErrEnded = errors.New("sim: the case's run ended its process, or did not come to an end: nothing is known of it")

// Asker is a Workload whose cases are asked elsewhere.
type Asker interface {
	// Ask has a question answered. Where it has to be answered here, ok is false.
	Ask(c *core.Case, q *Question) (a *Answer, ok bool)
}

// Question is what a run of a case is to tell.
type Question struct {
	Asks Asks
	Law  core.Law // that counts; "": any

	Profile vfs.Profile // of OtherImages: whose
	Depth   int         // of Anywhere: how many crashes in a row; of CrashesBefore: which crash
	Skip    int         // of Anywhere and OtherImages: violations to pass over
	Most    int         // likewise: violations to find
	Few     int         // of Anywhere: images that are judged at each operation; 0: many

	Crash int // of NearImages: which, counted from 0

	Syncs      []string // of WithSyncs: the keys of what is put in
	Everywhere bool     // of WithSyncs: at any crash of the workload

	Epoch int // of LastOperation: which, counted from 0

	First, Last uint64 // of CrashesBefore: operations; of Anywhere: the last one, if it is not 0
	Images      int    // of CrashesBefore: that are judged at each

	// GivenUp says that the answer comes to an end when whoever wants the case gives up;
	// what was found by then will do.
	GivenUp bool
	For     time.Duration // likewise, when that has passed by the real clock; 0: never
	Over    func() bool   `json:"-"` // likewise, when it says so; may be nil
}

// Asks says what is asked.
type Asks string

// What is asked of a case.
const (
	Violates      Asks = "does it violate the law, as it is?"
	Outlined      Asks = "what goes wrong, and what does that go back to?"
	Anywhere      Asks = "what crash of its workload violates the law?"
	OtherImages   Asks = "what else may its crash leave, that violates the law?"
	LessLost      Asks = "how little can its last crash take, and violate the law?"
	Counted       Asks = "what is it with its faults bound to counts?"
	WithSyncs     Asks = "does it violate the law with some syncs more?"
	NearImages    Asks = "what else could one of its crashes have left?"
	LastOperation Asks = "what is the last operation of an epoch?"
	CrashesBefore Asks = "what does a crash before each operation do to the law?"
)

// Answer is what a run told.
type Answer struct {
	Violated bool     // the law
	Law      core.Law // of Violates: which is violated
	Held     bool     // of Violates: it came to its crashes and kept the law; of WithSyncs: likewise, at all that was to be looked at
	Died     bool     // there is no answer: the process of the run ended, or the run did not
	Missed   bool     // of Violates, Outlined: it did not come to its crashes
	Crashes  int      // of Outlined: that it came to

	Violation *core.Violation // of Outlined, without its case; nil: it holds
	Culprit   core.Culprit    // of Outlined

	// Cases are those found; of Outlined the case with what there is to tell of it, if it
	// violates the law.
	Cases []*core.Case `json:"-"`

	Did    core.Digest // of Anywhere and OtherImages: what the workload came to
	Choice *vfs.Choice // of LessLost: the image that takes least; nil: none takes less
	Near   []NearImage // of NearImages
	Step   uint64      // of LastOperation: its number
	List   []Moment    // of CrashesBefore
	Judged uint64      // of WithSyncs: images
	GaveUp bool        // of CrashesBefore: it takes too long
}

// sentAnswer is an answer for another process.
type sentAnswer struct {
	*Answer
	Texts []string // of the cases
}

// Send is the answer for another process.
func (a *Answer) Send() ([]byte, error) {
	sent := sentAnswer{Answer: a}
	for _, c := range a.Cases {
		sent.Texts = append(sent.Texts, c.String())
	}
	return json.Marshal(&sent)
}

// Received is what another process sent. Find gives the target of the cases.
func Received(data []byte, find func(name string) core.Target) (*Answer, error) {
	sent := sentAnswer{Answer: &Answer{}}
	if err := json.Unmarshal(data, &sent); err != nil {
		return nil, fmt.Errorf("sim: an answer: %w", err)
	}
	for _, text := range sent.Texts {
		c, err := core.ParseCase(text, find)
		if err != nil {
			return nil, fmt.Errorf("sim: an answer: %w", err)
		}
		sent.Cases = append(sent.Cases, c)
	}
	return sent.Answer, nil
}

// Ask has a question answered, wherever that is to be.
func (q *Question) Ask(c *core.Case) *Answer {
	if w, ok := c.Workload.(Asker); ok {
		if a, ok := w.Ask(c, q); ok {
			return a
		}
	}
	return q.Answer(c)
}

// Answer answers a question here, by a run.
func (q *Question) Answer(c *core.Case) *Answer {
	over, stop := q.over()
	defer stop()
	switch q.Asks {
	case Violates:
		result := c.Follow(core.Probe{Law: q.Law})
		a := &Answer{Violated: result.Violation != nil, Missed: result.Missed, Held: result.Violation == nil && !result.Missed}
		if a.Violated {
			a.Law = result.Violation.Law
		}
		return a
	case Outlined:
		return outlined(follow(c, q.Law, true))
	case Anywhere:
		return q.search(c, &search.SearchExplorer{Case: c, Depth: q.Depth, Images: q.Few, Last: q.Last}, core.Probe{}, over)
	case OtherImages:
		return q.search(c, &search.ProfileExplorer{CaseExplorer: core.CaseExplorer{Case: c}, Profile: q.Profile}, core.Probe{JudgeAll: true}, over)
	case LessLost:
		return q.lessLost(c, over)
	case Counted:
		return q.counted(c)
	case WithSyncs:
		return q.withSyncs(c, over)
	case NearImages:
		return &Answer{Near: q.imagesNear(c, over)}
	case LastOperation:
		return &Answer{Step: lastStep(c, q.Epoch)}
	case CrashesBefore:
		return q.crashesBefore(c, over)
	}
	panic(fmt.Sprintf("sim: %q is no question", q.Asks)) // of another version of the harness
}

// over returns what says whether it takes too long, and what ends that. A timer tells,
// since in a run of an unmodified program the time is the run's.
func (q *Question) over() (over func() bool, stop func() bool) {
	var late atomic.Bool
	stop = func() bool { return true }
	if q.For > 0 {
		stop = time.AfterFunc(q.For, func() { late.Store(true) }).Stop
	}
	return func() bool { return late.Load() || q.Over != nil && q.Over() }, stop
}

// search answers with the first violations that an explorer comes upon.
func (q *Question) search(c *core.Case, e core.Explorer, probe core.Probe, over func() bool) *Answer {
	a, seen := &Answer{}, 0
	probe.Law = q.Law
	probe.Accept = func(v *core.Violation) bool {
		if seen++; seen > q.Skip {
			a.Cases = append(a.Cases, v.Case)
		}
		return len(a.Cases) == q.Most
	}
	a.Did = c.NewRun(search.Until{Explorer: e, Over: over}, probe).Execute().Workload
	return a
}

// lessLost answers with the image that takes least, in a single run: what comes before the
// crash is the same, and a run of an unmodified program may take seconds.
func (q *Question) lessLost(c *core.Case, over func() bool) *Answer {
	a := &Answer{}
	e := &search.SimplerExplorer{CaseExplorer: core.CaseExplorer{Case: c}, Left: func() bool { return !over() }}
	e.Take = func(choice vfs.Choice) { a.Choice = &choice }
	c.NewRun(e, core.Probe{Law: q.Law, JudgeAll: true, Accept: e.Accept}).Execute()
	return a
}

// counted answers with the case whose faults strike the operations of a number, so that
// they still strike the same ones when unrelated ones are gone.
func (q *Question) counted(c *core.Case) *Answer {
	again := c.Clone()
	r := c.NewRun(&core.CaseExplorer{Case: c}, core.Probe{Law: q.Law, KeepOps: true})
	r.Execute()
	ops := r.Ops()
	for i := range min(len(ops), len(again.Epochs)) {
		again.Epochs[i].Plan = again.Epochs[i].Plan.ByCount(ops[i])
	}
	return &Answer{Cases: []*core.Case{again}}
}

// outlined is an answer that is made of an account.
func outlined(account *Account) *Answer {
	a := &Answer{Missed: account.Missed, Crashes: len(account.Crashes), Culprit: account.Culprit}
	if account.Violation != nil {
		violation := *account.Violation
		violation.Case = nil
		a.Violated, a.Violation, a.Cases = true, &violation, []*core.Case{account.Told()}
	}
	return a
}
