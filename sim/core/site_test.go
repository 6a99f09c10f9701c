package core

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A place reads back from its text; one without a colon is an unknown one.
func TestSiteText(t *testing.T) {
	for _, s := range []Site{{File: "journal/roll.go", Line: 63, Func: "journal.(*Journal).roll"}, {Func: "f"}} {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back Site
		if err := json.Unmarshal(text, &back); err != nil || back != s {
			t.Errorf("%s reads back as %+v: %v", text, back, err)
		}
	}
	if got := (Site{}).String(); got != "(unknown)" {
		t.Errorf("no place prints as %q", got)
	}
	var s Site
	if err := s.UnmarshalText([]byte("roll.go:x f")); err == nil {
		t.Errorf("a line x is read as %+v", s)
	}
}

// Of a panic's stack the places of the code under test are left, without those of
// the runtime, of the standard library and of the harness, and without whoever
// started the goroutine.
func TestPanicSites(t *testing.T) {
	const stack = `goroutine 7 [running]:
runtime/debug.Stack()
	/go/src/runtime/debug/stack.go:26 +0x5e
panic({0x1234, 0x5678})
	/go/src/runtime/panic.go:783 +0x132
example.com/store.(*Log).write(0xc000012345, {0xc0, 0x1})
	/home/user/store/log.go:63 +0x1d
strings.Map(0x1)
	/go/src/strings/strings.go:5 +0x1d
powercut/vfs.(*Disk).OpenFile(0x1)
	/home/user/powercut/vfs/open.go:5 +0x1d
example.com/store.(*Log).Append(...)
	/home/user/store/log.go:20
created by example.com/store.Open in goroutine 1
	/home/user/store/open.go:9 +0x2
`
	var got []string
	for _, s := range PanicSites(plainStack(stack)) {
		got = append(got, s.String()+" "+s.Func)
	}
	want := []string{"example.com/store/log.go:63 example.com/store.(*Log).write", "example.com/store/log.go:20 example.com/store.(*Log).Append"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	if plain := plainStack(stack); strings.Contains(plain, "0x") || strings.Contains(plain, "goroutine") {
		t.Errorf("something is left that differs from process to process:\n%s", plain)
	}
}

// Two culprits are of one defect if they are at one place, where the place tells
// something; and if one of them shows that the fault which the other blames had no
// part in it.
func TestSameCulprit(t *testing.T) {
	here, there := []Site{{File: "a.go", Line: 1}, {File: "b.go", Line: 2}}, []Site{{File: "a.go", Line: 9}}
	deeper := append(here[:2:2], Site{File: "c.go", Line: 3})
	harness := []Site{{File: "t.go", Line: 1, Harness: true}}
	for _, test := range []struct {
		name string
		a, b Culprit
		same bool
	}{
		{"one place", Culprit{How: CulpritLost, Stack: here}, Culprit{How: CulpritLost, Stack: here}, true},
		{"one place, called from elsewhere further out", Culprit{How: CulpritLost, Stack: here}, Culprit{How: CulpritLost, Stack: deeper}, true},
		{"two places", Culprit{How: CulpritLost, Stack: here}, Culprit{How: CulpritLost, Stack: there}, false},
		{"two protocol steps", Culprit{How: CulpritLost, Stack: here, Step: "roll"}, Culprit{How: CulpritLost, Stack: here, Step: "open"}, false},
		{"in two ways", Culprit{How: CulpritLost, Stack: here}, Culprit{How: CulpritPanic, Stack: here}, false},
		{"where a crash came tells nothing", Culprit{How: CulpritCut, Stack: here}, Culprit{How: CulpritCut, Stack: there}, true},
		{"nor does the harness", Culprit{How: CulpritLost, Stack: harness}, Culprit{How: CulpritLost, Stack: there}, true},
		{"without the fault, at the same place", Culprit{How: CulpritLast, CutAt: "a.go:1"}, Culprit{How: CulpritFault, Stack: here, CutAt: "a.go:1"}, true},
		{"without the fault, elsewhere", Culprit{How: CulpritLast, CutAt: "b.go:1"}, Culprit{How: CulpritFault, Stack: here, CutAt: "a.go:1"}, false},
	} {
		if got := test.a.Same(&test.b); got != test.same {
			t.Errorf("%s: same %v, want %v", test.name, got, test.same)
		}
	}
	for want, v := range map[string]Violation{
		"kept":                    {Law: "kept"},
		"kept/roll/a.go:1<b.go:2": {Law: "kept", Culprit: Culprit{How: CulpritLost, Step: "roll", Stack: deeper}},
		"kept/roll":               {Law: "kept", Culprit: Culprit{How: CulpritCut, Step: "roll", Stack: here}},
		"no-panic/a.go:9":         {Law: NoPanic, Culprit: Culprit{How: CulpritPanic, Stack: there}},
	} {
		if got := v.Signature(); got != want {
			t.Errorf("signature %q, want %q", got, want)
		}
	}
}

// What an actor returns is a violation of the law that it names, of no-panic, or
// of the law that it is judged by otherwise.
func TestAsViolation(t *testing.T) {
	breach := &Breach{Law: "kept", What: "lost 3", Diff: "-1\n+2\n"}
	if got, want := breach.Error(), "kept: lost 3 (-want +got):\n-1\n+2\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	v := asViolation(errors.Join(errors.New("on the way"), breach), Works)
	if v.Law != "kept" || v.What != "lost 3" || v.Diff != breach.Diff || v.Error() != "kept: lost 3" {
		t.Errorf("a breach became %+v", v)
	}
	p := &PanicError{Value: "ouch", Stack: []byte("f(0x1)\n\t/x/f.go:1 +0x2\n")}
	if v := asViolation(p, Works); v.Law != NoPanic || v.What != "panic: ouch" || v.Stack != "f(...)\n\t/x/f.go:1\n" || !strings.Contains(p.Error(), "panicked: ouch") {
		t.Errorf("a panic became %+v", v)
	}
	if v := asViolation(errors.New("ouch"), Works); v.Law != Works || v.What != "ouch" {
		t.Errorf("an error became %+v", v)
	}
}
