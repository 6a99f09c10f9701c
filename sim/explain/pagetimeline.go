package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"powercut/sim/core"
)

// timeline is one epoch: a column for each operation on the disk.
type timeline struct {
	ID          int
	Title       string
	Columns     int
	Lanes       []lane
	EndRow      int
	Crash       string // its kind, which is short
	CrashTitle  string
	CrashColumn int
	Risk        bool // a lane says what a crash at each operation does
}

type lane struct {
	Name string
	Row  int
	Bars []bar
}

// bar is a button in a lane.
type bar struct {
	From, To int // columns of the grid
	Room     int // columns that its label may take
	Class    string
	Label    string
	Short    string // the label where columns are narrow; "" if it is cut off there
	Detail   string
}

// firstColumn of the grid is that of the lanes' names.
const firstColumn = 2

func timelineOf(a *Account, epoch int, w *WhatIf) timeline {
	t := timeline{ID: epoch, Title: "What happened"}
	if len(a.Case.Epochs) > 1 {
		t.Title = fmt.Sprintf("What happened in epoch %d", epoch)
	}
	fates := fatesOf(a, epoch)
	disk := lane{Name: "disk"}
	for _, e := range a.Events {
		if e.Epoch == epoch && e.Depth == 0 && e.Kind == core.EventOp {
			t.Columns = max(t.Columns, int(e.Step))
			disk.Bars = append(disk.Bars, operationBar(e, fates[e.Seq]))
			w.mark(a, &e, &disk.Bars[len(disk.Bars)-1])
		}
	}
	for _, c := range a.Calls() {
		if c.Epoch != epoch {
			continue
		}
		i := slices.IndexFunc(t.Lanes, func(l lane) bool { return l.Name == c.Actor })
		if i < 0 {
			i = len(t.Lanes)
			t.Lanes = append(t.Lanes, lane{Name: c.Actor})
		}
		t.Lanes[i].Bars = append(t.Lanes[i].Bars, callBar(c))
	}
	slices.SortStableFunc(t.Lanes, func(a, b lane) int { return cmp.Compare(a.Name, b.Name) })
	t.Lanes = append(t.Lanes, disk)
	if risk := w.lane(epoch); len(risk.Bars) > 0 {
		t.Lanes, t.Risk = append(t.Lanes, risk), true
	}
	for i := range t.Lanes {
		t.Lanes[i].Row = i + 2 // the first is the crash's label
	}
	t.Columns++ // for calls that end with the last operation
	t.EndRow = len(t.Lanes) + 2
	for i := range a.Crashes {
		if c := &a.Crashes[i]; c.Epoch == epoch && c.Depth == 0 {
			t.Crash, t.CrashTitle, t.CrashColumn = c.Kind.String(), c.Title, firstColumn+int(c.Step)-1
			t.cutCalls()
		}
	}
	t.giveRoom()
	return t
}

// giveRoom lets labels go on to where the next bar of their lane begins.
func (t *timeline) giveRoom() {
	for _, l := range t.Lanes {
		for i := range l.Bars {
			end := firstColumn + t.Columns + 2 // behind the last column is room
			if i+1 < len(l.Bars) {
				end = l.Bars[i+1].From
			}
			l.Bars[i].Room = max(1, end-l.Bars[i].From)
		}
	}
}

// mark marks an operation that made what would be otherwise in the nearest lawful
// image.
func (w *WhatIf) mark(a *Account, e *core.Event, b *bar) {
	if w == nil {
		return
	}
	for i := range w.Nearest.Flips {
		f := &w.Nearest.Flips[i]
		if at := a.operation(w.Nearest.Crash, f.Seq); at != nil && at.N == e.N {
			b.Class = strings.TrimSpace(b.Class + " pivot")
			b.Detail += "\n★ in the nearest lawful image it is " + string(f.Instead)
		}
	}
}

// lane says of each operation of an epoch what a crash right behind it does to the law.
func (w *WhatIf) lane(epoch int) lane {
	l := lane{Name: "crash here"}
	if w == nil || w.Moments.Epoch != epoch || w.Moments.Depth > 0 {
		return l
	}
	for _, m := range w.Moments.List {
		if m.Step < 2 {
			continue // before the first operation there is no column
		}
		b := bar{From: firstColumn + int(m.Step) - 2, To: firstColumn + int(m.Step) - 1, Label: fmt.Sprintf("%d/%d", m.Broken, m.Judged)}
		what := fmt.Sprintf("%d of the %d images that were looked at break", m.Broken, m.Judged)
		switch m.Broken {
		case 0:
			b.Class, b.Label = "safe", "·"
			what = fmt.Sprintf("none of the %d images that were looked at breaks", m.Judged)
		case m.Judged:
			b.Class = "lost"
			what = fmt.Sprintf("each of the %d images that were looked at breaks", m.Judged)
		default:
			b.Class = "part"
		}
		b.Short = b.Label
		b.Detail = fmt.Sprintf("a crash right behind operation %d: %s the law", m.Step-1, what)
		l.Bars = append(l.Bars, b)
	}
	return l
}

// cutCalls has calls that were in flight at the crash end there.
func (t *timeline) cutCalls() {
	for i := range t.Lanes {
		for k := range t.Lanes[i].Bars {
			if b := &t.Lanes[i].Bars[k]; b.From < t.CrashColumn {
				b.To = min(b.To, t.CrashColumn)
			}
		}
	}
}

// fatesOf gives the fate of what each operation of an epoch had changed, if
// that was pending when the epoch's crash came.
func fatesOf(a *Account, epoch int) map[uint64]Fate {
	fates := make(map[uint64]Fate)
	for i := range a.Crashes {
		c := &a.Crashes[i]
		if c.Epoch != epoch || c.Depth > 0 {
			continue
		}
		for _, change := range c.Changes {
			if change.Seq <= 0 {
				continue
			}
			seq := uint64(change.Seq)
			switch have, seen := fates[seq]; {
			case !seen:
				fates[seq] = change.Fate
			case have != change.Fate:
				fates[seq] = LostInPart // some of what it changed
			}
		}
	}
	return fates
}

// opLabels are names of operations that are short enough for a column.
var opLabels = map[string]string{
	"open": "op", "create": "cr", "read": "rd", "write": "wr", "truncate": "tr", "sync": "sy", "syncdir": "sd", "rename": "mv",
	"link": "ln", "remove": "rm", "mkdir": "md", "readdir": "ls", "stat": "st", "close": "cl", "chmod": "ch",
}

// legendRow says what the label of an operation means.
type legendRow struct{ Label, Op string }

// legendOf explains the labels that the page shows.
func legendOf(a *Account) []legendRow {
	var legend []legendRow
	for _, e := range a.Events {
		row := legendRow{opLabels[e.Op], e.Op}
		if e.Kind == core.EventOp && e.Depth == 0 && row.Label != "" && !slices.Contains(legend, row) {
			legend = append(legend, row)
		}
	}
	slices.SortFunc(legend, func(a, b legendRow) int { return cmp.Compare(a.Op, b.Op) })
	return legend
}

func operationBar(e core.Event, fate Fate) bar {
	b := bar{From: firstColumn + int(e.Step) - 1, To: firstColumn + int(e.Step), Class: fateClass(fate), Label: e.Op, Short: cmp.Or(opLabels[e.Op], e.Op)}
	b.Detail = fmt.Sprintf("operation %d, by %s: %s", e.Step, e.Actor, Operation(e))
	for _, s := range e.Stack {
		b.Detail += "\n  at " + s.String() + " " + s.Func
	}
	if fate != "" {
		b.Detail += "\npending when the crash came: " + string(fate)
	}
	if e.Fault {
		b.Class = strings.TrimSpace(b.Class + " fault")
		b.Detail += "\nan injected fault: " + cmp.Or(e.Struck, "what an earlier one left behind")
	}
	return b
}

func fateClass(fate Fate) string {
	switch fate {
	case Kept:
		return "kept"
	case Lost, Gone:
		return "lost"
	case LostInPart:
		return "part"
	}
	return ""
}

func callBar(c Call) bar {
	b := bar{From: firstColumn + int(c.From), To: firstColumn + int(c.To), Class: "call", Label: c.Text}
	b.To = max(b.To, b.From+1)
	answer := c.Answer
	if c.Done && strings.HasPrefix(answer, "acknowledged") {
		b.Class += " acked"
		b.Label = "✓ " + b.Label // in front: the end may not fit
	}
	if !c.Done {
		b.Class += " flight"
		answer = "no answer: it was in flight"
	}
	b.Detail = fmt.Sprintf("%s: %s\noperations %s; %s", c.Actor, c.Text, span(c), answer)
	return b
}
