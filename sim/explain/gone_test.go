package explain_test

import (
	"bytes"
	"strings"
	"testing"

	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/vfs"
)

// What was written to a file that has no name in the image is not told to be kept: it
// went with the file, and the lost name is what is to blame.
func TestGoneWithItsFile(t *testing.T) {
	c := readCase(t, "testdata/no-dir-sync.case")
	move := explain.Move{Cuts: []explain.Cut{{Step: 3, Image: "power-cut ext4"}}, Change: &explain.MoveChange{Kind: explain.MoveLose, Pending: 0}}
	choice, err := vfs.ParseChoice(played(t, c, move).Move.Cuts[0].Image)
	if err != nil {
		t.Fatal(err)
	}
	a := explain.Explain(c)
	a = explain.Explain(with(c, &a.Crashes[0], core.CrashPoint{Step: 3, Choice: choice}))
	var fates []string
	for _, change := range a.Crashes[0].Changes {
		fates = append(fates, change.Kind.String()+" "+string(change.Fate))
	}
	if got := strings.Join(fates, ", "); got != "create lost, write gone with its file" {
		t.Errorf("the fates are: %s", got)
	}
	if lost := a.Crashes[0].Lost(); len(lost) != 1 || lost[0].Kind != vfs.OpCreate {
		t.Errorf("lost is %v", lost)
	}
	var text bytes.Buffer
	if err := explain.Text(&text, a, explain.Suggestion{}, ""); err != nil || !strings.Contains(text.String(), "GONE WITH ITS FILE") {
		t.Errorf("%v:\n%s", err, &text)
	}
}
