package explain

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"powercut/sim/core"
	"powercut/vfs"
)

// ErrNoOperation says that a case does not come to an operation.
var ErrNoOperation = errors.New("sim: the case comes to no such operation")

// OperationNumber says which operation of a case: of the workload of an epoch, or of a
// recovery.
type OperationNumber struct {
	Epoch int // -1: the last
	Depth int // 0: of the workload; 1: of the recovery from its crash; 2: of the recovery after that
	Step  uint64
}

// ParseOperationNumber reads "12" (of the last epoch's workload), "1:12" (of the
// recovery from its crash) or "0:1:12" (of epoch 0).
func ParseOperationNumber(text string) (OperationNumber, error) {
	words := strings.Split(text, ":")
	at := OperationNumber{Epoch: -1}
	var err error
	switch n := len(words); {
	case n > 3:
		err = strconv.ErrSyntax
	case n == 3:
		at.Epoch, err = strconv.Atoi(words[0])
	}
	if n := len(words); n >= 2 && err == nil {
		at.Depth, err = strconv.Atoi(words[n-2])
	}
	if err == nil {
		at.Step, err = strconv.ParseUint(words[len(words)-1], 10, 64)
	}
	if err != nil || at.Step == 0 || at.Depth < 0 || len(words) == 3 && at.Epoch < 0 {
		return at, fmt.Errorf("operation %q: want a number from 1 for one of the workload, 1:N for one of the recovery from its crash, EPOCH:0:N for one of another epoch", text)
	}
	return at, nil
}

func (at OperationNumber) String() string {
	return fmt.Sprintf("%d:%d:%d", at.Epoch, at.Depth, at.Step)
}

// State is what there is before an operation of a case. Its keys don't change.
type State struct {
	Title     string         `json:"title"`
	Epoch     int            `json:"epoch"`
	Depth     int            `json:"depth"`
	Step      uint64         `json:"step"`
	Operation string         `json:"operation"` // that is about to happen; "" behind the last one
	Stack     []core.Site    `json:"stack"`     // where it comes from, innermost first
	Calls     []Call         `json:"calls"`     // of the clients, up to here
	Last      []string       `json:"last"`      // the operations before it
	Files     []ReportFile   `json:"files"`     // as the program sees them
	Pending   []ReportChange `json:"pending"`   // what is not on the medium
	Images    int            `json:"images"`    // that a power cut here may leave
	AndMore   bool           `json:"and_more"`  // there are more images than were counted
}

// Bounds of what a State has.
const (
	lastOperations = 8
	countedImages  = 256
)

// StopAt runs a case, and stops before an operation: show is given the state there
// while everything stands still. A zero number stands for the last operation of the
// workload before the crash of the case. The error matches ErrNoOperation if the case
// does not come there.
func StopAt(c *core.Case, at OperationNumber, show func(State)) error {
	if at.Epoch < 0 || at.Step == 0 {
		at.Epoch = len(c.Epochs) - 1
	}
	if at.Step == 0 {
		at.Step = (&Question{Asks: LastOperation, Law: c.Law, Epoch: at.Epoch}).Ask(c).Step
	}
	if at.Epoch >= len(c.Epochs) {
		return fmt.Errorf("%w: it has %d epochs, and there is no epoch %d", ErrNoOperation, len(c.Epochs), at.Epoch)
	}
	e := &stopExplorer{CaseExplorer: core.CaseExplorer{Case: c, Lenient: true}, at: at, show: show}
	c.NewRun(e, core.Probe{Law: c.Law, JudgeAll: true, Trace: true}).Execute()
	if !e.stopped {
		place := core.CrashPlace{Step: at.Step, Epoch: at.Epoch, Epochs: len(c.Epochs), Depth: at.Depth}
		return fmt.Errorf("%w: the last of %s is operation %d, and %d was asked for", ErrNoOperation, place.Level(), e.last, at.Step)
	}
	return nil
}

// lastStep is the number of the last operation of an epoch of a case.
func lastStep(c *core.Case, epoch int) (last uint64) {
	for _, e := range c.Follow(core.Probe{Law: c.Law, Trace: true}).Events {
		if e.Kind == core.EventOp && e.Epoch == epoch && e.Depth == 0 {
			last = max(last, e.Step)
		}
	}
	return last
}

// stopExplorer follows a case, and stops before an operation.
type stopExplorer struct {
	core.CaseExplorer
	at      OperationNumber
	show    func(State)
	stopped bool
	last    uint64 // operation of the level that is looked at
}

// CrashRecovery implements core.Explorer.
func (e *stopExplorer) CrashRecovery(_ *core.Run, depth int) bool { return depth <= e.at.Depth }

// Visit implements core.Explorer.
func (e *stopExplorer) Visit(r *core.Run, h *core.Point) {
	if r.Epoch() == e.at.Epoch && h.Depth() == e.at.Depth && !e.stopped {
		e.last = h.Step()
		if e.last == e.at.Step {
			e.stopped = true
			s := stateOf(r, h, e.Case)
			e.show(s)
			stoppedBefore(s.Operation)
		}
	}
	e.CaseExplorer.Visit(r, h)
}

// StoppedFunction is the function that is called where StopAt stops, for a breakpoint
// of a debugger.
func StoppedFunction() string { return core.ModulePath() + "/sim/explain.stoppedBefore" }

// stoppedBefore is where a debugger breaks: the frames above it lead to the code under
// test, which is about to do the operation.
//
//go:noinline
func stoppedBefore(operation string) { _ = operation }

func stateOf(r *core.Run, h *core.Point, c *core.Case) State {
	op := h.Op()
	s := State{Epoch: r.Epoch(), Depth: h.Depth(), Step: h.Step(), Stack: []core.Site{}, Calls: []Call{}, Last: []string{}, Files: []ReportFile{}, Pending: []ReportChange{}}
	level := core.CrashPlace{Epoch: s.Epoch, Epochs: len(c.Epochs), Depth: s.Depth}.Level()
	s.Title = fmt.Sprintf("before operation %d of %s", s.Step, level)
	if op.Kind == 0 {
		s.Title = "behind the last operation of " + level
	} else {
		s.Operation = Operation(core.Event{Op: op.Kind.String(), Path: op.Path, To: op.NewPath, Offset: op.Offset, Len: op.Len, Moved: op.Len, Disk: op.Device})
		s.Stack = append(s.Stack, r.CallSites()...)
	}
	a := &Account{Case: c, Events: r.Events()}
	s.Calls = append(s.Calls, a.Calls()...)
	for _, e := range a.Events {
		if e.Kind == core.EventOp && e.Epoch == s.Epoch && e.Depth == s.Depth {
			s.Last = append(s.Last, fmt.Sprintf("%d: %s", e.Step, Operation(e)))
		}
	}
	s.Last = s.Last[max(0, len(s.Last)-lastOperations):]
	s.addDisk(r, h, c.Profile)
	return s
}

// addDisk adds what the disk holds. The disk itself is not touched.
func (s *State) addDisk(r *core.Run, h *core.Point, profile vfs.Profile) {
	for _, p := range h.Disk().Pending() {
		s.Pending = append(s.Pending, ReportChange{Change: p.String()})
	}
	for image := range h.Disk().Images(profile) {
		image.Release()
		if s.Images++; s.Images > countedImages {
			s.Images, s.AndMore = countedImages, true
			break
		}
	}
	image := h.Disk().ProcessCrash() // what the program sees
	defer image.Release()
	for e := range image.Walk() {
		if e.Dir {
			continue
		}
		f := ReportFile{Path: e.Path, Bytes: int64(len(e.Data))}
		if d, ok := r.Program().(Describer); ok {
			disk := image.Mount(vfs.Options{})
			f.Pieces = d.Describe(disk, e.Path)
			disk.Release()
		}
		s.Files = append(s.Files, f)
	}
}

// String tells the state to a person.
func (s State) String() string {
	var b strings.Builder
	t := &text{w: &b}
	t.line("STOPPED %s", s.Title)
	if s.Operation != "" {
		t.line("  about to happen: %s", s.Operation)
		for _, site := range s.Stack {
			t.line("    at %s  %s", site, site.Func)
		}
	}
	if len(s.Calls) > 0 {
		t.line("\nCLIENTS, up to here")
		var rows []string
		for _, c := range s.Calls {
			answer := c.Answer
			if !c.Done {
				answer = "(in the midst of it)"
			}
			rows = append(rows, fmt.Sprintf("%s\t%s\toperations %s\t%s", c.Actor, c.Text, span(c), answer))
		}
		t.table(rows)
	}
	if len(s.Last) > 0 {
		t.line("\nTHE OPERATIONS BEFORE IT")
		t.table(s.Last)
	}
	t.line("\nTHE DISK, as the program sees it")
	for _, f := range s.Files {
		t.line("  %s, %d bytes", f.Path, f.Bytes)
		var rows []string
		for _, p := range f.Pieces {
			mark := " "
			if p.Bad {
				mark = "!"
			}
			rows = append(rows, fmt.Sprintf("  %s %d+%d\t%s", mark, p.Offset, p.Size, p.Text))
		}
		t.table(rows)
	}
	if len(s.Files) == 0 {
		t.line("  no file at all")
	}
	t.line("\nNOT ON THE MEDIUM YET")
	for _, p := range s.Pending {
		t.line("  %s", p.Change)
	}
	if len(s.Pending) == 0 {
		t.line("  nothing: all that was done is durable")
	}
	more := ""
	if s.AndMore {
		more = "more than "
	}
	t.line("  A power cut here may leave %s%s.", more, images(s.Images))
	return b.String()
}

func images(n int) string {
	if n == 1 {
		return "one image alone"
	}
	return fmt.Sprintf("%d images", n)
}
