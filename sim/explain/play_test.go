package explain_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"powercut/sim/core"
	"powercut/sim/explain"
)

func played(t *testing.T, c *core.Case, m explain.Move) *explain.Play {
	t.Helper()
	p, err := explain.PlayMove(c, m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// same holds what was played against the run of the case that it is said to be.
func same(t *testing.T, what string, p *explain.Play) {
	t.Helper()
	c := parseCase(t, p.Case)
	again := core.Reproduce(c, false)
	v := p.Verdict
	if again.Digest.String() != v.Digest || again.Missed != v.Missed || (again.Violation != nil) != v.Violated {
		t.Fatalf("%s: %+v; run again: digest %s, missed %t, %v\n%s", what, v, again.Digest, again.Missed, again.Violation, p.Case)
	}
	if again.Violation != nil && (again.Violation.Law != v.Law || again.Violation.What != v.What) {
		t.Fatalf("%s: %s: %s; run again: %v", what, v.Law, v.What, again.Violation)
	}
}

// Each case, as it is, is played as it runs; and so is it wherever else the power is
// cut, with each change that is pending there kept or lost: what is played is a case,
// which says the same.
func TestPlayIsACase(t *testing.T) {
	verdicts, refused, torn := map[string]int{}, 0, 0
	for _, a := range accounts(t) {
		c := a.Case
		first := played(t, c, explain.FirstMove(c))
		own := core.Reproduce(c, false)
		if first.Verdict.Digest != own.Digest.String() || first.Verdict.Missed != own.Missed || first.Verdict.Violated != (own.Violation != nil) {
			t.Errorf("%s: played %+v, run %s %t %v", c.Target, first.Verdict, own.Digest, own.Missed, own.Violation)
		}
		whole := played(t, c, explain.Move{})
		for step := 1; step <= len(whole.Ops)+1; step += 1 + len(whole.Ops)/16 {
			at := played(t, c, explain.Move{Cuts: []explain.Cut{{Step: uint64(step)}}})
			same(t, fmt.Sprint("everything kept before operation ", step), at)
			refusedHere, tornHere := tryAll(t, c, at, verdicts)
			refused, torn = refused+refusedHere, torn+tornHere
		}
	}
	if len(verdicts) < 5 || torn < 5 {
		t.Errorf("%d verdicts, %d units that were chosen, %d refused: this shows little: %v", len(verdicts), torn, refused, verdicts)
	}
}

// tryAll keeps and loses each change of what was played, and shows each version of the
// first sector of each file. It counts what was refused, and sectors that showed what
// they were to.
func tryAll(t *testing.T, c *core.Case, at *explain.Play, verdicts map[string]int) (refused, torn int) {
	t.Helper()
	for k := range at.Changes {
		for _, kind := range []string{explain.MoveLose, explain.MoveKeep} {
			p := played(t, c, explain.Move{Cuts: at.Move.Cuts, Change: &explain.MoveChange{Kind: kind, Pending: k}})
			what := fmt.Sprintf("%s, to %s %s", at.Crash, kind, at.Changes[k].Text)
			same(t, what, p)
			verdicts[p.Verdict.Sentence]++
			change := p.Changes[k]
			isKept := change.Fate == explain.Kept && !change.Gone
			isLost := change.Fate == explain.Lost || change.Gone
			switch {
			case p.Refused != "":
				refused++
			case kind == explain.MoveLose && !isLost, kind == explain.MoveKeep && !isKept:
				t.Fatalf("%s: it is %s", what, change.Fate)
			}
		}
	}
	for _, f := range at.Files {
		for _, v := range f.Units[0].May {
			p := played(t, c, explain.Move{Cuts: at.Move.Cuts, Change: &explain.MoveChange{Kind: explain.MoveShow, Ino: f.Ino, Unit: f.Units[0].Number, Version: v}})
			same(t, fmt.Sprintf("%s, %s shows %s", at.Crash, f.Path, v), p)
			if p.Refused == "" && p.Files[0].Ino == f.Ino && p.Files[0].Units[0].Shown == v {
				torn++
			}
		}
	}
	return refused, torn
}

// What a filesystem commits in order is lost with what comes behind it, and the rule is
// told; what can't be lost is refused, and nothing is changed.
func TestPlayTellsTheRule(t *testing.T) {
	c := readCase(t, "testdata/no-dir-sync.case")
	cut := explain.FirstMove(c).Cuts
	ext4 := played(t, c, explain.Move{Cuts: cut, Change: &explain.MoveChange{Kind: explain.MoveProfile, Name: "ext4"}})
	if ext4.Profile != "ext4" || !strings.Contains(ext4.Move.Cuts[0].Image, "ext4") {
		t.Fatalf("the profile is %s, the image %s", ext4.Profile, ext4.Move.Cuts[0].Image)
	}
	all := played(t, c, explain.Move{Cuts: ext4.Move.Cuts, Change: &explain.MoveChange{Kind: explain.MoveSpecial, Name: "everything"}})
	create := explain.MoveChange{Kind: explain.MoveLose, Pending: 0}
	if p := played(t, c, explain.Move{Cuts: all.Move.Cuts, Change: &create}); !strings.Contains(p.Refused, "an fsync behind it has committed it") || p.Move.Cuts[0] != all.Move.Cuts[0] {
		t.Errorf("to lose %s: refused since %q", all.Changes[0].Text, p.Refused)
	}
	// Before that fsync the create goes, and what was written with it.
	p := played(t, c, explain.Move{Cuts: []explain.Cut{{Step: 3, Image: "power-cut ext4"}}, Change: &create})
	if len(p.Flips) != 1 || !strings.HasSuffix(p.Flips[0], ": gone with its file") || !slices.Contains(p.Because, "what is written to a file is there only where a path leads to it") {
		t.Errorf("to lose %s: %v, since %v", p.Changes[0].Text, p.Flips, p.Because)
	}
	crash := played(t, c, explain.Move{Cuts: cut, Change: &explain.MoveChange{Kind: explain.MoveSpecial, Name: "process-crash"}})
	if crash.Crash == "" || !strings.HasPrefix(crash.Crash, "process crash") {
		t.Fatalf("it is a %s", crash.Crash)
	}
	p = played(t, c, explain.Move{Cuts: crash.Move.Cuts, Change: &explain.MoveChange{Kind: explain.MoveLose, Pending: 0}})
	if !strings.Contains(p.Refused, "a process crash keeps all that was pending") || p.Move.Cuts[0] != crash.Move.Cuts[0] {
		t.Errorf("refused since %q, and the image is %s", p.Refused, p.Move.Cuts[0].Image)
	}
	if p := played(t, c, explain.Move{Cuts: cut, Change: &explain.MoveChange{Kind: explain.MoveSpecial, Name: "nonsense"}}); !strings.Contains(p.Refused, `"nonsense"`) {
		t.Errorf("refused since %q", p.Refused)
	}
}

// The recovery can be cut, too, before each of its operations.
func TestPlayInTheRecovery(t *testing.T) {
	c := readCase(t, "testdata/two-epochs.case")
	cuts := explain.FirstMove(c).Cuts[:1]
	level := played(t, c, explain.Move{Cuts: cuts, Level: 1})
	if len(level.Ops) < 2 || level.Title != "the recovery in epoch 1" || level.Crash != "" || level.End {
		t.Fatalf("%d operations of %s, %q", len(level.Ops), level.Title, level.Crash)
	}
	for _, op := range level.Ops {
		p := played(t, c, explain.Move{Cuts: append(cuts[:1:1], explain.Cut{Step: op.Step}), Level: 1})
		if !strings.Contains(p.Crash, fmt.Sprintf("before operation %d of the recovery", op.Step)) {
			t.Errorf("the cut is %q", p.Crash)
		}
		same(t, p.Crash, p)
	}
}

// A move that makes no sense is refused.
func TestBadMoves(t *testing.T) {
	c := readCase(t, "testdata/no-dir-sync.case")
	cut := explain.FirstMove(c).Cuts
	for _, m := range []explain.Move{
		{Level: 1}, {Cuts: cut, Level: 2}, {Cuts: cut, Level: -1},
		{Cuts: []explain.Cut{{Step: 1, Image: "nonsense"}}},
		{Cuts: cut, Change: &explain.MoveChange{Kind: "nonsense"}},
		{Cuts: cut, Change: &explain.MoveChange{Kind: explain.MoveLose, Pending: 99}},
		{Cuts: cut, Change: &explain.MoveChange{Kind: explain.MoveKeep, Pending: -1}},
		{Cuts: cut, Change: &explain.MoveChange{Kind: explain.MoveProfile, Name: "nonsense"}},
		{Cuts: cut, Change: &explain.MoveChange{Kind: explain.MoveShow, Version: "nonsense"}},
	} {
		if p, err := explain.PlayMove(c, m); err == nil {
			t.Errorf("%+v was played: %+v", m, p)
		}
	}
	if p := played(t, c, explain.Move{Cuts: []explain.Cut{{Step: 1 << 40}}}); !p.Verdict.Missed {
		t.Errorf("a cut that never comes: %+v", p.Verdict)
	}
}

// The page has everything in it, and whatever stands in a case is text there.
func TestPlayerPage(t *testing.T) {
	c := readCase(t, "testdata/no-dir-sync.case")
	var page bytes.Buffer
	e := explain.Engine{Wasm: bytes.Repeat([]byte("wasm"), 1000), Exec: "class Go {}"}
	if err := explain.PlayerPage(&page, e, "a</script><b>.case", c.Target, c.String(), played(t, c, explain.FirstMove(c))); err != nil {
		t.Fatal(err)
	}
	html := page.String()
	if strings.Contains(html, "</script><b>") || strings.Contains(html, "https://") || strings.Contains(html, "http://") || strings.Contains(html, "src=") {
		t.Error("the page can be led astray, or points outside of itself")
	}
	if !strings.Contains(html, "class Go {}") || !strings.Contains(html, base64.StdEncoding.EncodeToString([]byte{0x1f, 0x8b})[:3]) {
		t.Error("the engine is not in the page")
	}
	if err := explain.PlayerPage(&page, explain.Engine{Exec: "</script>"}, "", "", "", played(t, c, explain.FirstMove(c))); err == nil {
		t.Error("a script that ends early was taken")
	}
}
