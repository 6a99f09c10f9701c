// Command proof writes docs/proof.md and docs/night.md from what simrun's commands measured, as
// JSON files in the folder that it is given. "make proof" runs all of it.
package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"text/template"
	"time"

	"powercut/sim/campaign"
	"powercut/sim/core"
)

//go:embed proof.md.tmpl night.md.tmpl
var templates embed.FS

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "proof: want the folder with the measurements and the one of the documents; 'make proof' makes them")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintf(os.Stderr, "proof: %v\n", err)
		os.Exit(3)
	}
}

// report is what the template shows.
type report struct {
	Date, Go string
	CPUs     int
	Commits  map[string]string // that each part was measured at

	Mutants  mutants
	Disk     diskMutants
	Barriers barriers
	Reasons  []lateReason
	Explored []explored
	Original measuredCampaign
	Defects  []defect
	Pessimal measuredCampaign
	Journal  measuredCampaign
	Night    night // the same, with all that it has
	Struck   []neverStruck
}

// night is what docs/night.md tells of a campaign.
type night struct {
	measuredCampaign
	Never  []core.Cell
	Deaths []campaign.Death
	Corpus struct {
		Cases      []struct{ File string }
		Unexpected int
	}
	Processors, Workers int
}

// Seeds returns how many were run: each once, and then its variations.
func (n night) Seeds() uint64 { return n.Runs - n.Varied }

// neverStruck lists the faults that never struck an operation.
type neverStruck struct{ Place, Faults string }

func (n *night) struck() (all []neverStruck) {
	for _, c := range n.Never {
		place := c.Step + " " + c.Op
		switch {
		case c.Fault == "":
		case len(all) > 0 && all[len(all)-1].Place == place:
			all[len(all)-1].Faults += ", " + c.Fault
		default:
			all = append(all, neverStruck{place, c.Fault})
		}
	}
	return all
}

type mutants struct {
	Mutants []struct {
		Name    string
		Killed  bool
		Law     string
		Runs    int
		Median  int   // runs until the first violation
		ByStart []int `json:"by_start"`
		Seconds float64
	}
	Total, Killed, Survived, Runs int
	Seconds                       float64
}

// Starts is from how many first seeds each was hunted.
func (m mutants) Starts() int {
	if len(m.Mutants) == 0 {
		return 0
	}
	return len(m.Mutants[0].ByStart)
}

// Within is the number of runs within which so many of a hundred were killed.
func (m mutants) Within(percent int) int {
	var runs []int
	for _, one := range m.Mutants {
		if one.Killed {
			runs = append(runs, one.Median)
		}
	}
	slices.Sort(runs)
	if len(runs) == 0 {
		return 0
	}
	return runs[(len(runs)*percent+99)/100-1]
}

// diskMutants are those of the disk, which its own tests are to notice.
type diskMutants struct {
	Mutants []struct {
		Name    string
		Killed  bool
		Tests   []string
		Seconds float64
	}
	Total, Killed int
	Seconds       float64
}

type barriers struct {
	Sites []struct {
		Site, Op, Kind string
		Killed, Kept   bool
		Law            string
		Runs           int
		Reason         string // why nobody misses it when it is late
	}
	Total, Killed, Survived int
	Seconds                 float64
}

// Late counts those that come late, and of them those that nobody misses.
func (b barriers) Late() (text string) {
	late, missed, dead, all := 0, 0, 0, 0
	for _, s := range b.Sites {
		if s.Kind == "late" {
			late++
			if s.Killed {
				missed++
			}
			continue
		}
		all++
		if s.Killed {
			dead++
		}
	}
	return fmt.Sprintf("%d of %d that do nothing are missed, and %d of %d that come late", dead, all, missed, late)
}

type explored struct {
	Ops, Faults, Depth, Workloads, Runs, Struck, Images, Distinct, Capped int
	Digest                                                                string
	Complete                                                              bool
	Seconds                                                               float64
	Violation                                                             any
}

type measuredCampaign struct {
	campaign.Tally
	Seconds float64
	Canary  struct {
		Path, Law string
		Runs      int
	}
	Violations []violation
}

type violation struct {
	Law, Signature, What string
	Count, Seed          uint64
}

// defect is a known one of the original, and how a campaign reports it.
type defect struct {
	What, Case string
	Law        string
	Signature  *regexp.Regexp
	Says       string

	Count, Seed uint64 // of the violations that match
	Example     string
}

// known are the defects that a campaign on the port must find by itself. Lines
// are those of properties/engines/original/journal.go.
func known() []defect {
	site := func(line int) *regexp.Regexp { return regexp.MustCompile(fmt.Sprintf(`/journal\.go:%d(<|$)`, line)) }
	return []defect{
		{What: "entries acknowledged after a partial frame are unreachable", Case: "acknowledged-after-partial-frame", Signature: regexp.MustCompile(`^(nothing-invented|tail-forgiven)/log/.*/journal\.go:203<`)},
		{What: "the log is applied twice after a crash between snapshot and roll", Case: "applied-twice", Law: "nothing-invented", Says: "came back twice"},
		{What: "an archive is overwritten", Case: "archive-overwritten", Law: "archives-kept"},
		{What: "an acknowledged entry is lost with the log's name", Case: "lost-name", Law: "acknowledged-durable", Signature: site(75)},
		{What: "an append is acknowledged into a closed handle", Case: "closed-handle", Signature: regexp.MustCompile(`^(acknowledged-durable|async-prefix)/log/.*/journal\.go:263<`)},
		{What: "a refused mutation comes back on replay", Case: "refused-comes-back", Law: "nothing-invented", Says: "refused) came back"},
		{What: "a read error is taken for a tail", Case: "read-error-is-a-tail", Law: "read-errors-harmless"},
		{What: "an accepted entry that replay refuses", Case: "bad-input", Law: "bad-input"},
		{What: "an entry acknowledged after a failed fsync is lost", Case: "after-failed-fsync", Signature: regexp.MustCompile(`^(tail-forgiven|acknowledged-durable|nothing-invented)/log/.*/journal\.go:208<`)},
		{What: "the entries of a rolled log are missing after reopening", Case: "rolled-entries-missing", Signature: regexp.MustCompile(`^acknowledged-durable/(log|directory)$`)},
	}
}

func (d *defect) find(all []violation) {
	for _, v := range all {
		if d.Law != "" && v.Law != d.Law || d.Signature != nil && !d.Signature.MatchString(v.Signature) || !strings.Contains(v.What, d.Says) {
			continue
		}
		d.Count += v.Count
		if d.Example == "" || v.Seed < d.Seed {
			d.Seed, d.Example = v.Seed, v.Signature
		}
	}
}

// run writes the night's document, and then the proof's: the second needs every
// measurement.
func run(dir, docs string) error {
	r := report{Date: time.Now().UTC().Format(time.DateOnly), Go: runtime.Version(), CPUs: runtime.NumCPU(), Defects: known(),
		Reasons: lateReasons, Commits: make(map[string]string)}
	if err := errors.Join(r.measured(dir, "journal", &r.Journal), read(dir, "journal", &r.Night)); err != nil {
		return err
	}
	r.Struck = r.Night.struck()
	if err := r.write(docs, "night.md"); err != nil {
		return err
	}
	r.Explored = make([]explored, 3)
	err := errors.Join(
		r.measured(dir, "mutants", &r.Mutants), r.measured(dir, "mutants-disk", &r.Disk), r.measured(dir, "barriers", &r.Barriers), r.measured(dir, "explore-4-0-1", &r.Explored[0]),
		read(dir, "explore-3-1-0", &r.Explored[1]), read(dir, "explore-2-1-1", &r.Explored[2]),
		r.measured(dir, "original", &r.Original), r.measured(dir, "pessimal", &r.Pessimal))
	if err != nil {
		return err
	}
	for i := range r.Barriers.Sites {
		if s := &r.Barriers.Sites[i]; s.Kind == "late" && !s.Killed {
			if s.Reason, err = explainLate(s.Op, s.Site); err != nil {
				return err
			}
		}
	}
	for i := range r.Defects {
		r.Defects[i].find(r.Original.Violations)
	}
	return r.write(docs, "proof.md")
}

// measured reads a measurement, and the commit that it was made at.
func (r *report) measured(dir, name string, to any) error {
	commit, err := os.ReadFile(filepath.Join(dir, name+".commit"))
	if err != nil {
		return fmt.Errorf("which commit: %w", err)
	}
	r.Commits[name] = strings.TrimSpace(string(commit))
	return read(dir, name, to)
}

func (r *report) write(docs, name string) error {
	t, err := template.New("").Funcs(template.FuncMap{
		"seconds":   func(s float64) string { return time.Duration(s * float64(time.Second)).Round(time.Second).String() },
		"perSecond": func(n uint64, s float64) string { return fmt.Sprintf("%.0f", float64(n)/s) },
		"perCoreHour": func(n night) string {
			return fmt.Sprintf("%.0f", float64(n.Runs)*3600/n.Seconds/float64(n.Workers))
		},
	}).ParseFS(templates, "*.tmpl")
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := t.ExecuteTemplate(&text, name+".tmpl", r); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(docs, name), text.Bytes(), 0o644)
}

func read(dir, name string, to any) error {
	raw, err := os.ReadFile(filepath.Join(dir, name+".json"))
	if err == nil {
		err = json.Unmarshal(raw, to)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
