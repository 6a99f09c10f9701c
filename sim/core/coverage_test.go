package core

import (
	"testing"

	"github.com/google/go-cmp/cmp"
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
