package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/worker"
)

// change is what became of a defect since an earlier report.
type change string

const (
	isNew     change = "new"       // the earlier report does not know it
	regressed change = "regressed" // it was resolved in the earlier report, or before that, and is back
	ongoing   change = "ongoing"   // it is still there
	unclear   change = "unclear"   // no seed came to it, and its case says nothing of this code
	resolved  change = "resolved"  // no seed came to it, and its case holds
)

// changes in the order in which they are told.
var allChanges = []change{isNew, regressed, ongoing, unclear, resolved}

// changeJSON is what became of one defect. Its keys don't change.
type changeJSON struct {
	State     change   `json:"state"`
	Law       core.Law `json:"law"`
	What      string   `json:"what"`
	Signature string   `json:"signature"`
	Case      string   `json:"case"`  // its text, which is run again for the next report
	Found     bool     `json:"found"` // by the seeds of this campaign; false: by its case alone
	ID        string   `json:"id"`    // the same in every report since it was new, though its line moves
}

// baseline is an earlier report, and what became of its defects.
type baseline struct {
	dir     string
	known   []changeJSON // as it has them
	changes []changeJSON // what became of these, and what is new
}

// readBaseline reads the report in a directory, "" for none. It is read before anything
// is run, which may take hours.
func readBaseline(dir string, of campaignConfig) (*baseline, error) {
	if dir == "" {
		return nil, nil
	}
	text, err := os.ReadFile(filepath.Join(dir, reportFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missingFile(fmt.Sprintf("--baseline: there is no %s in %s: name a directory that --out of campaign or merge was given", reportFile, dir))
	}
	if err != nil {
		return nil, fmt.Errorf("--baseline: %w", err)
	}
	var report campaignJSON
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("--baseline: %s: %w", filepath.Join(dir, reportFile), err)
	}
	if report.Config.Target != of.Target {
		return nil, fmt.Errorf("--baseline: the report in %s is of %s, and this campaign of %s", dir, report.Config.Target, of.Target)
	}
	return &baseline{dir: dir, known: report.Changes}, nil // what it found is among them
}

// firstSeen is a defect that no earlier report knows.
func firstSeen(v *core.Violation) changeJSON {
	c := changeJSON{State: isNew, Law: v.Law, What: v.What, Signature: v.Signature(), Case: v.Case.String(), Found: true}
	digest := sha256.Sum256([]byte(c.Signature + "\n" + c.Case))
	c.ID = hex.EncodeToString(digest[:8])
	return c
}

// compare says what became of the defects of an earlier report: each case is run again,
// since that the seeds did not come to a defect does not mean that it is gone.
func (r *campaignReport) compare(ctx context.Context, log io.Writer) {
	b := r.baseline
	if b == nil {
		return
	}
	shown := newSteps(log, "defects of the baseline run again")
	defer shown.finish()
	seen := make(map[string]bool) // signatures of defects of this campaign that the baseline knows
	for n, k := range b.known {
		shown.at(uint64(n), uint64(len(b.known)))
		again := r.again(ctx, k.Case)
		i := slices.IndexFunc(r.summary.Defects, func(d campaign.Defect) bool {
			signature := d.First.Signature()
			return signature == k.Signature || signature == again.signature
		})
		was := k.State
		k.State, k.Found = again.since(was, i >= 0), i >= 0
		if i >= 0 {
			found := r.summary.Defects[i].First
			if seen[found.Signature()] {
				continue // two cases of one defect
			}
			seen[found.Signature()] = true
			k.Law, k.What, k.Signature, k.Case = found.Law, found.What, found.Signature(), found.Case.String()
		}
		b.changes = append(b.changes, k)
	}
	for _, d := range r.summary.Defects {
		if v := d.First; !seen[v.Signature()] {
			b.changes = append(b.changes, firstSeen(v))
		}
	}
	slices.SortStableFunc(b.changes, func(x, y changeJSON) int {
		return cmp.Or(cmp.Compare(slices.Index(allChanges, x.State), slices.Index(allChanges, y.State)), cmp.Compare(x.Signature, y.Signature))
	})
}

// rerun is what a case of an earlier report does now.
type rerun struct {
	violates  bool
	signature string // of what it violates, as this code has it
	silent    bool   // it comes to no crash, or can't be run
}

func (r *campaignReport) again(ctx context.Context, text string) rerun {
	if r.subject == nil || r.subject.absent() {
		return rerun{silent: true}
	}
	note, err := r.subject.askCase(ctx, worker.Case{Do: worker.Repro, Text: text})
	if err != nil {
		// A case that ends its process is as bad as before.
		died, ok := errors.AsType[*diedError](err)
		return rerun{violates: ok && died.served, silent: !ok || !died.served}
	}
	if note.Violation == nil {
		return rerun{silent: note.Result.Missed}
	}
	v, err := note.Violation.Core(r.subject.find)
	if err != nil {
		return rerun{violates: true}
	}
	return rerun{violates: true, signature: v.Signature()}
}

// since is what became of a defect: found says that seeds came to it.
func (a rerun) since(was change, found bool) change {
	switch {
	case (found || a.violates) && was == resolved:
		return regressed
	case found || a.violates:
		return ongoing
	case a.silent && was != resolved:
		return unclear
	}
	return resolved
}

// stillThere are the defects of the baseline that no seed came to, and whose cases
// violate all the same.
func (b *baseline) stillThere() int {
	if b == nil {
		return 0
	}
	n := 0
	for _, c := range b.changes {
		if !c.Found && (c.State == ongoing || c.State == regressed) {
			n++
		}
	}
	return n
}

// String says how many defects became what.
func (b *baseline) String() string {
	var parts []string
	for _, state := range allChanges {
		n := 0
		for _, c := range b.changes {
			if c.State == state {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	if len(parts) == 0 {
		return "nothing then, nothing now"
	}
	return strings.Join(parts, ", ")
}

// of is what became of a defect.
func (b *baseline) of(signature string) change {
	if b != nil {
		for _, c := range b.changes {
			if c.Signature == signature {
				return c.State
			}
		}
	}
	return ""
}

// tell gives a person the numbers, and a line to each defect that is not ongoing.
func (b *baseline) tell(s screen) {
	if b == nil {
		return
	}
	s.line("since %s: %s", b.dir, b)
	told := 0
	for _, c := range b.changes {
		if c.State == ongoing && c.Found {
			continue // it has its line
		}
		if told++; told > maxRootCauses {
			s.line("and %s more", count(len(b.changes)-maxRootCauses, "change"))
			return
		}
		how := string(c.State)
		if !c.Found && c.State != resolved && c.State != unclear {
			how += ", by its case alone"
		}
		s.line("%s: %s: %s", how, c.Law, firstLine(c.What))
	}
}
