package explain

import (
	"testing"

	"powercut/sim/core"
)

// The search for a missing sync ends where each image takes long: in a program that has a
// process for each seed.
func TestSyncSearchEnds(t *testing.T) {
	c := &core.Case{Build: core.Build{Binary: "of its own"}}
	s := &syncSearch{c: c, images: maxSyncImages}
	if s.try(make([]MissingSync, 3), 1, true) != nil || s.try(make([]MissingSync, 3), 2, true) != nil || s.runs != 0 {
		t.Errorf("%d runs were made behind %d images", s.runs, s.images)
	}
	c.Build.Binary = ""
	if s.over() {
		t.Error("any other program has as many images as it takes")
	}
}
