package vfs_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"powercut/vfs"
)

// TestUnits: what a unit is said to show is what the choice has, and what it may show
// instead comes true, unless a rule binds it to others.
func TestUnits(t *testing.T) {
	torn := false
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorkload(t, rapid.SampledFrom([]int{512, 4096}).Draw(t, "sector"))
		disk, _, err := w.run()
		if err != nil {
			t.Fatal(err)
		}
		p := rapid.SampledFrom(vfs.Profiles()).Draw(t, "profile")
		c := disk.Crash(p, rapidSource{t}).Choice()
		for _, change := range disk.Pending() {
			if change.Kind != vfs.OpWrite {
				continue
			}
			units, err := disk.Units(c, change.Ino)
			if err != nil {
				t.Fatal(err)
			}
			if len(units) == 0 {
				continue
			}
			u := rapid.SampledFrom(units).Draw(t, "unit")
			if !slices.Contains(u.May, u.Shown) {
				t.Fatalf("%v\n%q: unit %d shows %v, and may show %v", w, c, u.Number, u.Shown, u.May)
			}
			v := rapid.SampledFrom(u.May).Draw(t, "version")
			other := c.WithUnit(change.Ino, u.Number, v)
			image, err := disk.Choose(other)
			if err != nil {
				if !errors.Is(err, vfs.ErrUnlawful) || v == u.Shown {
					t.Fatalf("%v\n%q: %v", w, other, err)
				}
				continue
			}
			after, err := disk.Units(image.Choice(), change.Ino)
			i := slices.IndexFunc(after, func(a vfs.Unit) bool { return a.Number == u.Number })
			if err != nil || i < 0 {
				t.Fatalf("%v\n%q: %v, unit %d of %v", w, image.Choice(), err, u.Number, after)
			}
			if got := after[i].Shown; got != v {
				t.Fatalf("%v\n%q: unit %d shows %v, want %v", w, image.Choice(), u.Number, got, v)
			}
			torn = torn || v != u.Shown
		}
	})
	if !torn {
		t.Error("no unit was ever shown otherwise")
	}
}
