package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"powercut/sim/core"
	"powercut/sim/explain"
)

// explainJSON is what explain --json prints. Its keys don't change.
type explainJSON struct {
	Law        core.Law       `json:"law"`
	Violated   bool           `json:"violated"`
	What       string         `json:"what"`
	Diff       string         `json:"diff"`
	Sentence   string         `json:"sentence"`
	Step       string         `json:"step"`
	Stack      []core.Site    `json:"stack"` // of the operation that it goes back to
	Profile    string         `json:"profile"`
	Digest     string         `json:"digest"`
	Calls      []explain.Call `json:"calls"`
	Operations []core.Event   `json:"operations"`
	Crashes    []crashJSON    `json:"crashes"`
	Barriers   []barrierJSON  `json:"barriers"`
	Suggestion string         `json:"suggestion"`
	Story      storyJSON      `json:"story"` // what every command tells of the case
}

type crashJSON struct {
	Title   string       `json:"title"` // its kind and where it came, for a person
	Kind    string       `json:"kind"`
	Epoch   int          `json:"epoch"`
	Depth   int          `json:"depth"`
	Step    uint64       `json:"step"`
	Choice  string       `json:"choice"`
	Pending []changeJSON `json:"pending"`
	Files   []fileJSON   `json:"files"`
}

type changeJSON struct {
	Change string       `json:"change"`
	Fate   explain.Fate `json:"fate"`
	Stack  []core.Site  `json:"stack"`
}

type fileJSON struct {
	Path   string          `json:"path"`
	Bytes  int64           `json:"bytes"`
	Pieces []explain.Piece `json:"pieces"`
}

type barrierJSON struct {
	After string      `json:"after"` // kind of operation
	Sync  string      `json:"sync"`  // "file" or "directory"
	Path  string      `json:"path"`
	Stack []core.Site `json:"stack"`
}

func newExplainCommand() *cobra.Command {
	var page string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain CASE",
		Short: "tell what was lost in a case, why, and where in the code",
		Long: `explain runs the case in a file ("-" is standard input) and tells what each client
did and was told, the operations on the disk with the places in the code that they
came from, the fault that struck, what was pending when the crash came and what
became of it, what recovery found, and what it should have found. Then it puts
syncs into the case, one or two at a time, and names those that would have helped.
With --html the same goes into one page that needs no network.

It exits 1 while the case violates a law and 0 when it no longer does.`,
		Example: `  simrun explain corpus/original-lost-name.case
  simrun explain corpus/original-lost-name.case --html page.html`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := readCase(cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			told := tellStory(c)
			a, s := told.account, told.suggestion
			if page != "" {
				if err := writePage(page, a, s); err != nil {
					return err
				}
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), explainToJSON(told))
			} else if err = explain.Text(cmd.OutOrStdout(), a, s, args[0]); err != nil {
				err = harnessFailed(err)
			}
			if err == nil && a.Violation != nil {
				err = violated
			}
			return err
		},
	}
	cmd.Flags().StringVar(&page, "html", "", "also write a self-contained page to this `FILE`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func writePage(name string, a *explain.Account, s explain.Suggestion) error {
	var page bytes.Buffer
	err := explain.HTML(&page, a, s)
	if err == nil {
		err = writeWhole(realDisk, name, page.Bytes())
	}
	if err != nil {
		return harnessFailed(fmt.Errorf("the page: %w", err))
	}
	return nil
}

func explainToJSON(told story) explainJSON {
	a, s, j := told.account, told.suggestion, told.json()
	out := explainJSON{Law: a.Case.Law, Violated: a.Violation != nil, Sentence: a.Sentence(), Step: a.Culprit.Step, Stack: a.Culprit.Stack,
		Profile: a.Case.Profile.String(), Digest: a.Digest.String(), Calls: a.Calls(), Suggestion: s.String(),
		Operations: []core.Event{}, Crashes: []crashJSON{}, Barriers: j.Barriers, Story: j}
	if v := a.Violation; v != nil {
		out.Law, out.What, out.Diff = v.Law, v.What, v.Diff
	}
	for _, e := range a.Events {
		if e.Kind == core.EventOp {
			out.Operations = append(out.Operations, e)
		}
	}
	for i := range a.Crashes {
		out.Crashes = append(out.Crashes, crashToJSON(&a.Crashes[i]))
	}
	return out
}

func crashToJSON(c *explain.CrashAccount) crashJSON {
	out := crashJSON{Title: c.Title, Kind: c.Kind.String(), Epoch: c.Epoch, Depth: c.Depth, Step: c.Step, Choice: c.Choice.String(),
		Pending: []changeJSON{}, Files: []fileJSON{}}
	for _, change := range c.Changes {
		out.Pending = append(out.Pending, changeJSON{change.Pending.String(), change.Fate, change.Stack})
	}
	for _, f := range c.Files {
		if !f.Dir {
			out.Files = append(out.Files, fileJSON{f.Path, f.Size, f.Pieces})
		}
	}
	return out
}
