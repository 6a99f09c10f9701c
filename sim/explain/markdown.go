package explain

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Markdown writes a report as one for a bug tracker: what was promised and what came
// back, where, which sync would have helped, and the whole case, so that whoever reads
// it can run it again. CaseText is the text of the case.
func (r *Report) Markdown(w io.Writer, caseText string) error {
	t := &text{w: w}
	r.markdownVerdict(t)
	for _, c := range r.Story.Crashes {
		t.line("\n- %s, on %s", c.Title, r.Profile)
		for _, lost := range c.Lost {
			t.line("  - gone with it: operation `%s`", lost)
		}
		t.line("  - the image, as the case names it: `%s`", c.Image)
	}
	if r.Violated {
		t.line("\n%s", r.Suggestion)
		for _, sentence := range []string{r.Nearest, r.Moments} {
			if sentence != "" {
				t.line("\n%s", sentence)
			}
		}
	}
	if r.Diff != "" {
		t.line("\n### Expected against got (-want +got)")
		t.fenced("diff", r.Diff)
	}
	t.line("\n### To see it again\n\nSave this as `found.case`, and run `simrun repro found.case` (exit code 1 while it fails) or `simrun explain found.case`.")
	t.folded("the case", caseText)
	t.folded("what was asked, and what was done on the disk", r.operations())
	t.folded("what recovery found", r.found())
	return t.err
}

// markdownVerdict writes the heading, and what went wrong.
func (r *Report) markdownVerdict(t *text) {
	if !r.Violated {
		t.line("## The case holds: it does not violate %s any more\n\n%s", r.Law, r.Sentence)
		return
	}
	when := ""
	if len(r.Crashes) > 0 {
		when = "after a crash: " // of the power or of the process, which the account says
	}
	t.line("## %s%s", when, firstLineOf(r.What))
	if rest := strings.TrimPrefix(r.What, firstLineOf(r.What)); rest != "" {
		t.fenced("text", strings.Trim(rest, "\n"))
	}
	t.line("\n%s", r.Sentence)
	if law := r.Law.Sentence(); law != "" {
		t.line("\nWhat should hold (`%s`): %s", r.Law, law)
	}
}

func firstLineOf(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// operations lists the calls of the clients and the operations of the workload.
func (r *Report) operations() string {
	return aligned(func(row func(format string, args ...any)) {
		for _, c := range r.Calls {
			answer := c.Answer
			if !c.Done {
				answer = "(no answer: in flight)"
			}
			row("%s\t%s\toperations %s\t%s", c.Actor, c.Text, span(c), answer)
		}
		row("")
		for _, e := range r.Operations {
			if e.Depth == 0 {
				row("%d\t%s\t%s\t%s", e.Step, e.Actor, Operation(e), Place(e.Stack))
			}
		}
	})
}

// found lists the files of the last image.
func (r *Report) found() string {
	if len(r.Crashes) == 0 {
		return ""
	}
	return aligned(func(row func(format string, args ...any)) {
		for _, f := range r.Crashes[len(r.Crashes)-1].Files {
			row("%s, %d bytes", f.Path, f.Bytes)
			for _, p := range f.Pieces {
				row("  %d+%d\t%s", p.Offset, p.Size, p.Text)
			}
		}
	})
}

// aligned aligns the columns, separated by tabs, of the rows that fill adds.
func aligned(fill func(row func(format string, args ...any))) string {
	var out strings.Builder
	tw := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fill(func(format string, args ...any) { fmt.Fprintf(tw, format+"\n", args...) })
	_ = tw.Flush() // a strings.Builder takes all
	return out.String()
}

// fenced writes a block of code. Its fence is longer than any in the content.
func (t *text) fenced(language, content string) {
	fence := "```"
	for strings.Contains(content, fence) {
		fence += "`"
	}
	t.line("\n%s%s\n%s\n%s", fence, language, strings.TrimRight(content, "\n"), fence)
}

// folded writes a block of code that opens with a click; nothing if it is empty.
func (t *text) folded(title, content string) {
	if strings.TrimSpace(content) == "" {
		return
	}
	t.line("\n<details><summary>%s</summary>", title)
	t.fenced("text", content)
	t.line("\n</details>")
}
