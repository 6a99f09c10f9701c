package core

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/faults"
)

func TestNeverReached(t *testing.T) {
	c := Coverage{
		{Step: "log", Op: "close"}:                                      3,
		{Step: "log", Op: "close", Crash: "power cut"}:                  2,
		{Step: "new log", Op: "rename", Fault: "rename-error"}:          1,
		{Step: "new log", Op: "rename", Crash: "power cut"}:             1,
		{Step: "new log", Op: "rename", Crash: "process crash"}:         1,
		{Step: "tail", Op: "close", Crash: "process crash in recovery"}: 1,
	}
	var got []Cell
	for _, cell := range c.Never() {
		if cell.Fault != "latency" { // strikes anything
			got = append(got, cell)
		}
	}
	want := []Cell{
		{Step: "log", Op: "close", Crash: "process crash"},
		{Step: "log", Op: "close", Fault: "close-error"},
		{Step: "log", Op: "close", Fault: "flusher-fails"},
		{Step: "new log", Op: "rename", Fault: "flusher-fails"},
		{Step: "new log", Op: "rename", Fault: "no-space"},
		{Step: "tail", Op: "close", Crash: "power cut in recovery"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("never reached (-want +got):\n%s", diff)
	}
}

// Counts of several runs add up, whatever they are added to, and read back from
// JSON.
func TestCountsAddUp(t *testing.T) {
	written, renamed := Cell{Step: "log", Op: "write"}, Cell{Step: "new log", Op: "rename", Fault: "rename-error"}
	one := Counts{Operations: 3, Images: 2, ImagesSkipped: 1, RecoveriesCrashed: 1, Abandoned: 1,
		Faults:   map[faults.Kind]faults.Count{faults.RenameError: {Scheduled: 1, Fired: 1, Matched: 2, Struck: 1}},
		Coverage: Coverage{written: 2, renamed: 1}}
	var sum Counts
	sum.Add(&one)
	sum.Add(&one)
	want := Counts{Operations: 6, Images: 4, ImagesSkipped: 2, RecoveriesCrashed: 2, Abandoned: 2,
		Faults:   map[faults.Kind]faults.Count{faults.RenameError: {Scheduled: 2, Fired: 2, Matched: 4, Struck: 2}},
		Coverage: Coverage{written: 4, renamed: 2}}
	if diff := cmp.Diff(want, sum); diff != "" {
		t.Errorf("twice (-want +got):\n%s", diff)
	}
	text, err := json.Marshal(sum)
	if err != nil {
		t.Fatal(err)
	}
	var back Counts
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sum, back); diff != "" {
		t.Errorf("%s reads back as another (-written +read):\n%s", text, diff)
	}
	if err := json.Unmarshal([]byte(`{"log": 1}`), new(Coverage)); err == nil {
		t.Error("an object was read as a matrix")
	}
}
