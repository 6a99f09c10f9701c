package explain

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"powercut/sim/core"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is what the template shows.
type page struct {
	Title, Target, Profile, Digest string
	Holds                          bool
	Law                            string // in one sentence, "" if nothing was violated
	Sentence, Barrier              string
	Helps                          bool // a sync would have
	Legend                         []legendRow
	Timelines                      []timeline
	Crashes                        []crash
	Diff                           []diffLine
	Stack, Case                    string
}

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
}

type lane struct {
	Name string
	Row  int
	Bars []bar
}

// bar is a button in a lane or a strip.
type bar struct {
	From, To int // columns of the grid
	Class    string
	Label    string
	Detail   string
}

type crash struct {
	Title, Choice string
	Changes       []change
	Files         []file
}

type change struct{ Text, Fate, Class, Place string }

type file struct {
	ID      string
	Path    string
	Size    int64
	Sectors []bar
	More    int
	Pieces  []piece
}

type piece struct {
	Range, Text string
	Bad         bool
}

type diffLine struct{ Class, Text string }

// HTML writes an account as one page that needs nothing else: no network, no
// other file.
func HTML(w io.Writer, a *Account, s Suggestion) error {
	return pageTemplate.Execute(w, pageOf(a, s))
}

func pageOf(a *Account, s Suggestion) page {
	p := page{Title: title(a), Target: a.Case.Target, Profile: a.Case.Profile.String(), Digest: a.Digest.String(),
		Holds: a.Violation == nil, Sentence: a.Sentence(), Case: a.Case.String()}
	if v := a.Violation; v != nil {
		p.Barrier, p.Stack, p.Law = s.String(), v.Stack, v.Law.Sentence()
		p.Helps = len(s.Syncs) > 0
		for line := range strings.Lines(v.Diff) {
			p.Diff = append(p.Diff, diffLineOf(strings.TrimRight(line, "\n")))
		}
	}
	for epoch := range a.Case.Epochs {
		p.Timelines = append(p.Timelines, timelineOf(a, epoch))
	}
	p.Legend = legendOf(a)
	for i := range a.Crashes {
		p.Crashes = append(p.Crashes, crashOf(a, i))
	}
	return p
}

func title(a *Account) string {
	if a.Violation == nil {
		return fmt.Sprintf("%s holds: %s", a.Case.Law, strings.TrimSpace(a.Case.Why))
	}
	return fmt.Sprintf("%s: %s", a.Violation.Law, a.Violation.What)
}

func diffLineOf(text string) diffLine {
	switch {
	case strings.HasPrefix(text, "-"):
		return diffLine{"del", text}
	case strings.HasPrefix(text, "+"):
		return diffLine{"add", text}
	}
	return diffLine{"", text}
}

// firstColumn of the grid is that of the lanes' names.
const firstColumn = 2

func timelineOf(a *Account, epoch int) timeline {
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
	return t
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
	b := bar{From: firstColumn + int(e.Step) - 1, To: firstColumn + int(e.Step), Class: fateClass(fate), Label: opLabels[e.Op]}
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
	case Lost:
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

func crashOf(a *Account, i int) crash {
	c := &a.Crashes[i]
	title := heading(a, i)
	out := crash{Title: strings.ToUpper(title[:1]) + title[1:], Choice: c.Choice.String()}
	for _, p := range c.Changes {
		out.Changes = append(out.Changes, change{p.Pending.String(), string(p.Fate), fateClass(p.Fate), Place(p.Stack)})
	}
	for k, f := range c.Files {
		if f.Dir {
			continue
		}
		one := file{ID: fmt.Sprintf("file-%d-%d", i, k), Path: f.Path, Size: f.Size}
		one.Sectors, one.More = sectorsOf(&f, int64(a.Case.Sector))
		for _, p := range f.Pieces {
			one.Pieces = append(one.Pieces, piece{fmt.Sprintf("%d+%d", p.Offset, p.Size), p.Text, p.Bad})
		}
		out.Files = append(out.Files, one)
	}
	return out
}

// maxSectors bounds the strip of a file.
const maxSectors = 512

// sectorsOf makes the strip of a file: of each sector, where its bytes came
// from.
func sectorsOf(f *FileAccount, sectorBytes int64) (strip []bar, more int) {
	for off := int64(0); off < f.Size; off += sectorBytes {
		if len(strip) == maxSectors {
			return strip, int((f.Size - off + sectorBytes - 1) / sectorBytes)
		}
		end := min(off+sectorBytes, f.Size)
		b := bar{Label: fmt.Sprint(off / sectorBytes), Detail: fmt.Sprintf("sector %d, bytes %d to %d", off/sectorBytes, off, end-1)}
		for _, run := range f.Runs {
			from, to := max(run.Offset, off), min(run.Offset+run.Len, end)
			if from >= to {
				continue
			}
			text, class := originText(&run)
			b.Detail += fmt.Sprintf("\n  %d+%d: %s", from, to-from, text)
			if class == "lost" || b.Class == "" {
				b.Class = class
			}
		}
		strip = append(strip, b)
	}
	return strip, 0
}

func originText(run *OriginRun) (text, class string) {
	switch {
	case run.Seq == 0:
		text = "there before, or never written"
	case run.Seq < 0:
		text = "written before the crash before this one"
	default:
		text = fmt.Sprintf("as operation %d left it", run.Seq)
	}
	if len(run.Stack) > 0 {
		text += ", " + Place(run.Stack)
	}
	switch {
	case len(run.Lost) > 0:
		return text + fmt.Sprintf("; operations %v had written it later, and were lost here", run.Lost), "lost"
	case run.Synced:
		return text + "; synced before the crash", ""
	case run.Seq != 0:
		return text + "; pending, and kept by luck", "kept"
	}
	return text, ""
}
