package explain

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"

	"powercut/sim/core"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

// pageTemplate is parsed when a page is written: test binaries, of which a process for
// each crash image may be started, hardly ever write one.
var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"style":  func() template.CSS { return template.CSS(pageStyle) },
		"script": func() template.JS { return template.JS(pageScript) },
	}).Parse(pageText))
})

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
	Nearest, Moments               string // what would have been lawful, and from where on nothing was; "" if nobody looked
	Snippets                       []Snippet
	Diff                           []diffRow
	Stack, Case                    string
	Commands                       []string // to type next
}

type crash struct {
	Title, Choice string
	Changes       []change
	Folded        []change // of many, those that were kept
	Files         []file
	Recovery      []recoveryStep
	More          int // operations of the recovery that are not shown
}

// change is a change that was pending. Instead, if not "", is what would have become
// of it in the nearest lawful image.
type change struct{ Text, Fate, Class, Instead, Place string }

// recoveryStep is an operation of a recovery.
type recoveryStep struct {
	Step        uint64
	Text, Place string
}

// HTML writes an account as one page that needs nothing else: no network, no
// other file.
func HTML(w io.Writer, a *Account, s Suggestion) error {
	return pageTemplate().Execute(w, pageOf(a, s))
}

func pageOf(a *Account, s Suggestion) page {
	p := page{Title: title(a), Target: a.Case.Target, Profile: a.Case.Profile.String(), Digest: a.Digest.String(),
		Holds: a.Violation == nil, Sentence: a.Sentence(), Case: a.Case.String()}
	if v := a.Violation; v != nil {
		p.Barrier, p.Stack, p.Law = s.String(), v.Stack, v.Law.Sentence()
		p.Helps = len(s.Syncs) > 0
		p.Diff, p.Snippets = diffRows(v.Diff), a.Snippets(s)
	}
	if w := s.WhatIf; w != nil && a.Violation != nil {
		p.Nearest, p.Moments = a.NearestSentence(&w.Nearest), a.MomentsSentence(&w.Moments)
	}
	for epoch := range a.Case.Epochs {
		p.Timelines = append(p.Timelines, timelineOf(a, epoch, s.WhatIf))
	}
	p.Legend = legendOf(a)
	for i := range a.Crashes {
		p.Crashes = append(p.Crashes, crashOf(a, i, s.WhatIf))
	}
	p.Commands = commandsOf(a)
	return p
}

// commandsOf is what to type next, with the case in a file of some name.
func commandsOf(a *Account) []string {
	commands := []string{"simrun repro found.case", "simrun explain found.case", "simrun debug found.case"}
	if n := len(a.Crashes); n > 0 {
		commands = append(commands, "simrun export found.case image")
	}
	return commands
}

func title(a *Account) string {
	if a.Violation == nil {
		return fmt.Sprintf("%s holds: %s", a.Case.Law, strings.TrimSpace(a.Case.Why))
	}
	return fmt.Sprintf("%s: %s", a.Violation.Law, a.Violation.What)
}

// maxChanges bounds how many pending changes are shown before one asks for more.
const maxChanges = 20

func crashOf(a *Account, i int, w *WhatIf) crash {
	c := &a.Crashes[i]
	title := heading(a, i)
	out := crash{Title: strings.ToUpper(title[:1]) + title[1:], Choice: c.Choice.String()}
	for k := range c.Changes {
		p := &c.Changes[k]
		out.Changes = append(out.Changes, change{p.Pending.String(), string(p.Fate), fateClass(p.Fate), w.instead(i, p), Place(p.Stack)})
	}
	if len(out.Changes) > maxChanges {
		isKept := func(c change) bool { return c.Fate == string(Kept) && c.Instead == "" }
		for _, one := range out.Changes {
			if isKept(one) {
				out.Folded = append(out.Folded, one)
			}
		}
		out.Changes = slices.DeleteFunc(out.Changes, isKept)
	}
	for k := range c.Files {
		if !c.Files[k].Dir {
			out.Files = append(out.Files, fileOf(a, i, k))
		}
	}
	for _, e := range a.Events {
		if e.Kind != core.EventOp || e.Epoch != c.Epoch || e.Depth != c.Depth+1 {
			continue
		}
		if len(out.Recovery) == maxRecovery {
			out.More++
			continue
		}
		out.Recovery = append(out.Recovery, recoveryStep{e.Step, Operation(e), Place(e.Stack)})
	}
	return out
}

// instead is what would have become of a change in the nearest lawful image, "" if the
// same.
func (w *WhatIf) instead(crash int, c *Change) string {
	if w == nil || w.Nearest.Crash != crash {
		return ""
	}
	for i := range w.Nearest.Flips {
		if f := &w.Nearest.Flips[i]; sameChange(&f.Pending, &c.Pending) {
			return string(f.Instead)
		}
	}
	return ""
}
