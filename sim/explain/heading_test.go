package explain_test

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/vfs"
)

// stairs is a program whose recovery makes one file more each time, and breaks
// a law when it finds as many as Top.
type stairs struct{ Top int }

func (s stairs) String() string { return fmt.Sprintf("top %d\n", s.Top) }

func (s stairs) Operations() int { return 2 }

func (s stairs) Program() core.Program { return s }

func (s stairs) OracleDigest() uint64 { return 0 }

func (s stairs) Epoch(r *core.Run, epoch int) {
	r.Go("climber", func() error { return afero.WriteFile(r.Disk(), fmt.Sprintf("/epoch%d", epoch), []byte("x"), 0o644) })
}

func (s stairs) Recover(_ *core.Run, c *core.Crash) error { return s.climb(c.Disk()) }

func (s stairs) climb(disk *vfs.Disk) error {
	infos, err := afero.ReadDir(disk, "/")
	if err != nil {
		return err
	}
	steps := 0
	for _, info := range infos {
		if strings.HasPrefix(info.Name(), "step") {
			steps++
		}
	}
	if steps >= s.Top {
		return core.Breachf(core.Recovers, "found %d steps", steps)
	}
	f, err := disk.Create(fmt.Sprintf("/step%d", steps))
	if err != nil {
		return err
	}
	return f.Close()
}

// Wherever a crash is named, the name says of what kind it was by itself, and
// what it struck: in a chain of recoveries each may be of another kind.
func TestCrashesAreNamedByKindAndLevel(t *testing.T) {
	disk := vfs.New(vfs.Options{})
	if err := (stairs{Top: 1}).climb(disk); err != nil {
		t.Fatal(err)
	}
	afterStep := disk.Ops() // the last is the close
	levels := [][]string{
		{"the workload", "the recovery", "the recovery after that", "recovery number 3 in a row", "recovery number 4 in a row"},
		{"the workload in epoch 1", "the recovery in epoch 1", "the recovery after that in epoch 1", "recovery number 3 in a row in epoch 1", "recovery number 4 in a row in epoch 1"},
	}
	kinds := []vfs.CrashKind{vfs.PowerCut, vfs.ProcessCrash}
	for epochs := 1; epochs <= 2; epochs++ {
		for depth := range len(levels[0]) {
			for bits := range 1 << (depth + 1) {
				c := &core.Case{Target: "stairs", Law: core.Recovers, Sector: 512, Workload: stairs{Top: depth}}
				var want []string
				if epochs == 2 {
					c.Epochs = append(c.Epochs, core.CaseEpoch{Crashes: []core.CrashPoint{{Step: 2, Choice: vfs.Choice{Kind: vfs.ProcessCrash}}}})
					want = append(want, "process crash before operation 2 of the workload in epoch 0")
				}
				last := core.CaseEpoch{}
				for level := range depth + 1 {
					kind, step := kinds[bits>>level&1], afterStep
					if level == 0 {
						step = 2
					}
					last.Crashes = append(last.Crashes, core.CrashPoint{Step: step, Choice: vfs.Choice{Kind: kind}})
					want = append(want, fmt.Sprintf("%s before operation %d of %s", kind, step, levels[epochs-1][level]))
				}
				c.Epochs = append(c.Epochs, last)
				checkNames(t, c, want)
			}
		}
	}
}

// checkNames runs a case and looks for the names of its crashes wherever they
// are told.
func checkNames(t *testing.T, c *core.Case, want []string) {
	t.Helper()
	a := explain.Explain(c)
	result := core.Reproduce(c, true)
	if a.Violation == nil || result.Violation == nil || len(a.Crashes) != len(want) {
		t.Fatalf("%v, %d crashes, want a violation after %d:\n%s", a.Violation, len(a.Crashes), len(want), c)
	}
	var got [4][]string // of the account, the violation, the trace, the text
	for i := range a.Crashes {
		got[0] = append(got[0], a.Crashes[i].Title)
	}
	for _, crash := range result.Violation.Crashes {
		got[1] = append(got[1], crash.Title)
	}
	for _, e := range result.Events {
		if e.Kind == core.EventImage {
			title, _, _ := strings.Cut(e.Note, ": ")
			got[2] = append(got[2], title)
		}
	}
	var text, page bytes.Buffer
	if err := explain.Text(&text, a, explain.Suggestion{}, ""); err != nil {
		t.Fatal(err)
	}
	if err := explain.HTML(&page, a, explain.Suggestion{}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		if title, found := strings.CutPrefix(line, "THE CRASH: "); found {
			got[3] = append(got[3], strings.TrimSpace(title))
		} else if rest, found := strings.CutPrefix(line, "CRASH "); found {
			_, title, _ := strings.Cut(rest, ": ")
			got[3] = append(got[3], strings.TrimSpace(title))
		}
	}
	for i, where := range []string{"the account", "the violation", "the trace", "the text"} {
		if fmt.Sprint(got[i]) != fmt.Sprint(want) {
			t.Errorf("%s names the crashes %q, want %q", where, got[i], want)
		}
	}
	for _, title := range want {
		if !strings.Contains(html.UnescapeString(page.String()), ": "+title+"</h2>") {
			t.Errorf("no heading of the page ends in %q", title)
		}
		if strings.Contains(title, "of the workload") && !strings.Contains(text.String(), "--  "+title+"\n") {
			t.Errorf("the operations in the text don't end at %q:\n%s", title, text.String())
		}
	}
}
