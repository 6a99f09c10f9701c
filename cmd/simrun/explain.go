package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"powercut/sim/worker"
)

func newExplainCommand() *cobra.Command {
	var page, player string
	var asJSON, markdown bool
	var pkg packageFlags
	cmd := &cobra.Command{
		Use:   "explain CASE" + caseUse,
		Short: "tell what was lost in a case, why, and where in the code",
		Long: `explain runs the case in a file ("-" is standard input) and tells what each client
did and was told, the operations on the disk with the places in the code that they
came from, the fault that struck, what was pending when the crash came and what
became of it, what recovery found, and what it should have found. Then it puts
syncs into the case, one or two at a time, and names those that would have helped.
With --html the same goes into one page that needs no network, and with --markdown it
is a report to paste into a bug tracker, with the case in it.

--player writes a page in which the case can be played: the engine itself runs there,
compiled to WebAssembly. Move the power cut, choose what survives, and see what the laws
say of that. Go has to be installed, which compiles the engine, for some seconds the
first time.

It exits 1 while the case violates a law, 0 when it no longer does, and 125 if that
can't be told in another binary than it was made with, see simrun repro --help.
` + caseOfTest,
		Example: `  simrun explain corpus/original-lost-name.case
  simrun explain corpus/original-lost-name.case --html page.html
  simrun explain corpus/original-lost-name.case --player play.html
  simrun explain corpus/original-lost-name.case --markdown > report.md`,
		Args: inFront(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			args = pkg.take(cmd, args)
			f, err := openCase(cmd, args[0], &pkg)
			if err != nil {
				return err
			}
			defer f.done()
			if player != "" {
				if err := writePlayer(cmd.Context(), f, player, pkg.build); err != nil {
					return err
				}
			}
			note, err := f.do(cmd.Context(), worker.Case{Do: worker.Explain, Page: page != ""})
			if err != nil {
				return failed(err)
			}
			if page != "" {
				if err := writeWhole(realDisk, page, []byte(note.Told.Page)); err != nil {
					return harnessFailed(fmt.Errorf("the page: %w", err))
				}
			}
			switch out := cmd.OutOrStdout(); {
			case asJSON:
				err = printJSON(out, note.Told.Report)
			case markdown:
				err = note.Told.Report.Markdown(out, f.text)
			default:
				err = printStory(out, note.Told.Text, page, player)
			}
			if err != nil {
				return harnessFailed(err)
			}
			switch {
			case note.Told.Violated:
				err = violated
			case note.Told.Report.Story.Differs != "":
				err = &exitError{code: exitUntestable}
			}
			return err
		},
	}
	pkg.add(cmd)
	cmd.Flags().StringVar(&page, "html", "", "also write a self-contained page to this `FILE`")
	cmd.Flags().StringVar(&player, "player", "", "also write a page to this `FILE` in which the case can be played")
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print a report for a bug tracker, in Markdown")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	return cmd
}

// printStory prints an account, and where pages of it were written, if any were.
func printStory(out io.Writer, account, page, player string) error {
	if page != "" {
		account += "the page: " + page + "\n"
	}
	if player != "" {
		account += "to play it: " + player + "\n"
	}
	_, err := io.WriteString(out, account)
	return err
}
