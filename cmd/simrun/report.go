package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/afero"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/worker"
)

var (
	//go:embed report.html
	reportText string
	//go:embed report.css
	reportStyle string
	//go:embed report.js
	reportScript string
)

// reportParts are what the pages of reports have in common.
var reportParts = template.FuncMap{
	"style":  func() template.CSS { return template.CSS(reportStyle) },
	"script": func() template.JS { return template.JS(reportScript) },
}

var reportTemplate = template.Must(template.New("report").Funcs(reportParts).Parse(reportText))

// keep writes the report, as JSON and as a page, and a shrunk case with its
// explained page for each defect.
func (r *campaignReport) keep(fsys afero.Fs, dir string) error {
	text, err := json.MarshalIndent(r.json(), "", "  ")
	if err != nil {
		return err
	}
	if err := writeWhole(fsys, filepath.Join(dir, reportFile), append(text, '\n')); err != nil {
		return err
	}
	page := r.page()
	if len(r.summary.Defects) > 0 {
		if err := makeDir(fsys, filepath.Join(dir, casesDir)); err != nil {
			return err
		}
	}
	for i := range r.summary.Defects {
		d := &r.summary.Defects[i]
		name := filepath.Join(dir, casesDir, caseName(i, d)) // the page has them in another order
		if err := writeWhole(fsys, name+".case", []byte(d.First.Case.String())); err != nil {
			return err
		}
		if r.subject.absent() {
			continue
		}
		told, err := r.subject.askCase(context.Background(), worker.Case{Do: worker.Explain, Text: d.First.Case.String(), Page: true})
		if err != nil {
			return err
		}
		if err := writeWhole(fsys, name+".html", []byte(told.Told.Page)); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	if err := reportTemplate.Execute(&out, page); err != nil {
		return err
	}
	return writeWhole(fsys, filepath.Join(dir, pageFile), out.Bytes())
}

// reportPage is what the template shows.
type reportPage struct {
	Held              bool
	Verdict           string
	Target            string
	Causes            []causeRow
	Defects           []defectRow // those of a cause together
	Laws              []lawRow
	Unexpected        []corpusCaseJSON
	Deaths            []deathRow
	Numbers           []numberRow
	Columns           []string
	Rows              []heatRow
	Chart             *chart // nil: no times are known
	Profiles          []profileRow
	Faults            []faultRow
	Never             []neverRow
	Points            []pointRow // what the test is to come to
	Config            []numberRow
	Commands          []string
	Reached, Unstruck int
	Baseline          string // "": there is none
	Since             string // it, how many defects became what
	Changes           []changeJSON
	About             string
	More              string // the command that runs more seeds
}

type causeRow struct {
	What, Laws, Profile, Name string
	Runs                      uint64
	Number, Defects           int
}

type defectRow struct {
	Cause                                        int // from 1
	Law, What, Profile, Signature, Name, Command string
	Since                                        change // the baseline
	Count, Seed                                  uint64
}

type deathRow struct {
	Title, Output, Command string
}

type numberRow struct{ Name, Value string }

// caseName is what the files of a defect are called.
func caseName(i int, d *campaign.Defect) string { return fmt.Sprintf("%02d-%s", i+1, d.First.Law) }

func (r *campaignReport) page() *reportPage {
	s := r.summary
	p := &reportPage{Held: r.held(), Target: r.config.Target, Verdict: r.verdict()}
	p.Laws = r.lawRows()
	for n, c := range rootCauses(s.Defects) {
		row := causeRow{Number: n + 1, What: c.where(), Laws: c.lawList(), Profile: c.mildest.String(), Runs: c.runs, Defects: len(c.defects)}
		for _, i := range c.defects {
			d := &s.Defects[i]
			v := d.First
			if d == c.most {
				row.Name = caseName(i, d)
			}
			p.Defects = append(p.Defects, defectRow{Cause: n + 1, Law: string(v.Law), What: v.What, Profile: v.Profile.String(), Signature: v.Signature(),
				Name: caseName(i, d), Command: repeatCommand(v), Count: d.Count, Seed: uint64(v.Seed), Since: r.baseline.of(v.Signature())})
		}
		p.Causes = append(p.Causes, row)
	}
	if r.corpus != nil {
		for _, one := range r.corpus.Cases {
			if !one.OK {
				p.Unexpected = append(p.Unexpected, one)
			}
		}
	}
	for _, d := range s.Deaths {
		title := fmt.Sprintf("Seed %s ended its process", d.Seed)
		if d.Hang {
			title = fmt.Sprintf("Seed %s did nothing for so long that it was ended: a suspected hang", d.Seed)
		}
		p.Deaths = append(p.Deaths, deathRow{title, d.Output, r.deathCommand(d)})
	}
	p.Numbers = r.numbers()
	p.heat(s.Coverage)
	p.Chart = throughput(r.times)
	p.Profiles, p.Faults, p.Never, p.Points = r.profileRows(), r.faultRows(), neverRows(s.Coverage), r.pointRows()
	p.More = r.moreSeeds()
	p.Config, p.Commands = r.configuration(), r.commands()
	p.About = r.about()
	if b := r.baseline; b != nil {
		p.Baseline, p.Since, p.Changes = b.dir, b.String(), b.changes
	}
	return p
}

// about says when the report was made, of what, and how long the runs took.
func (r *campaignReport) about() string {
	parts := []string{"powercut campaign, target " + r.config.Target}
	if !r.finished.IsZero() {
		parts = append(parts, r.finished.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if r.config.Version != "" {
		parts = append(parts, "version "+r.config.Version)
	}
	if r.summary.Duration > 0 {
		parts = append(parts, "in "+r.summary.Duration.Round(time.Second).String())
	}
	return strings.Join(parts, " · ")
}

// grouped writes a number as 1 234 567, with spaces that don't break.
func grouped[N ~int | ~uint64](n N) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u00a0" + digits[i:]
	}
	return digits
}

func (r *campaignReport) verdict() string {
	s := r.summary
	var bad []string
	for _, one := range []struct {
		n    int
		what string
	}{{len(s.Defects), "defects"}, {len(s.Deaths), "runs that ended their process"}, {r.unexpected(), "kept cases that do not do what they should"},
		{r.baseline.stillThere(), "defects of the baseline that their cases still show"}} {
		if one.n > 0 {
			bad = append(bad, fmt.Sprintf("%d %s", one.n, one.what))
		}
	}
	text := "Every law held"
	if s.Interrupted {
		text = fmt.Sprintf("Every law held in the %d seeds that ran", r.done())
	}
	if len(bad) > 0 {
		text = strings.Join(bad, ", ")
	}
	if s.Interrupted {
		text += "; " + r.notRun()
	}
	return text
}

func (r *campaignReport) unexpected() int {
	if r.corpus == nil {
		return 0
	}
	return r.corpus.Unexpected
}

func (r *campaignReport) numbers() []numberRow {
	s := r.summary
	rows := []numberRow{
		{"seeds", grouped(s.Runs - s.Varied)},
		{"variations of seeds that reached something new", fmt.Sprintf("%s (%.0f%% of the runs)", grouped(s.Varied), percent(s.Varied, s.Runs))},
		{"operations on simulated disks", grouped(s.Operations)},
		{"crash images recovered and judged", grouped(s.Images)},
		{"crash images that were repeats", grouped(s.ImagesSkipped)},
		{"crashes that could leave nothing new", grouped(s.Exhausted)},
		{"recoveries that were crashed in turn", grouped(s.RecoveriesCrashed)},
		{"runs repeated, with the same digest", grouped(s.RunsRechecked - s.Differed)},
		{"digest", s.Digest.String()},
	}
	var profiles []string
	for _, profile := range slices.Sorted(maps.Keys(s.Profiles)) {
		profiles = append(profiles, fmt.Sprintf("%s %s", profile, grouped(s.Profiles[profile])))
	}
	rows = append(rows, numberRow{"runs by filesystem", strings.Join(profiles, ", ")})
	if s.Undecided > 0 {
		rows = append(rows, numberRow{"runs that no seed decides alone", fmt.Sprint(s.Undecided)})
	}
	if s.Canary.Path != "" {
		rows = append(rows, numberRow{"self-check", noticed(s.Canary)})
	}
	if r.corpus != nil {
		rows = append(rows, numberRow{"kept cases, run first", fmt.Sprint(len(r.corpus.Cases))})
	}
	return rows
}

func (r *campaignReport) configuration() []numberRow {
	c := r.config
	seeds := fmt.Sprintf("%d, from %d on", c.Seeds, c.First)
	if c.Seeds == 0 {
		seeds = fmt.Sprintf("from %d on, for a time", c.First)
	}
	rows := []numberRow{{"version", c.Version}, {"target", c.Target}, {"seeds", seeds}, {"shard", fmt.Sprintf("%d of %d", c.Shard, c.Shards)},
		{"filesystem", cmp.Or(c.Profile, "drawn by the seed")}, {"law", cmp.Or(string(c.Law), "all")}, {"variations", fmt.Sprint(c.Vary)}}
	if r.workers > 0 {
		rows = append(rows, numberRow{"workers", fmt.Sprintf("%d on %d processors", r.workers, r.processors)},
			numberRow{"time", r.summary.Duration.Round(time.Second).String()})
	}
	return rows
}

// commands are what to paste to have the same again.
func (r *campaignReport) commands() []string {
	return []string{r.commandFor(r.config.First, cmp.Or(r.config.Seeds, r.summary.Runs-r.summary.Varied))}
}

// moreSeeds is the command that runs ten times as many seeds, behind those that ran.
func (r *campaignReport) moreSeeds() string {
	seeds := cmp.Or(r.config.Seeds, r.summary.Runs-r.summary.Varied)
	return r.commandFor(r.config.First+seeds, 10*seeds)
}

func (r *campaignReport) commandFor(first, seeds uint64) string {
	c := r.config
	text := fmt.Sprintf("simrun campaign --target %s --first %d --seeds %d", c.Target, first, seeds)
	if test := r.test(); test != (core.TestName{}) {
		text = fmt.Sprintf("simrun campaign %s --run '%s' --first %d --seeds %d", test.Package, core.RunPattern(test.Test), first, seeds)
	}
	if c.Profile != "" {
		text += " --profile " + c.Profile
	}
	if c.Law != "" {
		text += " --law " + string(c.Law)
	}
	if !c.Vary {
		text += " --vary=false"
	}
	if c.Shards > 1 {
		text += fmt.Sprintf(" --shard %d/%d", c.Shard, c.Shards)
	}
	return text
}
