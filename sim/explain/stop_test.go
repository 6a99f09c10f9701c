package explain_test

import (
	"errors"
	"strings"
	"testing"

	"powercut/sim/core"
	"powercut/sim/explain"
)

// Wherever a case is stopped, the state is what its account tells of that moment.
func TestStopAtEveryOperation(t *testing.T) {
	for _, a := range accounts(t) {
		stopped := 0
		for _, e := range a.Events {
			if e.Kind != core.EventOp {
				continue
			}
			var s explain.State
			if err := explain.StopAt(a.Case, explain.OperationNumber{Epoch: e.Epoch, Depth: e.Depth, Step: e.Step}, func(at explain.State) { s = at }); err != nil {
				t.Fatalf("operation %d of epoch %d at depth %d: %v", e.Step, e.Epoch, e.Depth, err)
			}
			what := e // what happened there has an end, which nobody knows before
			what.Err, what.Moved = "", what.Len
			if s.Operation != explain.Operation(what) || len(s.Stack) == 0 || s.Stack[0].String() != e.Stack[0].String() {
				t.Errorf("stopped before %q at %v, and it was %q at %v", s.Operation, s.Stack, explain.Operation(what), e.Stack)
			}
			if n := len(s.Last); n != min(8, int(e.Step)-1) {
				t.Errorf("%d operations before operation %d", n, e.Step)
			}
			stopped++
		}
		if stopped < 2 {
			t.Errorf("only %d operations: this tests nothing", stopped)
		}
		checkCrashState(t, a)
	}
}

// checkCrashState stops where the last crash of the workload came: what is pending is
// what the account lists.
func checkCrashState(t *testing.T, a *explain.Account) {
	t.Helper()
	crash := a.Crashes[len(a.Crashes)-1]
	var s explain.State
	if err := explain.StopAt(a.Case, explain.OperationNumber{Epoch: crash.Epoch, Depth: crash.Depth, Step: crash.Step}, func(at explain.State) { s = at }); err != nil {
		t.Fatal(err)
	}
	if len(s.Pending) != len(crash.Changes) || s.Images < 1 {
		t.Errorf("%d changes are pending, of which %d images come; the account has %d", len(s.Pending), s.Images, len(crash.Changes))
	}
	for i, change := range s.Pending {
		own := crash.Changes[i].Pending
		own.Part = "" // that is what became of it
		if change.Change != own.String() && crash.Changes[i].Fate != explain.LostInPart {
			t.Errorf("pending: %q, the account has %q", change.Change, own)
		}
	}
}

// Without a number it is the last operation before the crash; a number that there is
// not is told, with the last that there is.
func TestStopAt(t *testing.T) {
	c := readCase(t, "testdata/two-epochs.case")
	var s explain.State
	if err := explain.StopAt(c, explain.OperationNumber{}, func(at explain.State) { s = at }); err != nil {
		t.Fatal(err)
	}
	text := s.String()
	for _, part := range []string{
		"STOPPED before operation 17 of the workload in epoch 1\n  about to happen: rename /a0.new to /a0\n", "(in the midst of it)",
		"  /a0.new, 1 bytes\n", "  13: create /a0.new\n", "A power cut here may leave ",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
	for _, at := range []explain.OperationNumber{{Epoch: 1, Step: 40}, {Epoch: 7, Step: 1}, {Epoch: 0, Depth: 1, Step: 1}} {
		err := explain.StopAt(c, at, func(explain.State) { t.Errorf("stopped at %s", at) })
		if !errors.Is(err, explain.ErrNoOperation) {
			t.Errorf("%s: %v", at, err)
		}
	}
}

func TestParseOperationNumber(t *testing.T) {
	for text, want := range map[string]string{"12": "-1:0:12", "1:12": "-1:1:12", "0:1:12": "0:1:12"} {
		if at, err := explain.ParseOperationNumber(text); err != nil || at.String() != want {
			t.Errorf("%s reads as %s, want %s: %v", text, at, want, err)
		}
	}
	for _, text := range []string{"", "0", "x", "1:", "-1:1:2", "1:-1:2", "1:2:3:4", "-5", ":3"} {
		if at, err := explain.ParseOperationNumber(text); err == nil {
			t.Errorf("%q reads as %s", text, at)
		}
	}
}
