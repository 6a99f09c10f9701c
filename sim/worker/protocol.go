package worker

import (
	"errors"
	"time"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/shrink"
)

// Version is that of the protocol. A test binary says which one it speaks.
const Version = 1

// Variable, in the environment, tells a process that it is a worker, and how it is
// reached. TestVariable tells a test binary which of its tests is wanted; with none it
// says of each that it has one, and runs nothing.
const (
	Variable     = "POWERCUT_WORKER"
	TestVariable = "POWERCUT_WORKER_TEST"
)

// ModulesVariable, in the environment of a test binary, names a file that says as JSON
// of each package which modules, in which versions, its tests are made of.
const ModulesVariable = "POWERCUT_MODULES"

// Order is what a worker is to do: one of these.
type Order struct {
	Campaign *Campaign `json:"campaign,omitempty"` // holds from now on, and is not answered
	Block    *Block    `json:"block,omitempty"`
	Seed     *Seed     `json:"seed,omitempty"`   // of the campaign, alone
	Canary   *Campaign `json:"canary,omitempty"` // of this campaign
	Settle   *Settle   `json:"settle,omitempty"`
	Run      *Run      `json:"run,omitempty"`
	Case     *Case     `json:"case,omitempty"`
	Cancel   bool      `json:"cancel,omitempty"` // what is being done, early; it is answered with what there is
}

// Campaign is what its blocks have in common.
type Campaign struct {
	Target  string           `json:"target"`
	First   uint64           `json:"first"`
	Seeds   uint64           `json:"seeds"`
	Profile string           `json:"profile"` // "": drawn by the seed
	Law     core.Law         `json:"law"`     // "": all
	Known   []core.CellCount `json:"known"`   // that the pilot reached; null: nothing is varied
	// HangAfter is how long a run may take that has a process of its own.
	HangAfter time.Duration `json:"hang_after"`
}

// Block asks for one block of the campaign.
type Block struct {
	Index uint64           `json:"index"`
	Skip  []campaign.Death `json:"skip"`
}

// Seed asks for one run of the campaign, of which a process that has been started for it
// is to know nothing else.
type Seed struct {
	Seed      core.Seed `json:"seed"`
	Variation uint64    `json:"variation"`
	Blind     bool      `json:"blind"` // on a disk whose syncs do nothing
}

// Settle asks for what campaign.Settle does.
type Settle struct {
	Defect campaign.BlockDefect `json:"defect"`
	Budget int                  `json:"budget"`
}

// Run asks for the run of one seed.
type Run struct {
	Target    string   `json:"target"`
	Seed      uint64   `json:"seed"`
	Variation uint64   `json:"variation"`
	Profile   string   `json:"profile"`
	Law       core.Law `json:"law"`
	Trace     string   `json:"trace"`            // the file to write every event to; "": none
	Untold    bool     `json:"untold,omitempty"` // it is not to be told what goes wrong
}

// What is done with a case.
const (
	Explain = "explain"
	Repro   = "repro"
	Tell    = "tell" // what Repro does, in short
	Shrink  = "shrink"
	Export  = "export"
	Corpus  = "corpus"
	Stop    = "stop" // before an operation
	Play    = "play" // with other cuts of the power, and images
)

// Case asks for something to be done with a case.
type Case struct {
	Do     string `json:"do"`
	Text   string `json:"text"`
	Name   string `json:"name"`             // of its file, for what is told
	Page   bool   `json:"page,omitempty"`   // of Explain
	Untold bool   `json:"untold,omitempty"` // of Export: another order asks to be told
	Trace  string `json:"trace,omitempty"`  // of Repro: the file to write every event to
	Budget int    `json:"budget,omitempty"`
	Dir    string `json:"dir,omitempty"`    // of Export
	Before string `json:"before,omitempty"` // of Stop: the operation, as explain.ParseOperationNumber reads it; "": the last

	Move *explain.Move `json:"move,omitempty"` // of Play; nil: the case as it is
}

// Note is what a worker says.
type Note struct {
	Test      *Test                  `json:"test,omitempty"`      // nobody asked
	Serving   bool                   `json:"serving,omitempty"`   // the first that a worker says; more follows
	Started   *Started               `json:"started,omitempty"`   // of a block; more follows
	Shrinking *Shrinking             `json:"shrinking,omitempty"` // of a case, or a defect; more follows
	Block     *campaign.Block        `json:"block,omitempty"`
	Allocated uint64                 `json:"allocated,omitempty"` // bytes, for the block
	Left      int                    `json:"left,omitempty"`      // goroutines that are there behind the block
	Heap      uint64                 `json:"heap,omitempty"`      // bytes in use then
	Canary    *campaign.CanaryReport `json:"canary,omitempty"`
	Violation *Violation             `json:"violation,omitempty"` // settled, or of a run or a case
	Result    *Result                `json:"result,omitempty"`
	Told      *Told                  `json:"told,omitempty"`
	Shrunk    *Shrunk                `json:"shrunk,omitempty"`
	Kept      *Kept                  `json:"kept,omitempty"`
	State     *explain.State         `json:"state,omitempty"`
	Play      *explain.Play          `json:"play,omitempty"`
	Error     *Error                 `json:"error,omitempty"`
}

// More says whether the answer is still to come.
func (n *Note) More() bool { return n.Serving || n.Started != nil || n.Shrinking != nil }

// Shrinking says how far it is.
type Shrinking struct {
	Runs   int `json:"runs"` // that were made
	Budget int `json:"budget"`
}

// TellShrinking tells by notes how far shrinking is.
func TellShrinking(budget int, more func(*Note)) func(runs int) {
	return func(runs int) { more(&Note{Shrinking: &Shrinking{Runs: runs, Budget: budget}}) }
}

// Test says what a test binary has.
type Test struct {
	Version int           `json:"version"`
	Name    core.TestName `json:"name"`
	Corpus  string        `json:"corpus"` // where its cases are kept, from the package's directory; "": nowhere
	Known   []string      `json:"known"`  // signatures to pass over
	Rapid   bool          `json:"rapid"`  // a property test draws what it does
	Native  bool          `json:"native"` // it uses r.WorkloadDir, for which the binary has to be built by simrun
	Built   bool          `json:"built"`  // the binary is
}

// Started says which run begins.
type Started struct {
	Seed      core.Seed `json:"seed"`
	Variation uint64    `json:"variation"`
}

// Violation is a core.Violation in a form that can be sent.
type Violation struct {
	campaign.BlockDefect
	Crashes []core.CrashLosses `json:"crashes"`
}

func violationOf(v *core.Violation) *Violation {
	if v == nil {
		return nil
	}
	return &Violation{campaign.DefectOf(v, 1), v.Crashes}
}

// Core is the violation again. Find gives the target that its case is of.
func (v *Violation) Core(find func(name string) core.Target) (*core.Violation, error) {
	again, err := v.BlockDefect.Violation(find)
	if err == nil {
		again.Crashes = v.Crashes
	}
	return again, err
}

// Result is what a run did.
type Result struct {
	Seed       core.Seed   `json:"seed"`
	Digest     core.Digest `json:"digest"`
	Operations uint64      `json:"operations"`
	Images     uint64      `json:"images"`
	Missed     bool        `json:"missed"` // of a case: it does not come to its crash
}

// Told is what there is to tell of a case.
type Told struct {
	Violated bool           `json:"violated"`
	Crashes  int            `json:"crashes"`
	Report   explain.Report `json:"report"`
	Brief    string         `json:"brief"`
	Text     string         `json:"text"` // for a terminal, all of it
	Page     string         `json:"page,omitempty"`
}

// Shrunk is what shrinking made of a case. It is told, too.
type Shrunk struct {
	Case     string        `json:"case"`
	Law      core.Law      `json:"law"`
	Before   core.CaseSize `json:"before"`
	After    core.CaseSize `json:"after"`
	Runs     int           `json:"runs"`
	Complete bool          `json:"complete"`
}

// Kept says what became of a case that is kept.
type Kept struct {
	Got     core.Law    `json:"got"`     // that it violates, "" if none
	Missed  bool        `json:"missed"`  // it does not come to its crash: it says nothing
	Differs string      `json:"differs"` // how the program differs from what it was made with, "": it does not
	Nearest bool        `json:"nearest"` // its image is not lawful any more: the nearest one was judged
	Digest  core.Digest `json:"digest"`  // of its run
	Case    string      `json:"case"`    // with that digest, and the image that was judged
}

// Error is why an order was not done.
type Error struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

func (e *Error) Error() string { return e.Text }

// The errors that those who give orders look at.
var kinds = map[string]error{"holds": shrink.ErrHolds, "ended": explain.ErrEnded, "no-image": explain.ErrNoImage, "no-operation": explain.ErrNoOperation}

// Kinds of errors of which there are many.
const (
	foreign = "foreign"
	badCase = "case"
	ended   = "ended"
)

// Ended says whether the process of a run ended, which was not the worker's.
func (e *Error) Ended() bool { return e.Kind == ended }

// EndedError says that a run ended its process, which was started for it.
type EndedError struct {
	Hang   bool   // it was ended, since it did nothing
	Output string // the end of what it said
}

func (e *EndedError) Error() string { return e.Output }

// Is lets errors.Is see what the error was where it happened.
func (e *Error) Is(target error) bool { return e.Kind != "" && kinds[e.Kind] == target }

// Foreign says whether a case is of another powercut.
func (e *Error) Foreign() bool { return e.Kind == foreign }

// BadCase says whether the text of a case could not be read: that of another powercut,
// or something else.
func (e *Error) BadCase() bool { return e.Kind == badCase || e.Kind == foreign }

func errorOf(err error) *Error {
	e := &Error{Text: err.Error()}
	for kind, known := range kinds {
		if errors.Is(err, known) {
			e.Kind = kind
		}
	}
	if _, ok := errors.AsType[*core.CaseError](err); ok {
		e.Kind = badCase
	}
	if _, ok := errors.AsType[*core.ForeignError](err); ok {
		e.Kind = foreign
	}
	if _, ok := errors.AsType[*EndedError](err); ok {
		e.Kind = ended
	}
	return e
}
