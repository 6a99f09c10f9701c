package core_test

import (
	"os"
	"strings"
	"testing"

	"powercut/sim/core"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
)

// built is a target of a program that is run as it is.
type built struct {
	toys.Slots
	core.Build
}

func (b built) ParseWorkload(text string) (core.Workload, error) {
	w, err := b.Slots.ParseWorkload(text)
	return builtWorkload{w, b.Build}, err
}

type builtWorkload struct {
	core.Workload
	build core.Build
}

func (w builtWorkload) Build() core.Build { return w.build }

// What a case was made with is read back, and what runs it here is compared with that.
func TestBuild(t *testing.T) {
	good, err := os.ReadFile("testdata/no-dir-sync.case")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(strings.Replace(string(good), "case 1\n", "case 3\n", 1), "\nlaw", "\nmade-by me\ngo go1.26.8\nchanges c0\nmodule a v1.0.0\nmodule b v2.0.0\nbinary 77\nlaw", 1)
	then := core.Build{Go: "go1.26.8", Changes: "c0", Modules: []string{"a v1.0.0", "b v2.0.0"}, Binary: "77"}
	for _, test := range []struct {
		name, want string
		change     func(b *core.Build)
	}{
		{"the same", "", func(*core.Build) {}},
		{"another Go", "(Go was go1.26.8 then, and is go1.27.1 here)", func(b *core.Build) { b.Go, b.Changes, b.Binary = "go1.27.1", "c1", "78" }},
		{"other changes", "(simrun changes Go in another way)", func(b *core.Build) { b.Changes, b.Binary = "c1", "78" }},
		{"modules", "(b was v2.0.0 then, and is not there; c is v1.0.0 here, and was not there then)", func(b *core.Build) {
			b.Modules, b.Binary = []string{"a v1.0.0", "c v1.0.0"}, "78"
		}},
		{"nobody says which", "(the versions of its modules are not known)", func(b *core.Build) { b.Modules, b.Binary = nil, "78" }},
		{"code", "(all versions are the same; the code of a module without one, or the flags of the build, are not)", func(b *core.Build) { b.Binary = "78" }},
	} {
		here := then
		test.change(&here)
		c, err := core.ParseCase(text, func(string) core.Target { return built{toys.Slots{Defect: slots.NoDirSync}, here} })
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if got := strings.TrimPrefix(c.Differs(), "the case was made with another binary "); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
		if got := c.String(); !strings.Contains(got, "\ngo go1.26.8\nchanges c0\nmodule a v1.0.0\nmodule b v2.0.0\nbinary 77\n") {
			t.Errorf("%s: the case reads back as\n%s", test.name, got)
		}
		if c.MadeHere(); c.Differs() != "" {
			t.Errorf("%s: it was made here, and %s", test.name, c.Differs())
		}
	}
}
