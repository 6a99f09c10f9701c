package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"powercut/properties"
	"powercut/sim/core"
)

// corpusJSON is what corpus --json prints. Its keys don't change.
type corpusJSON struct {
	Cases      []corpusCaseJSON `json:"cases"`
	Unexpected int              `json:"unexpected"` // cases that do not do what they should
	interruption
}

type corpusCaseJSON struct {
	File     string   `json:"file"`
	Target   string   `json:"target"`
	Law      core.Law `json:"law"`
	Step     string   `json:"step"`
	Why      string   `json:"why"`
	Expected string   `json:"expected"` // "holds" or "violates"
	Got      string   `json:"got"`      // the same, "violates LAW" for another law
	Digest   string   `json:"digest"`
	Missed   bool     `json:"missed"`  // it does not come to its crash any more
	Differs  string   `json:"differs"` // how what runs it differs from what it was made with, "": it does not
	Problem  string   `json:"problem"`
	Rewrote  string   `json:"rewrote"` // the digest that its file has now, "" if it was left alone
	OK       bool     `json:"ok"`
}

func newCorpusCommand() *cobra.Command {
	var asJSON, rewrite bool
	var common commonFlags
	cmd := &cobra.Command{
		Use:   "corpus [DIR | PACKAGE] [-- FLAGS OF GO TEST]",
		Short: "run every case of a directory again, and say which does not do what it should",
		Long: `corpus runs each .case file in a directory (default: corpus). A case of the journal
must hold, since its defect is mended; one of the original protocol must still
violate its law. Both must come to the crash that they say, and have the digest
that they say. It exits 1 if one does not.

With --rewrite the digests of cases that a change of the code made stale are
written anew, and listed: only of those that still hold, or still violate their
law in their step, and come to their crash. The others are left as they are.

Of a Go package ("./store", an import path; a directory with cases goes before one)
it runs what the tests keep in testdata/powercut. Each case must hold. One that does
not come to its crash any more says nothing, and is named: it can be removed. One
whose image is not lawful any more, which is what a mend does, is judged by the
nearest that is, and with --rewrite keeps that.`,
		Example: `  simrun corpus
  simrun corpus --rewrite
  simrun corpus /var/tmp/found --json
  simrun corpus ./store`,
		Args: inFront(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			args = common.pkg.take(cmd, args)
			dir := "corpus"
			if len(args) > 0 {
				dir = args[0]
			}
			if common.pkg.binary != "" && len(args) == 0 {
				dir = "."
			}
			ctx, stop := interruptible(cmd)
			defer stop()
			run := func() (corpusJSON, error) { return runCorpus(ctx, cmd.ErrOrStderr(), dir, "", rewrite) }
			if common.isOfTests(dir) {
				common.Target = dir
				run = func() (corpusJSON, error) { return common.runCorpora(ctx, cmd.ErrOrStderr(), rewrite) }
			}
			report, err := run()
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), report)
			} else {
				err = printCorpus(cmd, report)
			}
			if err != nil {
				return err
			}
			return outcome(report.Unexpected > 0, report.interruption)
		},
	}
	common.pkg.add(cmd)
	cmd.Flags().StringVar(&common.pattern, "run", "", "of a package, the tests that this `REGEXP` names, as go test -run has it (default: all that call sim.Test)")
	cmd.Flags().BoolVar(&rewrite, "rewrite", false, "write stale digests anew, where everything else is as it should be")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// isOfTests says whether it is the cases of a package's tests that are wanted, and not
// those in a directory.
func (f *commonFlags) isOfTests(dir string) bool {
	if f.pkg.binary != "" || f.pattern != "" || len(f.pkg.build) > 0 {
		return true
	}
	cases, err := filepath.Glob(filepath.Join(dir, "*.case"))
	return err == nil && len(cases) == 0 && isPackage(dir)
}

// runCorpus runs the cases of a target, "" for all. With rewrite it renews
// their digests where that is all that changed. It ends early with ctx.
func runCorpus(ctx context.Context, progress io.Writer, dir, target string, rewrite bool) (corpusJSON, error) {
	report := corpusJSON{Cases: []corpusCaseJSON{}}
	if _, err := os.Stat(dir); err != nil {
		return report, fmt.Errorf("the corpus: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.case"))
	if err != nil || len(files) == 0 {
		return report, fmt.Errorf("the corpus: there is no .case file in %s", dir)
	}
	shown := newSteps(progress, "cases")
	defer shown.finish()
	for i, file := range files {
		shown.at(uint64(i), uint64(len(files)))
		if ctx.Err() != nil {
			report.Interrupted, report.Left = true, uint64(len(files)-i)
			break
		}
		c, err := readCase(nil, file)
		if err != nil {
			return report, err
		}
		if target != "" && c.Target != target {
			continue
		}
		one, kept := corpusCase(c)
		one.File = file
		if rewrite && kept.Stale() {
			if err := renew(file, &one, &kept); err != nil {
				return report, harnessFailed(err)
			}
		}
		if !one.OK {
			report.Unexpected++
		}
		report.Cases = append(report.Cases, one)
	}
	return report, nil
}

// corpusCase runs one case and compares it with what it should do.
func corpusCase(c *core.Case) (corpusCaseJSON, properties.CorpusResult) {
	k := properties.RunCorpusCase(c)
	one := corpusCaseJSON{Target: c.Target, Law: c.Law, Step: c.Step, Why: strings.TrimSpace(c.Why), Expected: k.Expected, Got: k.Got,
		Digest: k.Result.Digest.String(), Missed: k.Result.Missed, Problem: k.Problem()}
	one.OK = one.Problem == ""
	return one, k
}

// renew writes the digest of a case anew, or says why it must not.
func renew(file string, one *corpusCaseJSON, kept *properties.CorpusResult) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("the case: %w", err)
	}
	renewed, why := kept.Renewed(string(text))
	if why != "" {
		one.Problem = why + "; its digest was left alone"
		return nil
	}
	if err := writeWhole(realDisk, file, []byte(renewed)); err != nil {
		return err
	}
	one.Rewrote, one.Problem, one.OK = one.Digest, "", true
	return nil
}

func printCorpus(cmd *cobra.Command, report corpusJSON) error {
	out := cmd.OutOrStdout()
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, one := range report.Cases {
		verdict := "ok"
		switch {
		case one.Rewrote != "":
			verdict = "ok, with digest " + one.Rewrote + " from now on"
		case !one.OK:
			verdict = "UNEXPECTED: " + one.Problem
		case one.Differs != "":
			verdict = "ok, which says little: " + one.Differs
		}
		fmt.Fprintf(tw, "%s\t%s\t%s %s\t%s\n", filepath.Base(one.File), one.Target, one.Expected, one.Law, verdict)
	}
	if err := tw.Flush(); err != nil {
		return harnessFailed(err)
	}
	rewrote := 0
	for _, one := range report.Cases {
		if one.Rewrote != "" {
			rewrote++
		}
	}
	if rewrote > 0 {
		fmt.Fprintf(out, "%d digests written anew: look at the difference before it is committed\n", rewrote)
	}
	if report.Interrupted {
		fmt.Fprintf(out, "interrupted: %d cases did not run\n", report.Left)
	}
	switch {
	case report.Unexpected > 0:
		fmt.Fprintf(out, "%d of %d cases do not do what they should; simrun explain FILE tells why\n", report.Unexpected, len(report.Cases))
	case report.Interrupted:
		fmt.Fprintf(out, "the %d cases that ran do what they should\n", len(report.Cases))
	case len(report.Cases) == 0:
		fmt.Fprintln(out, "no case is kept")
	default:
		fmt.Fprintf(out, "all %d cases do what they should\n", len(report.Cases))
	}
	return nil
}
