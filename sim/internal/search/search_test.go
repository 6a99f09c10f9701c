package search_test

import (
	"testing"

	"powercut/sim/core"
	"powercut/sim/internal/search"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
	"powercut/vfs"
)

// caseOf reads a case about an engine with a defect, whose epochs are given.
func caseOf(t *testing.T, defect slots.Defect, puts, epochs string) *core.Case {
	t.Helper()
	target := toys.Slots{Defect: defect}
	text := "powercut case 1\ntarget " + target.Name() + "\nlaw slots-kept\nprofile posix\nsector 512\nseed 1\nworkload\n" + puts + epochs + "end\n"
	c, err := core.ParseCase(text, func(string) core.Target { return target })
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return c
}

const onePut = "\tepoch 0 client 0 puts a 1\n"

// explored is what a run comes to that an explorer crashes, and how many crashes
// it judged at each depth and step.
type explored struct {
	*core.Violation
	judged map[[2]uint64]int
}

func explore(c *core.Case, e core.Explorer) explored {
	judged := make(map[[2]uint64]int)
	result := c.NewRun(e, core.Probe{Law: c.Law, JudgeAll: true, Crashed: func(at *core.Point, crash *core.Crash) {
		judged[[2]uint64{uint64(crash.Depth), crash.Step}]++
	}}).Execute()
	return explored{result.Violation, judged}
}

// A search finds the crash that violates the law, wherever it is; and it finds
// nothing wrong with a sound engine, although it crashes each operation, and each
// of its recoveries.
func TestSearch(t *testing.T) {
	broken := caseOf(t, slots.NoDirSync, onePut, "epoch\ncrash 1 power-cut posix\n")
	if !broken.Holds() {
		t.Fatal("the case violates its law by itself: there is nothing to search for")
	}
	found := explore(broken, &search.SearchExplorer{Case: broken, Depth: 1})
	if found.Violation == nil || found.Case.Holds() {
		t.Errorf("got %v", found.Violation)
	}
	sound := caseOf(t, slots.None, onePut, "epoch\n")
	clean := explore(sound, &search.SearchExplorer{Case: sound, Depth: 2})
	if clean.Violation != nil {
		t.Error(clean.Violation)
	}
	for step := uint64(1); step <= 9; step++ { // the last is after the end
		if clean.judged[[2]uint64{0, step}] == 0 {
			t.Errorf("no crash before operation %d", step)
		}
	}
	if clean.judged[[2]uint64{1, 3}] == 0 || clean.judged[[2]uint64{2, 1}] > 0 {
		t.Errorf("recoveries are crashed, and the recoveries after that are not: %v", clean.judged)
	}
}

// Without a depth nothing is crashed: only what the workload itself does counts.
func TestSearchWithoutCrashes(t *testing.T) {
	c := caseOf(t, slots.NoDirSync, onePut, "epoch\n")
	if got := explore(c, &search.SearchExplorer{Case: c}); got.Violation != nil || len(got.judged) > 0 {
		t.Errorf("%v, judged %v", got.Violation, got.judged)
	}
}

// The images at each operation are bounded.
func TestSearchIsBounded(t *testing.T) {
	puts := ""
	for _, slot := range []string{"a", "b", "c", "d", "e", "f"} {
		puts += "\tepoch 0 client 0 puts " + slot + " 1\n"
	}
	c := caseOf(t, slots.NoDirSync, puts, "epoch\n")
	c.Law = core.Works // what is lost ends nothing
	got := explore(c, &search.SearchExplorer{Case: c, Depth: 1})
	most := 0
	for at, n := range got.judged {
		if at[0] == 0 {
			most = max(most, n)
		}
	}
	if got.Violation != nil || most != 25 { // 24 of a power cut, and one of a process crash
		t.Errorf("%d images at an operation, want 25; %v", most, got.Violation)
	}
	few := explore(c, &search.SearchExplorer{Case: c, Depth: 2, Images: 3, Last: 9})
	for at, n := range few.judged {
		if at[0] == 0 && (n > 4 || at[1] > 9) {
			t.Errorf("%d images at operation %d, want 4, and none behind operation 9", n, at[1])
		}
	}
	if few.judged[[2]uint64{0, 9}] != 4 || few.judged[[2]uint64{1, 1}] == 0 {
		t.Errorf("no crash was looked at in full: %v", few.judged)
	}
}

// The epochs before the last end as the case says, or the search is of another run.
func TestSearchKeepsEarlierEpochs(t *testing.T) {
	c := caseOf(t, slots.NoDirSync, onePut+"\tepoch 1 client 0 puts b 2\n", "epoch\ncrash 4 power-cut posix\nepoch\n")
	got := explore(c, &search.SearchExplorer{Case: c, Depth: 1})
	if got.Violation == nil {
		t.Fatal("nothing was found in the second epoch")
	}
	epochs := got.Case.Epochs
	if len(epochs) != 2 || len(epochs[0].Crashes) != 1 || epochs[0].Crashes[0].Step != 4 || len(epochs[1].Crashes) != 1 {
		t.Errorf("the case of what was found:\n%s", got.Case)
	}
}

// At the crash of a case, the images of another profile are tried: what one allows
// another may not.
func TestProfileExplorer(t *testing.T) {
	replaced := "\tepoch 0 client 0 puts a 1\n\tepoch 0 client 0 puts a 2\n"
	for _, test := range []struct {
		name, puts, epoch string
		profile           vfs.Profile
		violated          bool
	}{
		{"a name that was not synced, on posix", onePut, "crash 6 power-cut posix\n", vfs.POSIX, true},
		{"and anywhere", onePut, "crash 6 power-cut posix\n", vfs.XFS, true},
		{"before anything was promised", onePut, "crash 2 power-cut posix\n", vfs.POSIX, false},
		{"beyond the end", onePut, "crash 60 power-cut posix\n", vfs.POSIX, false},
		{"at the second crash", replaced, "crash 6 power-cut posix\ncrash 2 power-cut posix\n", vfs.Ext4, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := caseOf(t, slots.NoDirSync, test.puts, "epoch\n"+test.epoch)
			got := explore(c, &search.ProfileExplorer{CaseExplorer: core.CaseExplorer{Case: c}, Profile: test.profile})
			if (got.Violation != nil) != test.violated {
				t.Errorf("got %v", got.Violation)
			}
			for at := range got.judged {
				if at[0] == 0 && at[1] != c.Epochs[0].Crashes[0].Step {
					t.Errorf("a crash at operation %d", at[1])
				}
			}
		})
	}
}

// At the last crash alone, those before it leave what the case says.
func TestProfileExplorerLastOnly(t *testing.T) {
	c := caseOf(t, slots.NoDirSync, onePut, "epoch\ncrash 6 power-cut posix lost=5\ncrash 2 power-cut posix\n")
	got := explore(c, &search.ProfileExplorer{CaseExplorer: core.CaseExplorer{Case: c}, Profile: vfs.POSIX, LastOnly: true})
	if got.Violation == nil || got.judged[[2]uint64{0, 6}] != 1 || got.Case.Epochs[0].Crashes[0].Choice.String() != "power-cut posix lost=5" {
		t.Errorf("%v, judged %v", got.Violation, got.judged)
	}
}
