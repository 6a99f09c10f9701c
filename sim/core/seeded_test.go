package core_test

import (
	"testing"

	"powercut/sim/core"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
	"powercut/vfs"
)

// Where a crash can leave few images, more draws judge all of them and then no more: how
// many are judged comes to an end, and hardly any draw is in vain.
func TestFewImagesAreAllJudged(t *testing.T) {
	target := toys.Slots{Defect: slots.None}
	run := func(seed core.Seed, images int) core.Result {
		s := target.Draw(seed.Streams())
		s.Settings = core.Settings{Profile: vfs.POSIX, Points: 1000, ImagesPerPoint: images, Epochs: 1}
		return core.Execute(seed, s, false)
	}
	images, inVain := uint64(0), uint64(0)
	for seed := range core.Seed(20) {
		few, many, more := run(seed, 2), run(seed, 40), run(seed, 80)
		for _, r := range []core.Result{few, many, more} {
			if r.Violation != nil || r.Exhausted == 0 {
				t.Errorf("seed %s: %v; %d crashes had nothing new", seed, r.Violation, r.Exhausted)
			}
		}
		if few.Images > many.Images || many.Images != more.Images {
			t.Errorf("seed %s: with 2, 40 and 80 draws at each point %d, %d and %d images are judged", seed, few.Images, many.Images, more.Images)
		}
		images, inVain = images+few.Images, inVain+few.ImagesSkipped
	}
	if inVain > images {
		t.Errorf("%d draws in vain for %d images", inVain, images)
	}
}
