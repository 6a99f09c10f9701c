package main

import (
	"fmt"
	"strings"
)

// unreachedJSON is something that a test is to come to, and no run did.
type unreachedJSON struct {
	Name  string `json:"name"`
	Call  string `json:"call"`
	Place string `json:"place"`
}

func (u unreachedJSON) String() string { return fmt.Sprintf("%q: r.%s at %s", u.Name, u.Call, u.Place) }

// unreached lists it.
func (r *campaignReport) unreached() []unreachedJSON {
	all := []unreachedJSON{}
	for _, name := range r.summary.Reach.Missed() {
		p := r.summary.Reach[name]
		all = append(all, unreachedJSON{name, p.Call, p.Place})
	}
	return all
}

// provesNothing is the error of a campaign that ran to its end, and of which no run came
// to what the test is to come to. Of a shard nobody can tell: another one may have.
func (r *campaignReport) provesNothing() error {
	missed := r.unreached()
	if len(missed) == 0 || r.config.Shards > 1 && !r.merged {
		return nil
	}
	var lines []string
	for _, u := range missed {
		lines = append(lines, "  "+u.String())
	}
	return harnessFailed(fmt.Errorf("%s proves nothing of what no run came to, of %d:\n%s\n"+
		"Let the workload lead there (draw more, or run more seeds), or remove the call", r.test().Test, r.summary.Runs, strings.Join(lines, "\n")))
}
