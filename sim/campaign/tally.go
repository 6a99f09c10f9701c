package campaign

import (
	"encoding/json"
	"maps"

	"powercut/sim/core"
	"powercut/sim/internal/hash"
	"powercut/vfs"
)

// Tally is what many runs come to, whichever process or machine they ran on. The
// zero value is that of none.
type Tally struct {
	Runs   uint64 `json:"runs"`
	Varied uint64 `json:"varied"` // of the runs, variations of seeds that reached something new
	core.Counts
	RunsRechecked uint64                 `json:"runs_rechecked"` // runs that were run twice, and gave the same digest
	Digest        core.Digest            `json:"digest"`
	Profiles      map[vfs.Profile]uint64 `json:"profiles"` // runs on each
	// Undecided is how many runs had goroutines of the code under test at the disk
	// that no seed schedules: the digest has nothing of them. Differed is how many
	// runs of such code differed the second time.
	Undecided uint64 `json:"undecided,omitempty"`
	Differed  uint64 `json:"differed,omitempty"`
}

// Add adds what other runs came to. The order of the parts does not matter.
func (t *Tally) Add(other *Tally) {
	t.Runs += other.Runs
	t.Varied += other.Varied
	t.Counts.Add(&other.Counts)
	t.RunsRechecked += other.RunsRechecked
	t.Digest += other.Digest
	t.Undecided += other.Undecided
	t.Differed += other.Differed
	if t.Profiles == nil {
		t.Profiles = make(map[vfs.Profile]uint64)
	}
	for profile, n := range other.Profiles {
		t.Profiles[profile] += n
	}
}

// addRun adds one run on a profile.
func (t *Tally) addRun(r *core.Result, profile vfs.Profile) {
	one := Tally{Runs: 1, Counts: r.Counts, Profiles: map[vfs.Profile]uint64{profile: 1}}
	if r.Undecided {
		one.Undecided = 1
	} else {
		// A sum does not depend on the order of its parts: neither workers nor
		// shards can change it.
		one.Digest = core.Digest(hash.Mix64(uint64(r.Seed)*hash.Golden ^ uint64(r.Digest)))
	}
	t.Add(&one)
}

// addDeath adds a run of which nothing is known but its end. That of a hang was
// a clock's doing.
func (t *Tally) addDeath(d Death) {
	if !d.Hang {
		t.Digest += core.Digest(hash.Mix64(uint64(d.Seed)*hash.Golden ^ d.Variation ^ hash.Offset))
	}
}

// formerKeys are what keys of a kept tally were called before.
var formerKeys = map[string]string{
	"repeats":    "images_skipped",
	"recoveries": "recoveries_crashed",
	"repeated":   "runs_rechecked",
}

// renameFormerKeys gives the keys of a kept JSON object their present names.
func renameFormerKeys(data []byte) ([]byte, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, err
	}
	for former, key := range maps.All(formerKeys) {
		if value, there := object[former]; there {
			object[key] = value
			delete(object, former)
		}
	}
	return json.Marshal(object)
}
