package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"powercut/properties"
	"powercut/sim"
)

// corpusJSON is what corpus --json prints. Its keys don't change.
type corpusJSON struct {
	Cases      []corpusCaseJSON `json:"cases"`
	Unexpected int              `json:"unexpected"` // cases that do not do what they should
}

type corpusCaseJSON struct {
	File     string  `json:"file"`
	Target   string  `json:"target"`
	Law      sim.Law `json:"law"`
	Step     string  `json:"step"`
	Why      string  `json:"why"`
	Expected string  `json:"expected"` // "holds" or "violates"
	Got      string  `json:"got"`      // the same, "violates LAW" for another law
	Digest   string  `json:"digest"`
	Missed   bool    `json:"missed"` // it does not come to its crash any more
	OK       bool    `json:"ok"`
}

func newCorpusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "corpus [DIR]",
		Short: "run every case of a directory again, and say which does not do what it should",
		Long: `corpus runs each .case file in a directory (default: corpus). A case of the journal
must hold, since its defect is mended; one of the original protocol must still
violate its law, with the digest that it says. It exits 1 if one does not.`,
		Example: `  simrun corpus
  simrun corpus /var/tmp/found --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "corpus"
			if len(args) > 0 {
				dir = args[0]
			}
			report, err := runCorpus(dir, "")
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), report)
			} else {
				err = printCorpus(cmd, report)
			}
			if err == nil && report.Unexpected > 0 {
				err = violated
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// runCorpus runs the cases of a target, "" for all.
func runCorpus(dir, target string) (corpusJSON, error) {
	report := corpusJSON{Cases: []corpusCaseJSON{}}
	if _, err := os.Stat(dir); err != nil {
		return report, fmt.Errorf("the corpus: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.case"))
	if err != nil || len(files) == 0 {
		return report, fmt.Errorf("the corpus: there is no .case file in %s", dir)
	}
	for _, file := range files {
		c, err := readCase(nil, file)
		if err != nil {
			return report, err
		}
		if target != "" && c.Target != target {
			continue
		}
		one := corpusCase(c)
		one.File = file
		if !one.OK {
			report.Unexpected++
		}
		report.Cases = append(report.Cases, one)
	}
	return report, nil
}

// corpusCase runs one case and compares it with what it should do.
func corpusCase(c *sim.Case) corpusCaseJSON {
	result := sim.Reproduce(c, false)
	one := corpusCaseJSON{Target: c.Target, Law: c.Law, Step: c.Step, Why: strings.TrimSpace(c.Why), Expected: "holds", Got: "holds",
		Digest: result.Digest.String(), Missed: result.Missed}
	if c.Target != properties.Journal.Name() {
		one.Expected = "violates"
	}
	if v := result.Violation; v != nil {
		one.Got = "violates"
		if v.Law != c.Law {
			one.Got += " " + string(v.Law)
		}
	}
	one.OK = one.Got == one.Expected && (c.Digest == 0 || c.Digest == result.Digest)
	return one
}

func printCorpus(cmd *cobra.Command, report corpusJSON) error {
	out := cmd.OutOrStdout()
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, one := range report.Cases {
		verdict := "ok"
		switch {
		case one.Got != one.Expected:
			verdict = "UNEXPECTED: it " + one.Got + "; it should be one that " + one.Expected
		case !one.OK:
			verdict = "UNEXPECTED: its digest is " + one.Digest + " now"
		case one.Missed:
			verdict = "ok (it does not come to its crash any more)"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s %s\t%s\n", filepath.Base(one.File), one.Target, one.Expected, one.Law, verdict)
	}
	if err := tw.Flush(); err != nil {
		return harnessFailed(err)
	}
	if report.Unexpected > 0 {
		fmt.Fprintf(out, "%d of %d cases do not do what they should; simrun explain FILE tells why\n", report.Unexpected, len(report.Cases))
	} else {
		fmt.Fprintf(out, "all %d cases do what they should\n", len(report.Cases))
	}
	return nil
}
