package vfs_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"powercut/vfs"
)

// TestChoiceNamesItsImage: the choice of an image, by way of its text, gives
// the same image again, on the same disk and on one where the same was done;
// and the profile accepts what it shows.
func TestChoiceNamesItsImage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorkload(t, rapid.SampledFrom([]int{512, 4096}).Draw(t, "sector"))
		disk, _, err := w.run()
		if err != nil {
			t.Fatal(err)
		}
		twin, _, err := w.run()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range vfs.Profiles() {
			images := []*vfs.Image{disk.Crash(p, rapidSource{t}), disk.Crash(p, &fixedSource{})}
			for im := range disk.Specials(p) {
				images = append(images, im)
			}
			for _, im := range images {
				text := im.Choice().String()
				c, err := vfs.ParseChoice(text)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(c, im.Choice()) {
					t.Fatalf("%q reads as %#v, want %#v", text, c, im.Choice())
				}
				for _, d := range []*vfs.Disk{disk, twin} {
					again, err := d.Choose(c)
					if err != nil {
						t.Fatalf("%v\n%s %v", w, im.Name(), err)
					}
					if again.Digest() != im.Digest() {
						t.Fatalf("%v\n%q chooses\n%v, want\n%v", w, text, again.Tree(), im.Tree())
					}
					again.Release()
				}
				if ok, why := disk.Accepts(p, im.Tree()); !ok {
					t.Fatalf("%v\n%v refuses %s %q: %s", w, p, im.Name(), text, why)
				}
				for simpler := range im.Choice().Simpler() {
					image, err := disk.Choose(simpler)
					if err != nil && !errors.Is(err, vfs.ErrUnlawful) {
						t.Fatal(err)
					}
					if err == nil {
						image.Release()
					}
				}
				im.Release()
			}
		}
	})
}

// TestSimplerEnds: whoever takes simpler choices as long as there are any comes
// to an end, at the choice that loses nothing.
func TestSimplerEnds(t *testing.T) {
	c, err := vfs.ParseChoice("power-cut posix commit=3 lost=3,5a,7r,9 #4:law=1,size=600,0-7=12,8=durable,9=zero,10=hole,11=#5.2@11")
	if err != nil {
		t.Fatal(err)
	}
	for steps := 0; ; steps++ {
		if steps > 50 {
			t.Fatalf("no end: %v", c)
		}
		var last *vfs.Choice
		before, said := c.String(), []string(nil)
		for simpler := range c.Simpler() {
			last, said = &simpler, append(said, simpler.String())
		}
		i := 0
		for simpler := range c.Simpler() { // each is made of the choice as it was, and not of those before it
			if c.String() != before || i < len(said) && simpler.String() != said[i] {
				t.Fatalf("%d: %s, and %s before, of %s, which is %s by now", i, simpler, said[i], before, c)
			}
			i++
		}
		if last == nil {
			break
		}
		c = *last
	}
	if got := c.String(); got != "power-cut posix" {
		t.Errorf("ended at %q", got)
	}
}

func TestParseChoiceRefuses(t *testing.T) {
	for _, text := range []string{
		"", "power-cut", "power-cut fat", "process-crash posix", "power-cut posix lost=", "power-cut posix lost=x",
		"power-cut posix commit=", "power-cut posix #x:size=1", "power-cut posix #1", "power-cut posix #1:size=-2",
		"power-cut posix #1:3", "power-cut posix #1:3-2=durable", "power-cut posix #1:0=#2", "power-cut posix #1:0=never", "power-cut posix else=1",
	} {
		if c, err := vfs.ParseChoice(text); err == nil {
			t.Errorf("%q reads as %v", text, c)
		}
	}
}

// A choice that shows the newest of a file, which Simpler makes, has a text too.
func TestChoiceOfTheNewestReadsBack(t *testing.T) {
	for _, c := range []vfs.Choice{
		{Kind: vfs.PowerCut, Profile: vfs.Btrfs, Files: []vfs.FileChoice{{Ino: 0, Size: -1}}},
		{Kind: vfs.PowerCut, Files: []vfs.FileChoice{{Ino: 4, Size: -1}, {Ino: 5, Variant: -1, Size: 0}}},
		{Kind: vfs.PowerCut, Commit: -1, Lost: []vfs.LostName{{Seq: 0}, {Seq: -3, Half: vfs.Removal}, {Seq: 4, Half: vfs.Addition}}},
	} {
		readsBack(t, c)
	}
}

// readsBack holds that a choice prints in a form that reads back as the same.
func readsBack(t *testing.T, c vfs.Choice) {
	t.Helper()
	again, err := vfs.ParseChoice(c.String())
	if err != nil || !equalChoices(c, again) {
		t.Errorf("%#v prints as %q, which reads as %#v: %v", c, c, again, err)
	}
}

// equalChoices takes no slice and an empty one for the same.
func equalChoices(a, b vfs.Choice) bool {
	return cmp.Equal(a, b, cmpopts.EquateEmpty())
}

func FuzzParseChoice(f *testing.F) {
	f.Add("process-crash")
	f.Add("power-cut btrfs commit=-2 lost=3,5a #4:law=1,size=600,0-7=12,8=durable,9=zero,10=hole,11=#5.2@11")
	f.Add("power-cut btrfs #0:law=0")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := vfs.ParseChoice(text)
		if err != nil {
			return
		}
		readsBack(t, c)
		for simpler := range c.Simpler() {
			readsBack(t, simpler)
		}
	})
}
