package main

import (
	"strings"
	"testing"
	"time"

	"powercut/properties/record"
	"powercut/properties/unmodified"
	"powercut/properties/unmodified/measure"
)

func TestPage(t *testing.T) {
	d := record.Defect{Engine: "store", Has: "v1.2.3", Without: "v1.3.0", Report: "https://github.com/a/store/issues/7", What: "it is lost", Promised: "a put", Test: "TestIt"}
	found := outcome{Defect: d, Profile: "ext4", Culprit: "b.go:7", Helps: "a Sync",
		Found:   measure.Taken{Result: unmodified.Result{Runs: 3, Law: "recovers", Message: "m", Faults: "drop-clean on sync nth=3\n"}},
		Starts:  []measure.Search{{Runs: 3, CPU: 1.5, Found: true}, {Runs: 9, CPU: 4, Found: true}},
		Without: measure.Taken{Result: unmodified.Result{Runs: 90}}}
	missed := outcome{Defect: record.Defect{Engine: "other", Has: "v0.1.0", What: "lost, too", Missed: "it needs a server"}}
	got := page([]outcome{found, missed}, how(20*time.Second, 2*time.Minute, []outcome{found}), before{})
	for _, want := range []string{
		"1 found, from 1 engines; 1 not found.",
		"the median search takes 3 seeds and 1.5 seconds of one processor; to make this table took 2 minutes.\n",
		"| 1 | store 1.2.3 | it is lost ([a/store#7](https://github.com/a/store/issues/7)) | a put | `ext4`, `drop-clean on sync nth=3`: `recovers` | 3, 1.5 | `b.go:7`: a Sync | 1.3.0: silent in 90 runs |\n",
		"| other 0.1.0 | lost, too | it needs a server |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q:\n%s", want, got)
		}
	}
	if err := unexpected([]outcome{found, missed}); err != nil {
		t.Error(err)
	}
	// Another search, for others: the row stays, as does how the first one was made.
	old := read(pageBegin + "\n" + got + pageEnd)
	if again := page([]outcome{{Defect: d}, missed}, old.how, old); again != got {
		t.Errorf("the page becomes\n%s\nwant\n%s", again, got)
	}
	if fresh := page([]outcome{{Defect: d}, missed}, old.how, before{}); !strings.Contains(fresh, "Not looked for yet, or not found: `TestIt` of store 1.2.3.\n") {
		t.Errorf("the page does not name what was not looked for:\n%s", fresh)
	}
	// A defect that is not found any more, and one in the version that is without it.
	unfound := outcome{Defect: d}
	alsoThere := found
	alsoThere.Without.Message = "powercut: recovers: m"
	if err := unexpected([]outcome{unfound, alsoThere}); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("unexpected says %v, want two lines", err)
	}
}
