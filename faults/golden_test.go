package faults_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"powercut/faults"
	"powercut/vfs"
)

var rewrite = flag.Bool("rewrite", false, "write what the golden scripts show into testdata, instead of comparing")

// TestGolden runs the scripts in testdata. Each holds a plan, operations, and
// below them what every one of them returned, what the programs then see on the
// disk, and what the medium has if the power is cut and nothing pending
// survives. The same operations under the plan that Fired returns, without a
// source of numbers, must show the same.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden scripts: %v", err)
	}
	shown := make(map[string]bool)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			archive := parseArchive(string(data))
			plan, err := faults.Parse(archive.get("plan"))
			if err != nil {
				t.Fatal(err)
			}
			if text := archive.get("plan"); plan.String() != text {
				t.Errorf("the plan prints as\n%swant\n%s", plan, text)
			}
			in := faults.NewInjector(plan, stream{state: 7}.source())
			got := runScript(t, archive.get("do"), in)
			for _, r := range in.NeverFired() {
				t.Errorf("never fired: %s", r)
			}
			again := runScript(t, archive.get("do"), faults.NewInjector(in.Fired(), nil))
			if again != got {
				t.Errorf("the plan of what fired\n%sgives\n%swant\n%s", in.Fired(), again, got)
			}
			for _, f := range in.Log() {
				shown[fmt.Sprint(f.Rule.Kind, " ", faults.OpsOf(f.Op.Kind))] = true
				if f.Rule.After {
					shown[fmt.Sprint(f.Rule.Kind, " after")] = true
				}
			}
			fired := in.Fired().String()
			if *rewrite {
				archive.set("fired", fired)
				archive.set("want", got)
				if err := os.WriteFile(file, []byte(archive.String()), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := archive.get("fired"); fired != want {
				t.Errorf("fired\n%swant\n%s", fired, want)
			}
			if want := archive.get("want"); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
	if t.Failed() {
		return
	}
	for _, k := range faults.Kinds() {
		for op := vfs.OpOpen; op <= vfs.OpChmod; op++ {
			if pair := fmt.Sprint(k, " ", faults.OpsOf(op)); k != faults.Latency && k.Ops().Has(op) && !shown[pair] {
				t.Errorf("no golden script shows %s", pair)
			}
		}
		if r := (faults.Rule{Kind: k, After: true}); r.Validate() == nil && !shown[k.String()+" after"] {
			t.Errorf("no golden script shows %s after its effect", k)
		}
	}
	if !shown["latency write"] {
		t.Error("no golden script shows latency")
	}
}

// archive is a text in the txtar format: a comment, then files, each below a
// line "-- name --".
type archive []struct{ name, text string }

func parseArchive(text string) *archive {
	a := archive{{}}
	for line := range strings.Lines(text) {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), "-- ")
		if name, end := strings.CutSuffix(name, " --"); ok && end {
			a = append(a, struct{ name, text string }{name: name})
			continue
		}
		a[len(a)-1].text += line
	}
	return &a
}

func (a *archive) String() string {
	var b strings.Builder
	for _, f := range *a {
		if f.name != "" {
			fmt.Fprintf(&b, "-- %s --\n", f.name)
		}
		b.WriteString(f.text)
	}
	return b.String()
}

func (a *archive) get(name string) string {
	for _, f := range *a {
		if f.name == name {
			return f.text
		}
	}
	return ""
}

func (a *archive) set(name, text string) {
	for i := range *a {
		if (*a)[i].name == name {
			(*a)[i].text = text
			return
		}
	}
	*a = append(*a, struct{ name, text string }{name, text})
}
