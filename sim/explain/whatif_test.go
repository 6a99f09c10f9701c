package explain_test

import (
	"path/filepath"
	"strings"
	"testing"

	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/vfs"
)

// The image that is called lawful is: the case with it in the place of its own breaks
// no law. And it differs in what is told, and in nothing else that was pending.
func TestNearestImageIsLawful(t *testing.T) {
	found := 0
	for _, a := range accounts(t) {
		w := a.WhatIf()
		n := &w.Nearest
		if len(n.Flips) == 0 {
			if n.Why == "" {
				t.Errorf("%s: no image and no reason", a.Case)
			}
			continue
		}
		found++
		crash := &a.Crashes[n.Crash]
		other := with(a.Case, crash, core.CrashPoint{Step: crash.Step, Choice: n.Choice})
		if result := other.Follow(core.Probe{}); result.Violation != nil || result.Missed {
			t.Errorf("with %s: %v, missed %t", n.Choice, result.Violation, result.Missed)
		}
		flips := make(map[string]explain.Fate)
		for _, f := range n.Flips {
			flips[f.Pending.String()] = f.Instead
		}
		for _, change := range explain.Explain(other).Crashes[n.Crash].Changes {
			for _, own := range crash.Changes {
				if own.Seq != change.Seq || own.Kind != change.Kind {
					continue
				}
				want, flipped := flips[own.Pending.String()]
				if !flipped {
					want = own.Fate
				}
				if change.Fate != want && change.Fate != explain.Gone && own.Fate != explain.Gone {
					t.Errorf("%s is %s in %s, and was told to be %s", own.Pending, change.Fate, n.Choice, want)
				}
			}
		}
	}
	if found < 5 {
		t.Errorf("%d lawful images were found: this tests nothing", found)
	}
}

// Nothing nearer is lawful: where one change less would do, two are not told.
func TestNearestImageIsNearest(t *testing.T) {
	a := explain.Explain(readCase(t, "testdata/no-dir-sync.case"))
	w := a.WhatIf()
	if n := w.Nearest; len(n.Flips) != 1 || n.Flips[0].Kind != vfs.OpRename || n.Flips[0].Instead != explain.Kept || n.Judged != 1 {
		t.Errorf("nearest: %+v", n)
	}
}

// At each operation, what is said of a crash there is what a case with that crash
// shows.
func TestMomentsAreTrue(t *testing.T) {
	judged := 0
	for _, a := range accounts(t) {
		m := a.WhatIf().Moments
		if len(m.List) == 0 {
			continue
		}
		last := &a.Crashes[len(a.Crashes)-1]
		for _, moment := range m.List {
			broken, images := 0, imagesAt(a, last, moment.Step)
			for _, choice := range images {
				if with(a.Case, last, core.CrashPoint{Step: moment.Step, Choice: choice}).Follow(core.Probe{Law: a.Violation.Law}).Violation != nil {
					broken++
				}
				judged++
			}
			if broken != moment.Broken || len(images) != moment.Judged {
				t.Errorf("before operation %d: %d of %d break the law, and it was told %d of %d\n%s", moment.Step, broken, len(images), moment.Broken, moment.Judged, a.Case)
			}
		}
	}
	if judged < 100 {
		t.Errorf("%d images: this tests nothing", judged)
	}
}

// imagesAt lists what a crash at an operation may leave. There are so few in these
// cases that all are looked at.
func imagesAt(a *explain.Account, last *explain.CrashAccount, step uint64) (choices []vfs.Choice) {
	c := with(a.Case, last, core.CrashPoint{Step: step, Choice: vfs.Choice{Kind: vfs.ProcessCrash}})
	c.Follow(core.Probe{Law: a.Violation.Law, Crashed: func(at *core.Point, crash *core.Crash) {
		if crash.Epoch != last.Epoch || crash.Depth != last.Depth {
			return
		}
		if !at.Disk().Failed() {
			choices = append(choices, vfs.Choice{Kind: vfs.ProcessCrash})
		}
		for image := range at.Disk().Images(c.Profile) {
			choices = append(choices, image.Choice())
			image.Release()
		}
	}})
	return choices
}

// with is a case with another crash in the place of one of its own.
func with(c *core.Case, crash *explain.CrashAccount, point core.CrashPoint) *core.Case {
	other := c.Clone()
	crashes := append([]core.CrashPoint(nil), c.Epochs[crash.Epoch].Crashes...)
	crashes[crash.Depth] = point
	other.Epochs[crash.Epoch].Crashes = crashes
	return other
}

// accounts are those of the cases of testdata that violate a law at a crash.
func accounts(t *testing.T) (all []*explain.Account) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.case")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if a := explain.Explain(readCase(t, file)); a.Violation != nil && len(a.Crashes) > 0 {
			all = append(all, a)
		}
	}
	return all
}

// What is said of the moments follows from them.
func TestMomentsSentence(t *testing.T) {
	a := explain.Explain(readCase(t, "testdata/no-dir-sync.case"))
	list := func(broken ...int) explain.Moments {
		m := explain.Moments{}
		for i, n := range broken {
			m.List = append(m.List, explain.Moment{Step: uint64(i + 1), Judged: 2, Broken: n})
		}
		return m
	}
	for _, test := range []struct {
		moments explain.Moments
		want    []string
	}{
		{explain.Moments{Why: "x"}, []string{"was not looked for: x."}},
		{list(0, 0, 0), []string{"can't be told"}},
		{list(2, 2, 2), []string{"inevitable from the beginning"}},
		{list(0, 1, 2, 2), []string{"inevitable once operation 2 was done (write /a0.new 0+1)", "possible once operation 1 was done (create /a0.new)"}},
		{list(0, 0, 2), []string{"inevitable once operation 2", "The moment before, no crash"}},
		{list(2, 0, 1, 1), []string{"never inevitable: at the crash, 1 of the 2 images", "possible once operation 2"}},
	} {
		got := a.MomentsSentence(&test.moments)
		for _, part := range test.want {
			if !strings.Contains(got, part) {
				t.Errorf("%v: %q, want %q in it", test.moments.List, got, part)
			}
		}
	}
}
