package campaign

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/vfs"
)

// What campaigns kept under former keys is read like what they keep now.
func TestBlockKeepsItsMeaning(t *testing.T) {
	want := Block{
		Index: 7,
		Tally: Tally{
			Runs: 64, Varied: 3, RunsRechecked: 4, Digest: 0xab,
			Counts: core.Counts{
				Operations: 900, Images: 500, ImagesSkipped: 70, RecoveriesCrashed: 11, Abandoned: 2,
				Faults:   map[faults.Kind]faults.Count{faults.NoSpace: {Scheduled: 5, Matched: 9, Fired: 4}},
				Coverage: core.Coverage{{Step: "append", Op: "write", Fault: "no-space"}: 4, {Step: "append", Op: "write"}: 40},
			},
			Profiles: map[vfs.Profile]uint64{vfs.Ext4: 40, vfs.POSIX: 24},
		},
		Defects: []BlockDefect{},
	}
	now, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	former := `{"block":7,"runs":64,"varied":3,"operations":900,"images":500,"repeats":70,"recoveries":11,"abandoned":2,"repeated":4,
		"digest":"00000000000000ab","faults":{"no-space":{"Scheduled":5,"Matched":9,"Fired":4}},"profiles":{"ext4":40,"posix":24},
		"coverage":[{"step":"append","op":"write","fault":"","crash":"","count":40},{"step":"append","op":"write","fault":"no-space","crash":"","count":4}],"defects":[]}`
	for name, text := range map[string]string{"written now": string(now), "written before": former} {
		var got Block
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Adding is the same in any order.
func TestTallyAdds(t *testing.T) {
	parts := []Tally{
		{Runs: 1, Digest: 1 << 63, Profiles: map[vfs.Profile]uint64{vfs.XFS: 1}, Counts: core.Counts{Images: 2, Coverage: core.Coverage{{Step: "a"}: 1}}},
		{Runs: 2, Digest: 1 << 63, Varied: 1, RunsRechecked: 1, Counts: core.Counts{Operations: 5, Faults: map[faults.Kind]faults.Count{faults.ReadError: {Fired: 1}}}},
		{Runs: 4, Profiles: map[vfs.Profile]uint64{vfs.XFS: 2, vfs.Btrfs: 2}, Counts: core.Counts{ImagesSkipped: 3, RecoveriesCrashed: 1, Abandoned: 1, Coverage: core.Coverage{{Step: "a"}: 1, {Step: "b"}: 1}}},
	}
	want := Tally{
		Runs: 7, Varied: 1, RunsRechecked: 1, Profiles: map[vfs.Profile]uint64{vfs.XFS: 3, vfs.Btrfs: 2},
		Counts: core.Counts{Operations: 5, Images: 2, ImagesSkipped: 3, RecoveriesCrashed: 1, Abandoned: 1,
			Faults:   map[faults.Kind]faults.Count{faults.ReadError: {Fired: 1}},
			Coverage: core.Coverage{{Step: "a"}: 2, {Step: "b"}: 1}},
	}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
		var got Tally
		for _, i := range order {
			got.Add(&parts[i])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("order %v (-want +got):\n%s", order, diff)
		}
	}
}
