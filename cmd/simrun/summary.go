package main

import (
	"path/filepath"
	"strings"
	"time"
)

// maxRootCauses is how many of them a summary names.
const maxRootCauses = 20

// summarize tells a person what came of a campaign, on a few lines: the verdict, what
// it cost, what was found, and where all of it is.
func (r *campaignReport) summarize(s screen) {
	causes := rootCauses(r.summary.Defects)
	switch {
	case !r.held():
		s.verdict("FAILED", bad, r.verdictOf(causes))
	case r.summary.Interrupted:
		s.verdict("INTERRUPTED", unsure, r.verdictOf(causes))
	default:
		s.verdict("HELD", good, r.verdictOf(causes))
	}
	s.line("%s", r.cost())
	if r.held() {
		s.line("%s", r.reached())
	}
	if n := r.summary.Undecided; n > 0 {
		s.line("in %s %s, and the digest leaves them out", count(n, "run"), r.undecided())
	}
	r.tellCauses(s, causes)
	r.baseline.tell(s)
	if r.corpus != nil {
		for _, one := range r.corpus.Cases {
			if !one.OK {
				s.line("the kept case %s: %s: simrun explain %s", one.File, one.Problem, one.File)
			}
		}
	}
	for _, d := range r.summary.Deaths {
		what := "ended its process"
		if d.Hang {
			what = "did nothing for so long that it was ended"
		}
		s.line("seed %s %s: %s", d.Seed, what, r.deathCommand(d))
	}
	s.line("%s", r.keptWhere())
	s.line("everything that was counted: -v; for programs: --json")
}

// verdictOf says how a campaign ended.
func (r *campaignReport) verdictOf(causes []*rootCause) string {
	var bad []string
	if n := len(causes); n > 0 {
		bad = append(bad, count(n, "root cause")+" of "+count(len(r.summary.Defects), "violation"))
	}
	if n := len(r.summary.Deaths); n > 0 {
		bad = append(bad, count(n, "run")+" that ended its process or hung")
	}
	if n := r.unexpected(); n > 0 {
		bad = append(bad, count(n, "kept case")+" not as it should be")
	}
	if n := r.baseline.stillThere(); n > 0 {
		bad = append(bad, count(n, "defect")+" of the baseline that its case still shows")
	}
	text := strings.Join(bad, ", ")
	if len(bad) == 0 {
		text = "every law held in " + count(r.done(), "seed")
	}
	text += " (target " + r.config.Target + ")"
	if r.summary.Interrupted {
		text += "; interrupted: " + r.notRun()
		switch {
		case r.merged:
			text += "; each unfinished shard goes on with --resume"
		case r.dir != "":
			text += "; --resume goes on"
		}
	}
	return text
}

// cost says what the campaign did, and how long it took.
func (r *campaignReport) cost() string {
	s := r.summary
	text := count(r.done(), "seed") + ", " + count(s.Runs, "run") + ", " + count(s.Images, "crash image") + " recovered and judged"
	if s.Duration > 0 {
		text += ", in " + s.Duration.Round(time.Second/10).String()
	}
	if r.workers > 0 {
		text += " with " + count(r.workers, "worker")
	}
	if d := r.shrinking.Round(time.Second / 10); d > 0 && len(r.summary.Defects) > 0 {
		text += "; then shrunk in " + d.String()
	}
	if s.Canary.Path != "" {
		text += "; an fsync that does nothing was noticed"
	}
	return text
}

// reached says how far a campaign that found nothing looked.
func (r *campaignReport) reached() string {
	s := r.summary
	struck := 0
	for _, n := range s.Faults {
		if n.Fired > 0 {
			struck++
		}
	}
	return count(len(s.Coverage), "combination") + " of step, operation, fault and crash reached, " + count(len(s.Coverage.Never()), "possible one") + " not; " +
		count(struck, "kind") + " of fault struck; digest " + s.Digest.String()
}

// tellCauses gives a line to each root cause.
func (r *campaignReport) tellCauses(s screen, causes []*rootCause) {
	for i, c := range causes {
		if i == maxRootCauses {
			s.line("and %s more", count(len(causes)-i, "root cause"))
			return
		}
		runs := count(c.runs, "run")
		if c.most.First.Unrepeated {
			runs += ", and not in its case when that is run again"
		}
		s.line("%s; %s, %s: %s", c.what(), c.mildest, runs, r.explainCommand(c))
	}
}

// keptWhere says where to look for the report and the cases.
func (r *campaignReport) keptWhere() string {
	switch {
	case r.dir == "":
		return "nothing was kept: --out DIR writes a report as a page, and the cases"
	case len(r.summary.Defects) == 0:
		return "report: " + filepath.Join(r.dir, pageFile)
	}
	return "report: " + filepath.Join(r.dir, pageFile) + "; cases, and a page for each: " + filepath.Join(r.dir, casesDir)
}
