package explain

import (
	"testing"
	"testing/synctest"
	"time"

	"powercut/sim/core"
)

// The search for a missing sync ends where each image takes long: in a program that has a
// process for each seed.
func TestSyncSearchEnds(t *testing.T) {
	c := &core.Case{Build: core.Build{Binary: "of its own"}}
	for name, s := range map[string]*syncSearch{
		"behind so many images": {c: c, images: maxSyncImages},
		"behind so much time":   {c: c, left: timeLeft{time.Now()}},
	} {
		if s.try(make([]MissingSync, 3), 1, true) != nil || s.try(make([]MissingSync, 3), 2, true) != nil || s.runs != 0 {
			t.Errorf("%s: %d runs were made", name, s.runs)
		}
	}
	c.Build.Binary = ""
	if (&syncSearch{c: c, images: maxSyncImages}).over() {
		t.Error("any other program has as many images as it takes")
	}
}

// Only a program that has a process for each seed is ever late.
func TestTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for binary, want := range map[string]bool{"": false, "of its own": true} {
			a := &Account{Case: &core.Case{Build: core.Build{Binary: binary}}}
			left := a.timeFor(time.Minute)
			if left.none() {
				t.Errorf("%q: late from the beginning", binary)
			}
			if time.Sleep(time.Minute); left.none() != want || (left.duration() != 0) != want {
				t.Errorf("%q: late behind a minute: %v, %d left; want %v", binary, left.none(), left.duration(), want)
			}
		}
	})
}
