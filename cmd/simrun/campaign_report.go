package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"powercut/cmd/simrun/internal/fuse"
	"powercut/sim/campaign"
	"powercut/sim/core"
)

// campaignJSON is what campaign --json prints. Its keys don't change.
type campaignJSON struct {
	campaign.Tally
	RunBytes   uint64          `json:"run_bytes"` // allocated by each run of this session, 0 if none ran
	Seconds    float64         `json:"seconds"`
	Violations []violationJSON `json:"violations"`
	RootCauses []rootCauseJSON `json:"root_causes"`
	Never      []core.Cell     `json:"never"`     // combinations of operations that were reached with faults or crashes that were not
	Unreached  []unreachedJSON `json:"unreached"` // what the test is to come to, and no run did
	Canary     canaryJSON      `json:"canary"`
	Complete   bool            `json:"complete"` // false: interrupted before the last seed
	interruption
	Deaths     []deathJSON    `json:"deaths"` // runs that took their process with them, or hung
	Corpus     *corpusJSON    `json:"corpus"` // null: it was not run
	Config     campaignConfig `json:"config"`
	Processors int            `json:"processors"`
	Workers    int            `json:"workers"`
	Finished   time.Time      `json:"finished"` // when the report was made
	// Baseline is the directory of the report that this one is compared with, "" for none.
	Baseline string       `json:"baseline"`
	Changes  []changeJSON `json:"changes"` // since then; without one all is new
}

type deathJSON struct {
	campaign.Death
	Command string `json:"command"` // to see it again
}

// canaryJSON says how the campaign noticed an fsync that does nothing.
type canaryJSON struct {
	Path string   `json:"path"`
	Law  core.Law `json:"law"`
	Runs int      `json:"runs"`
	// Ended is true if a run ended its process, and that is how.
	Ended bool `json:"ended,omitempty"`
}

// campaignReport is all that a campaign, or the shards of one, came to.
type campaignReport struct {
	config     campaignConfig
	subject    *subject
	summary    *campaign.Summary
	seeds      uint64        // that were to run; 0: as many as there is time for
	left       uint64        // of them, that did not run
	planned    time.Duration // to run for, 0: a number of seeds
	corpus     *corpusJSON
	times      []blockTime
	processors int
	workers    int    // 0: nobody knows
	spent      memory // by the runs of this session
	dir        string // where it is kept, "" if it is not
	merged     bool   // of the shards in several directories
	verbose    bool   // tell a person everything
	baseline   *baseline
	shrinking  time.Duration // what making the cases small took
	finished   time.Time
}

// print writes the report to a person or a program. Its error is violated if a
// law was.
func (r *campaignReport) print(out io.Writer, asJSON bool) error {
	if asJSON {
		if err := printJSON(out, r.json()); err != nil {
			return err
		}
	} else if r.verbose {
		r.text(out)
	} else {
		r.summarize(screenOf(out))
	}
	if err := outcome(!r.held(), r.interruption()); err != nil {
		return err
	}
	return r.provesNothing()
}

func (r *campaignReport) interruption() interruption {
	return interruption{r.summary.Interrupted, r.left}
}

// done is how many seeds were run: those that took their process with them too.
func (r *campaignReport) done() uint64 {
	if r.seeds > 0 {
		return r.seeds - r.left
	}
	return r.summary.Runs - r.summary.Varied
}

// notRun says what an interruption left out.
func (r *campaignReport) notRun() string {
	if r.planned > 0 {
		return fmt.Sprintf("it ended after %s of %s", r.summary.Duration.Round(time.Second), r.planned)
	}
	return fmt.Sprintf("%d of %d seeds did not run", r.left, r.seeds)
}

func (r *campaignReport) held() bool {
	return len(r.summary.Defects) == 0 && len(r.summary.Deaths) == 0 && r.baseline.stillThere() == 0 && (r.corpus == nil || r.corpus.Unexpected == 0)
}

func (r *campaignReport) json() campaignJSON {
	s := r.summary
	report := campaignJSON{Tally: s.Tally, RunBytes: r.spent.bytes / max(1, r.spent.runs), Seconds: s.Duration.Seconds(),
		Violations: []violationJSON{}, RootCauses: r.rootCausesJSON(), Never: s.Coverage.Never(), Unreached: r.unreached(),
		Canary: canaryJSON(s.Canary), Complete: !s.Interrupted, interruption: r.interruption(),
		Deaths: []deathJSON{}, Corpus: r.corpus, Config: r.config, Processors: r.processors, Workers: r.workers, Finished: r.finished, Changes: []changeJSON{}}
	if r.baseline != nil {
		report.Baseline, report.Changes = r.baseline.dir, append(report.Changes, r.baseline.changes...)
	} else {
		for _, d := range s.Defects {
			report.Changes = append(report.Changes, firstSeen(d.First))
		}
	}
	for _, d := range s.Defects {
		report.Violations = append(report.Violations, violationOf(d.First, d.Count))
	}
	for _, d := range s.Deaths {
		report.Deaths = append(report.Deaths, deathJSON{d, r.deathCommand(d)})
	}
	return report
}

func (r *campaignReport) text(out io.Writer) {
	s := r.summary
	fmt.Fprintf(out, "target %s: %d seeds of %d, in %s\n", r.config.Target, r.done(), cmp.Or(r.seeds, r.done()), s.Duration.Round(time.Second/10))
	if r.config.Shards > 1 {
		fmt.Fprintf(out, "  shard %d of %d of a campaign of %s\n", r.config.Shard, r.config.Shards, r.whole())
	}
	if c := r.corpus; c != nil {
		fmt.Fprintf(out, "  %d kept cases run first, %d of them not as they should\n", len(c.Cases), c.Unexpected)
	}
	if r.config.Vary {
		fmt.Fprintf(out, "  %d runs: %.0f%% fresh seeds, %.0f%% variations of seeds that reached something new\n", s.Runs, percent(s.Runs-s.Varied, s.Runs), percent(s.Varied, s.Runs))
	}
	fmt.Fprintf(out, "  %d operations on simulated disks\n", s.Operations)
	fmt.Fprintf(out, "  %d crash images recovered and judged (%d more were repeats, and %d crashes could leave nothing new); in %d of those recoveries the power went again\n", s.Images, s.ImagesSkipped, s.Exhausted, s.RecoveriesCrashed)
	fmt.Fprintf(out, "  %d runs repeated, %s\n", s.RunsRechecked, repeatedAs(s))
	r.printEngine(out)
	if s.Canary.Path != "" {
		fmt.Fprintf(out, "  self-check: %s\n", noticed(s.Canary))
	}
	printFaults(out, s.Faults)
	printCoverage(out, s)
	for _, u := range r.unreached() {
		fmt.Fprintf(out, "  never reached: %s\n", u)
	}
	if seconds := s.Duration.Seconds(); r.workers > 0 && seconds > 0 {
		fmt.Fprintf(out, "  each second: %.0f runs, %.0f operations, %.0f images (repeats aside), with %d workers\n",
			float64(s.Runs)/seconds, float64(s.Operations)/seconds, float64(s.Images)/seconds, r.workers)
	}
	if m := r.spent; m.runs > 0 {
		fmt.Fprintf(out, "  each run allocates %d KiB\n", m.bytes/m.runs>>10)
	}
	fmt.Fprintf(out, "  digest %s: the same seeds give the same digest, on any machine\n", s.Digest)
	r.baseline.tell(screen{out: out})
	if s.Interrupted {
		fmt.Fprintf(out, "interrupted: %s\n", r.notRun())
		switch {
		case r.merged:
			fmt.Fprintln(out, "  to go on:           the command of each unfinished shard again, with --resume")
		case r.dir != "":
			fmt.Fprintln(out, "  to go on:           the same command again, with --resume")
		}
	}
	if r.held() && s.Interrupted {
		fmt.Fprintf(out, "every law held in the %d seeds that ran\n", r.done())
		return
	}
	if r.held() {
		fmt.Fprintln(out, "every law held")
		return
	}
	if r.corpus != nil {
		for _, one := range r.corpus.Cases {
			if !one.OK {
				fmt.Fprintf(out, "UNEXPECTED: %s\n  to understand it:   %s explain %s\n", r.unexpectedCase(&one), command(r.test(), r.config.Target), one.File)
			}
		}
	}
	for _, d := range s.Deaths {
		r.printDeath(out, d)
	}
	r.printDefects(out)
}

func (r *campaignReport) printDefects(out io.Writer) {
	if len(r.summary.Defects) == 0 {
		return
	}
	fmt.Fprintf(out, "%d defects:\n", len(r.summary.Defects))
	for i, d := range r.summary.Defects {
		printViolation(out, d.First, d.Count)
		if r.dir != "" {
			fmt.Fprintf(out, "  its case, shrunk:   %s\n", filepath.Join(r.dir, casesDir, caseName(i, &d)+".case"))
			continue
		}
		fmt.Fprintf(out, "  shrunk, it is this case (save it to a file for simrun repro):\n%s", indented(d.First.Case.String()))
	}
}

// undecided says why no seed decides some runs.
func (r *campaignReport) undecided() string {
	if r.config.Target == fuse.TargetName {
		return "the commands were processes of the machine's: no seed decides when what they ask for comes"
	}
	return "goroutines of the engine's own used the disk: no seed decides what they do"
}

// printEngine says what of the runs is the engine's own doing.
func (r *campaignReport) printEngine(out io.Writer) {
	s := r.summary
	if s.Undecided > 0 {
		fmt.Fprintf(out, "  in %d runs %s, and the digest leaves them out\n", s.Undecided, r.undecided())
	}
	if s.KnownDefects > 0 {
		fmt.Fprintf(out, "  %d violations passed over, since the test knows of them\n", s.KnownDefects)
	}
}

// repeatedAs says what came of the runs that were made twice.
func repeatedAs(s *campaign.Summary) string {
	if s.Differed == 0 {
		return "each with the same digest"
	}
	return fmt.Sprintf("%d of them with another digest: goroutines or locks of the engine's own", s.Differed)
}

// noticed says how the canary was missed.
func noticed(c campaign.CanaryReport) string {
	if c.Ended {
		return fmt.Sprintf("with every fsync of %s a no-op, a run ends its process", c.Path)
	}
	return fmt.Sprintf("with every fsync of %s a no-op, run %d violates %s", c.Path, c.Runs, c.Law)
}

// whole says how much all the shards together run.
func (r *campaignReport) whole() string {
	if r.config.Seeds == 0 {
		return "as many seeds as there is time for"
	}
	return fmt.Sprintf("%d seeds", r.config.Seeds)
}

func percent(n, of uint64) float64 { return 100 * float64(n) / float64(max(of, 1)) }

// test is which test the campaign is of, the zero value if it is of none.
func (r *campaignReport) test() core.TestName {
	if r.subject == nil || r.subject.test == nil {
		return core.TestName{}
	}
	return r.subject.test.Name
}

func (r *campaignReport) unexpectedCase(one *corpusCaseJSON) string {
	if r.test() != (core.TestName{}) {
		return one.File + ": " + one.Problem
	}
	return fmt.Sprintf("%s %s, with digest %s; it should be one that %s, with the digest that it says", one.File, one.Got, one.Digest, one.Expected)
}

// deathCommand is what to paste to see a death again.
func (r *campaignReport) deathCommand(d campaign.Death) string {
	text := runCommand(r.test(), r.config.Target, d.Seed, d.Variation)
	if r.config.Profile != "" {
		text += " --profile " + r.config.Profile
	}
	return text
}

// maxDeathLines is how much of what a process said at its end is printed.
const maxDeathLines = 24

func (r *campaignReport) printDeath(out io.Writer, d campaign.Death) {
	what := "DIED: seed %s ended its process\n"
	if d.Hang {
		what = "SUSPECTED HANG: seed %s did nothing for so long that it was ended; this does not count in the digest\n"
	}
	fmt.Fprintf(out, what, d.Seed)
	lines := strings.Split(d.Output, "\n")
	if n := len(lines) - maxDeathLines; n > 0 {
		lines = append(lines[:maxDeathLines], fmt.Sprintf("(%d more lines with --json)", n))
	}
	fmt.Fprint(out, indented(strings.Join(lines, "\n")+"\n"))
	fmt.Fprintf(out, "  to see it again:    %s\n", r.deathCommand(d))
}
