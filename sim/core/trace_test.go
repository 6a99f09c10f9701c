package core_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"powercut/sim/core"
	"powercut/sim/internal/toys"
)

// A run has the same digest whether somebody reads its trace or not.
func TestTraceDoesNotChangeTheDigest(t *testing.T) {
	for seed := range core.Seed(20) {
		scenario := toys.Words{}.Draw(seed.Streams())
		plain := core.Execute(seed, scenario, false)
		traced := core.Execute(seed, toys.Words{}.Draw(seed.Streams()), true)
		if plain.Digest != traced.Digest || len(traced.Events) == 0 {
			t.Fatalf("seed %s: digest %s, with a trace of %d events %s", seed, plain.Digest, len(traced.Events), traced.Digest)
		}
		for _, e := range traced.Events {
			if e.Kind == core.EventOp && len(e.Stack) == 0 {
				t.Fatalf("seed %s: nobody knows where operation %d (%s %s) came from", seed, e.Step, e.Op, e.Path)
			}
		}
	}
}

// A trace is written one event a line, and reads back; the first difference of two
// is found, also where one ends before the other.
func TestEvents(t *testing.T) {
	events := core.Execute(1, toys.Words{}.Draw(core.Seed(1).Streams()), true).Events
	var b bytes.Buffer
	if err := core.WriteEvents(&b, events); err != nil {
		t.Fatal(err)
	}
	var back []core.Event
	for line := range bytes.Lines(b.Bytes()) {
		var e core.Event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		back = append(back, e)
	}
	if len(back) != len(events) || back[0].Digest != events[0].Digest {
		t.Errorf("%d events became %d", len(events), len(back))
	}
	for _, e := range events {
		if op := e.Operation(); e.Kind == core.EventOp && (op.Kind.String() != e.Op || op.Path != e.Path || op.NewPath != e.To) {
			t.Errorf("%+v tells of %+v", e, op)
		}
	}
	other := slices.Clone(events)
	other[2].Note = "another"
	for _, test := range []struct {
		a, b []core.Event
		want int
	}{{events, events, -1}, {events, other, 2}, {events, events[:1], 1}, {nil, events, 0}} {
		if got := core.FirstDifference(test.a, test.b); got != test.want {
			t.Errorf("the first difference is event %d, want %d", got, test.want)
		}
	}
	if err := core.WriteEvents(fullDisk{}, events); !errors.Is(err, errFull) {
		t.Errorf("got %v, want the writer's error", err)
	}
}

var errFull = errors.New("full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestDigestText(t *testing.T) {
	digest, err := core.ParseDigest(core.Digest(0xabc).String())
	if err != nil || digest != 0xabc {
		t.Errorf("read back as %s: %v", digest, err)
	}
	for _, bad := range []string{"", "abc", "000000000000000g", "00000000000000000"} {
		if _, err := core.ParseDigest(bad); err == nil {
			t.Errorf("%q was read as a digest", bad)
		}
	}
}
