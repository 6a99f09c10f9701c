package explain

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	"powercut/sim/core"
)

// Snippet is a few lines of the code under test, around a place that the account names.
type Snippet struct {
	Title string // why it is shown
	Place string // "journal/roll.go:63"
	Func  string
	Lines []SourceLine
}

// SourceLine is one of them.
type SourceLine struct {
	Number int
	Text   string
	Marked bool   // it is the one that is meant
	Behind string // what would belong behind it, "" if nothing would
}

// snippetLines is how many lines are shown on each side of the one that is meant.
const snippetLines = 4

// maxSnippets bounds how many places are shown.
const maxSnippets = 6

// Snippets are the lines around the place that the violation goes back to, around
// those of what the crash took, and around each sync that would have helped. What
// can't be found on this machine is left out.
func (a *Account) Snippets(s Suggestion) []Snippet {
	if a.Violation == nil {
		return nil
	}
	c := snippetCollector{}
	title := "What it goes back to: the " + a.Culprit.Op
	if a.Culprit.How == core.CulpritPanic {
		title = "Where the code panicked"
	}
	c.add(title, a.Culprit.Stack)
	for i := range a.Crashes {
		for _, change := range a.Crashes[i].Lost() {
			c.add("What the crash took: "+a.NameOf(i, &change), change.Stack)
		}
	}
	for _, sync := range s.Syncs {
		what := "a Sync of the file " + sync.Path
		if sync.Dir {
			what = "a Sync of the directory " + sync.Path
		}
		c.suggest(what, sync.Stack)
	}
	return c.all
}

// snippetCollector gathers snippets, each place once.
type snippetCollector struct{ all []Snippet }

// add shows a place, and who called it if that is somewhere else.
func (c *snippetCollector) add(title string, stack []core.Site) {
	for i, site := range stack[:min(2, len(stack))] {
		if i > 0 {
			title = "Called from here"
		}
		if c.lineOf(site) == nil && len(c.all) < maxSnippets && !site.Harness {
			if lines := linesAround(site); lines != nil {
				c.all = append(c.all, Snippet{Title: title, Place: site.String(), Func: site.Func, Lines: lines})
			}
		}
	}
}

// suggest says behind which line something would belong.
func (c *snippetCollector) suggest(what string, stack []core.Site) {
	if len(stack) == 0 {
		return
	}
	c.add("Where it would have helped: "+what, stack)
	if line := c.lineOf(stack[0]); line != nil {
		line.Behind = what + " would belong behind this"
	}
}

// lineOf is the marked line of a place that is shown, nil if it is not.
func (c *snippetCollector) lineOf(site core.Site) *SourceLine {
	for i := range c.all {
		if c.all[i].Place != site.String() {
			continue
		}
		for k := range c.all[i].Lines {
			if c.all[i].Lines[k].Marked {
				return &c.all[i].Lines[k]
			}
		}
	}
	return nil
}

// linesAround reads the lines around a place, nil if they can't be found.
func linesAround(site core.Site) []SourceLine {
	for _, name := range []string{core.SourceFile(site), belowModule(site.File)} {
		if lines := readLines(name, site.Line); lines != nil {
			return lines
		}
	}
	return nil
}

// belowModule is a file below the root of the module that the working directory is in.
func belowModule(file string) string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, filepath.FromSlash(file))
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// readLines reads the lines of a file around one, nil if there is none such.
func readLines(name string, around int) []SourceLine {
	if name == "" || around <= 0 {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	var lines []SourceLine
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for n := 1; n <= around+snippetLines && in.Scan(); n++ {
		if n >= around-snippetLines {
			lines = append(lines, SourceLine{Number: n, Text: strings.TrimRight(in.Text(), " \t\r"), Marked: n == around})
		}
	}
	if len(lines) == 0 || lines[len(lines)-1].Number < around {
		return nil // it is another file by now
	}
	return lines
}
