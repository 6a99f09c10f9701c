package faults_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"powercut/faults"
	"powercut/vfs"
)

var rewrite = flag.Bool("rewrite", false, "write what the golden scripts show into testdata, instead of comparing")

// TestGolden runs the scripts in testdata. Each holds a plan, operations, and
// below them what every one of them returned, what the programs then see on the
// disk, and what the medium has if the power is cut and nothing pending
// survives. Together they show each kind of fault strike each kind of operation
// that it can.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden scripts: %v", err)
	}
	var log []faults.Firing
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			log = append(log, runGolden(t, file)...)
		})
	}
	if !t.Failed() {
		allShown(t, log)
	}
}

// runGolden runs one script and returns what struck in it. The same operations
// under the plan that Fired returns, without a source of numbers, must show the
// same.
func runGolden(t *testing.T, file string) []faults.Firing {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := section(archive, "plan")
	plan, err := faults.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, plan.String()); diff != "" {
		t.Errorf("the plan is printed in another way (-want +got):\n%s", diff)
	}
	do := section(archive, "do")
	in := faults.NewInjector(plan, stream{state: 7}.source())
	got, fired := runScript(t, do, in), in.Fired().String()
	for _, r := range in.NeverFired() {
		t.Errorf("never fired: %s", r)
	}
	if diff := cmp.Diff(got, runScript(t, do, faults.NewInjector(in.Fired(), nil))); diff != "" {
		t.Errorf("the plan of what fired\n%sshows something else (-first +again):\n%s", fired, diff)
	}
	if *rewrite {
		setSection(archive, "fired", fired)
		setSection(archive, "want", got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
			t.Fatal(err)
		}
		return in.Log()
	}
	if diff := cmp.Diff(section(archive, "fired"), fired); diff != "" {
		t.Errorf("other faults fired (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(section(archive, "want"), got); diff != "" {
		t.Errorf("the script shows (-want +got):\n%s", diff)
	}
	return in.Log()
}

// allShown checks that each kind of fault struck each kind of operation that it
// can strike, before its effect and after it.
func allShown(t *testing.T, log []faults.Firing) {
	shown := make(map[string]bool)
	for _, f := range log {
		shown[fmt.Sprint(f.Rule.Kind, " ", faults.OpsOf(f.Op.Kind))] = true
		if f.Rule.After {
			shown[fmt.Sprint(f.Rule.Kind, " after")] = true
		}
	}
	for _, k := range faults.Kinds() {
		for op := vfs.OpOpen; op <= vfs.OpChmod; op++ {
			// Latency strikes whatever there is, in one and the same way.
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

// section is the text of a part of a golden script, "" if it has none yet.
func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func setSection(a *txtar.Archive, name, text string) {
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		a.Files = append(a.Files, txtar.File{Name: name})
		i = len(a.Files) - 1
	}
	a.Files[i].Data = []byte(text)
}
