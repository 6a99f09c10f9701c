package explain

import (
	"fmt"
	"slices"
	"strings"

	"powercut/sim/core"
	"powercut/vfs"
)

// Move is what somebody plays with a case: where in its last epoch the crashes come,
// and which image the one that is looked at leaves. Its keys, and those of Play, are
// between this package and its page.
type Move struct {
	// Cuts are the crash of the workload, that of the recovery from it, and so on.
	Cuts  []Cut `json:"cuts"`
	Level int   `json:"level"` // of what is looked at: 0, the workload; 1, its recovery; at most one more than there are cuts
	// Follow takes the nearest lawful image where that of the cut that is looked at is
	// not lawful: it was chosen for another operation.
	Follow bool        `json:"follow"`
	Change *MoveChange `json:"change,omitempty"` // what to do with that image; nil: it stays
}

// Cut is a crash before an operation.
type Cut struct {
	Step  uint64 `json:"step"`
	Image string `json:"image"` // as a case names it; "": everything persisted
}

// MoveChange changes the image of a cut, in one of these ways.
type MoveChange struct {
	Kind    string `json:"kind"`    // one of the below
	Name    string `json:"name"`    // of Profile, Special
	Pending int    `json:"pending"` // of Keep, Lose: which of Play.Changes
	Ino     uint64 `json:"ino"`     // of Show: which of Play.Files,
	Unit    int64  `json:"unit"`    // which of its units,
	Version string `json:"version"` // and what it shows, one of those that it may
}

// The kinds of a MoveChange.
const (
	MoveKeep    = "keep"    // a pending change is kept
	MoveLose    = "lose"    // it is lost
	MoveShow    = "show"    // a unit of a file shows another version
	MoveProfile = "profile" // the profile is another one
	MoveSpecial = "special" // a special image takes its place, or a process crash
)

// Play is how a move went.
type Play struct {
	Move     Move     `json:"move"`     // that is made: with the image that was taken
	Refused  string   `json:"refused"`  // why what was asked for is not lawful, so that nothing was changed; "": it was done
	Because  []string `json:"because"`  // rules for which something else was changed too
	Flips    []string `json:"flips"`    // what that is
	Profile  string   `json:"profile"`  // of the image
	Specials []string `json:"specials"` // that the cut could leave

	Title   string       `json:"title"`  // of the level that is looked at: "the workload"
	Levels  []string     `json:"levels"` // the titles of all
	Ops     []PlayOp     `json:"ops"`    // of that level, to its end
	End     bool         `json:"end"`    // the cut may come behind the last of them
	Calls   []Call       `json:"calls"`  // of the clients, if it is the workload
	Crash   string       `json:"crash"`  // what the cut is called; "" if there is none at that level
	Changes []PlayChange `json:"changes"`
	Files   []PlayFile   `json:"files"`

	Verdict Verdict `json:"verdict"`
	Case    string  `json:"case"` // the text of the case with these cuts
}

// PlayOp is an operation of what is played.
type PlayOp struct {
	Step  uint64 `json:"step"`
	Op    string `json:"op"`
	Short string `json:"short"`
	Text  string `json:"text"`
	Actor string `json:"actor"`
	Place string `json:"place"`
	Fault string `json:"fault"`
}

// PlayChange is a change that was pending when the cut came.
type PlayChange struct {
	Text  string `json:"text"`
	Step  uint64 `json:"step"` // of the operation of this level that made it; 0: it is older
	Fate  Fate   `json:"fate"`
	Gone  bool   `json:"gone"` // it is of a file to which no path leads
	Place string `json:"place"`
}

// PlayFile is a file of which units may show several versions.
type PlayFile struct {
	Path  string     `json:"path"`
	Ino   uint64     `json:"ino"`
	Units []PlayUnit `json:"units"`
	More  int        `json:"more"` // units that are not listed
}

// PlayUnit is one of them.
type PlayUnit struct {
	Number int64    `json:"number"`
	Offset int64    `json:"offset"` // bytes
	Len    int64    `json:"len"`
	Shown  string   `json:"shown"` // as a case names it
	May    []string `json:"may"`
}

// Verdict is what the laws say.
type Verdict struct {
	Violated bool     `json:"violated"`
	Missed   bool     `json:"missed"` // the case does not come to its cuts
	Law      core.Law `json:"law"`
	LawText  string   `json:"law_text"`
	What     string   `json:"what"`
	Sentence string   `json:"sentence"`
	Rows     [][4]any `json:"rows"` // expected, recovered, whether they differ, and whether that is the first difference
	Digest   string   `json:"digest"`
}

// FirstMove is the case as it is.
func FirstMove(c *core.Case) Move {
	m := Move{}
	for _, crash := range c.Epochs[len(c.Epochs)-1].Crashes {
		m.Cuts = append(m.Cuts, Cut{crash.Step, crash.Choice.String()})
	}
	m.Level = max(0, len(m.Cuts)-1)
	return m
}

// PlayMove makes a move, and judges what it leaves.
func PlayMove(c *core.Case, m Move) (*Play, error) {
	played, err := m.apply(c)
	if err != nil {
		return nil, err
	}
	p := &Play{Move: m, Because: []string{}, Flips: []string{}, Specials: []string{}, Ops: []PlayOp{}, Calls: []Call{}, Changes: []PlayChange{}, Files: []PlayFile{}}
	s := &cutSetter{CaseExplorer: core.CaseExplorer{Case: played}, move: m, play: p}
	if m.Level < len(m.Cuts) {
		played.NewRun(s, core.Probe{Law: c.Law, JudgeAll: true}).Execute()
		if s.err != nil {
			return nil, s.err
		}
		p.Move.Cuts = slices.Clone(m.Cuts)
		p.Move.Cuts[m.Level].Image = played.Epochs[len(played.Epochs)-1].Crashes[m.Level].Choice.String()
	}
	a := follow(played, played.Law, true)
	if a.Violation == nil {
		a = follow(played, "", true)
	}
	p.judged(a)
	p.tellChanges(a, s)
	p.tellLevel(played, m)
	p.Case = playedCase(a)
	return p, nil
}

// apply is the case with the cuts of a move.
func (m Move) apply(c *core.Case) (*core.Case, error) {
	if m.Level < 0 || m.Level > len(m.Cuts) {
		return nil, fmt.Errorf("sim: level %d of %d cuts", m.Level, len(m.Cuts))
	}
	played := c.Clone()
	last := &played.Epochs[len(played.Epochs)-1]
	last.Crashes = nil
	for i, cut := range m.Cuts {
		point := core.CrashPoint{Step: cut.Step, Choice: vfs.Choice{Kind: vfs.PowerCut, Profile: c.Profile}}
		if cut.Image != "" {
			var err error
			if point.Choice, err = vfs.ParseChoice(cut.Image); err != nil {
				return nil, err
			}
		}
		if old := c.Epochs[len(c.Epochs)-1].Crashes; i < len(old) && cut == (Cut{old[i].Step, old[i].Choice.String()}) {
			point.Nearest = old[i].Nearest
		}
		last.Crashes = append(last.Crashes, point)
	}
	return played, nil
}

// judged takes the verdict over.
func (p *Play) judged(a *Account) {
	p.Verdict = Verdict{Violated: a.Violation != nil, Missed: a.Missed, Law: a.Case.Law, Sentence: a.Sentence(), Rows: [][4]any{}, Digest: a.Digest.String()}
	if v := a.Violation; v != nil {
		p.Verdict.Law, p.Verdict.LawText, p.Verdict.What = v.Law, v.Law.Sentence(), v.What
		for _, row := range diffRows(v.Diff) {
			p.Verdict.Rows = append(p.Verdict.Rows, [4]any{sideText(row.Expected), sideText(row.Got), row.Differs, row.First})
		}
	}
}

// sideText is the text of one side of a comparison, nil if it has no such line.
func sideText(s *diffSide) any {
	if s == nil {
		return nil
	}
	return s.Same + s.Rest
}

// tellChanges says what became of what was pending when the cut came.
func (p *Play) tellChanges(a *Account, s *cutSetter) {
	for i := range a.Crashes {
		c := &a.Crashes[i]
		if c.Epoch != len(a.Case.Epochs)-1 || c.Depth != p.Move.Level {
			continue
		}
		p.Crash, p.Profile = c.Title, c.Choice.Profile.String()
		for k := range c.Changes {
			change := &c.Changes[k]
			one := PlayChange{Text: a.NameOf(i, change), Fate: change.Fate, Gone: change.Fate == Gone, Place: Place(change.Stack)}
			if e := a.operation(i, change.Seq); e != nil && e.Epoch == c.Epoch && e.Depth == c.Depth {
				one.Step = e.Step
			}
			p.Changes = append(p.Changes, one)
		}
		for _, also := range s.also {
			p.Flips = append(p.Flips, p.Changes[also.pending].Text+": "+also.fate)
		}
	}
}

// tellLevel tells of the level that is looked at, as it goes on where nothing cuts it.
func (p *Play) tellLevel(c *core.Case, m Move) {
	whole := c.Clone()
	last := len(whole.Epochs) - 1
	whole.Epochs[last].Crashes = whole.Epochs[last].Crashes[:m.Level]
	a := follow(whole, c.Law, true)
	ended := a.Violation == nil || m.Level > 0
	for _, e := range a.Events {
		if e.Kind != core.EventOp || e.Epoch != last || e.Depth != m.Level {
			continue
		}
		p.Ops = append(p.Ops, PlayOp{e.Step, e.Op, shortOp(e.Op), Operation(e), e.Actor, Place(e.Stack), e.Struck})
	}
	p.End = m.Level == 0 && ended
	if m.Level == 0 {
		for _, call := range a.Calls() {
			if call.Epoch == last {
				p.Calls = append(p.Calls, call)
			}
		}
	}
	for level := range len(m.Cuts) + 1 {
		p.Levels = append(p.Levels, core.CrashPlace{Depth: level, Epoch: last, Epochs: len(c.Epochs)}.Level())
	}
	p.Title = p.Levels[m.Level]
}

// shortOp is an operation where there is little room.
func shortOp(op string) string {
	if short := opLabels[op]; short != "" {
		return short
	}
	return op
}

// playedCase is the text of what was played, as a case of its own.
func playedCase(a *Account) string {
	if a.Violation != nil {
		told := a.Told()
		told.Law = a.Violation.Law
		return told.String()
	}
	c := a.Case.Clone()
	c.Why, c.Step = "played: "+strings.TrimSuffix(a.Sentence(), ".")+"\n", ""
	return c.String()
}
