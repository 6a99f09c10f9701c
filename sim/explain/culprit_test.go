package explain

import (
	"testing"

	"powercut/faults"
	"powercut/sim/core"
)

// A delay is to blame only where nothing else struck.
func TestFirstStruck(t *testing.T) {
	const delay, failure = string(faults.Latency), string(faults.WriteError)
	for _, test := range []struct {
		struck []string
		want   int // -1: none
	}{
		{nil, -1},
		{[]string{"", ""}, -1},
		{[]string{"", delay, delay}, 1},
		{[]string{delay, "", failure, failure, delay}, 2},
		{[]string{failure, delay}, 0},
	} {
		a := &Account{}
		for i, struck := range test.struck {
			a.Events = append(a.Events, core.Event{N: uint64(i), Struck: struck})
		}
		got := -1
		if e := a.firstStruck(); e != nil {
			got = int(e.N)
		}
		if got != test.want {
			t.Errorf("of %q %d, want %d", test.struck, got, test.want)
		}
	}
}
