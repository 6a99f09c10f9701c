package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
	"powercut/sim/shrink"
	"powercut/sim/worker"
)

var toy = toys.Slots{Defect: slots.NoDirSync}

func host() *worker.Host {
	return &worker.Host{Find: func(name string) core.Target {
		if name == toy.Name() {
			return toy
		}
		return nil
	}}
}

// do has a host do something, as if each order and each note went through a pipe.
func do(t *testing.T, h *worker.Host, o worker.Order) (*worker.Note, error) {
	t.Helper()
	var order worker.Order
	pass(t, o, &order)
	note, err := h.Do(context.Background(), &order, func(*worker.Note) {})
	if err != nil {
		var sent worker.Error
		pass(t, err, &sent)
		return nil, &sent
	}
	var received worker.Note
	pass(t, note, &received)
	return &received, nil
}

func pass(t *testing.T, from, to any) {
	t.Helper()
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// What a run violated is the same on the other side: its crashes, its culprit, its
// case.
func TestViolationIsTheSameOnTheOtherSide(t *testing.T) {
	h := host()
	for seed := uint64(1); seed < 100; seed++ {
		note, err := do(t, h, worker.Order{Run: &worker.Run{Target: toy.Name(), Seed: seed}})
		if err != nil {
			t.Fatal(err)
		}
		if note.Violation == nil {
			continue
		}
		got, err := note.Violation.Core(h.Find)
		if err != nil {
			t.Fatal(err)
		}
		want := core.Execute(core.Seed(seed), toy.Draw(core.Seed(seed).Streams()), false).Violation
		if err := shrink.Settle(want); err != nil {
			t.Fatal(err)
		}
		if got.Case.String() != want.Case.String() || got.Signature() != want.Signature() {
			t.Errorf("got %s of\n%s\nwant %s of\n%s", got.Signature(), got.Case, want.Signature(), want.Case)
		}
		if diff := cmp.Diff(want.Crashes, got.Crashes); diff != "" || len(got.Crashes) == 0 {
			t.Errorf("its crashes (-want +got):\n%s", diff)
		}
		told, err := do(t, h, worker.Order{Case: &worker.Case{Do: worker.Explain, Text: note.Violation.Case, Name: "x.case", Page: true}})
		if err != nil {
			t.Fatal(err)
		}
		if a := explain.Explain(want.Case); !cmp.Equal(told.Told.Report.Story, a.Story(a.Suggest())) || !strings.Contains(told.Told.Page, want.What) {
			t.Errorf("it is told as %+v", told.Told.Report.Story)
		}
		return
	}
	t.Fatal("no seed violated anything")
}

// Why an order can't be done is told by what those look at who gave it.
func TestErrorsAreTheSameOnTheOtherSide(t *testing.T) {
	holds := "powercut case 1\ntarget " + toy.Name() + "\nlaw recovers\nprofile posix\nsector 512\nseed 1\nworkload\nepoch\nend\n"
	for name, test := range map[string]struct {
		order worker.Order
		want  func(e *worker.Error) bool
	}{
		"holds":          {worker.Order{Case: &worker.Case{Do: worker.Shrink, Text: holds, Budget: 9}}, func(e *worker.Error) bool { return errors.Is(e, shrink.ErrHolds) }},
		"no image":       {worker.Order{Case: &worker.Case{Do: worker.Export, Text: holds, Dir: t.TempDir()}}, func(e *worker.Error) bool { return errors.Is(e, explain.ErrNoImage) }},
		"foreign":        {worker.Order{Case: &worker.Case{Do: worker.Repro, Text: strings.Replace(holds, "case 1", "case 99", 1)}}, (*worker.Error).Foreign},
		"bad case":       {worker.Order{Case: &worker.Case{Do: worker.Repro, Text: "nonsense"}}, func(e *worker.Error) bool { return e.BadCase() && !e.Foreign() }},
		"unknown target": {worker.Order{Campaign: &worker.Campaign{Target: "nowhere"}}, func(e *worker.Error) bool { return strings.Contains(e.Text, `no target "nowhere"`) }},
		"bad profile":    {worker.Order{Campaign: &worker.Campaign{Target: toy.Name(), Profile: "fat"}}, func(e *worker.Error) bool { return strings.Contains(e.Text, "fat") }},
		"nothing":        {worker.Order{}, func(e *worker.Error) bool { return strings.Contains(e.Text, "does not know") }},
	} {
		_, err := do(t, host(), test.order)
		e, ok := errors.AsType[*worker.Error](err)
		if !ok || !test.want(e) {
			t.Errorf("%s: got %#v", name, err)
		}
	}
}

// A process that somebody tells by mistake that it is a worker says so.
func TestInherited(t *testing.T) {
	for value, want := range map[string]string{"": "", "950": "descriptor 950", "x,y": "by whoever starts a worker", "900,901": "descriptor 900"} {
		t.Setenv(worker.Variable, value)
		_, _, is, err := worker.Inherited()
		switch {
		case value == "":
			if is || err != nil {
				t.Errorf("%q: a worker (%v)", value, err)
			}
		case !is || err == nil || !strings.Contains(err.Error(), want):
			t.Errorf("%q: got %v, want %q in it", value, err, want)
		}
	}
}
