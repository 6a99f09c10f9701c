package journal_test

import (
	"encoding/hex"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// otherwise are the folders of the real program's files of which we don't report
// what it does, with the status that we report and the reason.
var otherwise = map[string]struct {
	status journal.Status
	reason string
}{
	"foreign-append":  {journal.StatusOK, "an older version of ours, which did not seal, closed the log: what the real program appended to it may have been torn, and is kept aside"},
	"room-after-kill": {journal.StatusOK, "zeros that we set aside are a bad tail to the real program, and none to us"},
}

// Of files that the real program wrote at random, some of them damaged, and of those
// that both programs worked on, we open what it opens, refuse what it refuses with
// its words, and find as many good bytes and entries.
func TestRandomFixtures(t *testing.T) {
	folders, err := filepath.Glob("testdata/rayforce-random/*/expect.json")
	must(t, err)
	if len(folders) != 48 {
		t.Fatalf("got %d folders, want 48", len(folders))
	}
	excused := 0
	for _, folder := range folders {
		folder = filepath.Dir(folder)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			fs := afero.NewMemMapFs()
			files := load(t, fs, folder)
			want := readExpectation(t, folder)
			valid, validErr := journal.Validate(fs, "/j.log")
			m := rayfall.New()
			j, rec, err := journal.Open(fs, "/j", m, journal.Options{})
			status := journal.StatusOf(err)
			if err != nil {
				checkUnchanged(t, fs, files)
			} else {
				must(t, j.Close())
			}
			if other, ok := otherwise[filepath.Base(folder)]; ok {
				excused++
				if status != other.status {
					t.Errorf("got %q (%v), want %q: %s", status, err, other.status, other.reason)
				}
				if foreign := filepath.Base(folder) == "foreign-append"; foreign != (rec.TailFrames == 2) {
					t.Errorf("got %+v, want 2 frames in the tail: %v", rec, foreign)
				}
				return
			}
			if string(status) != want.Status || (err == nil) != want.Opens {
				t.Errorf("status: got %q (%v), want %q", status, err, want.Status)
			}
			if (validErr == nil) != want.Opens {
				t.Errorf("Validate: got %v, want an error: %v", validErr, !want.Opens)
			}
			if want.ValidBytes != nil && valid.ValidBytes != *want.ValidBytes {
				t.Errorf("valid bytes: got %d, want %d", valid.ValidBytes, *want.ValidBytes)
			}
			// The real program counts markers as entries, and no archives.
			if want.Entries != nil && !valid.Markers && rec.Archives == 0 && rec.Entries != *want.Entries {
				t.Errorf("entries: got %d, want %d", rec.Entries, *want.Entries)
			}
			if err == nil {
				checkState(t, m, rec, want)
			}
		})
	}
	if excused != len(otherwise) {
		t.Errorf("%d of the folders that differ are there, want %d", excused, len(otherwise))
	}
}

// checkState compares each variable with what the real program bound. One may differ
// only if the recovery says that the state is incomplete, names the entry that it
// could not evaluate, and has the variable in doubt.
func checkState(t *testing.T, m *rayfall.Machine, rec journal.Recovery, want expectation) {
	t.Helper()
	if want.EvalErrors != nil && rec.Archives == 0 && rec.EvalErrors-rec.Unsupported != *want.EvalErrors {
		t.Errorf("evaluation errors: got %d, %d of them unsupported, want %d", rec.EvalErrors, rec.Unsupported, *want.EvalErrors)
	}
	for name, bytes := range want.Env {
		v, bound := m.Get(name)
		if bytes == nil && !bound || bytes != nil && bound && hex.EncodeToString(wire.Encode(v)) == *bytes {
			continue
		}
		if rec.Complete() || len(rec.EvalFailures) == 0 || !slices.Contains(rec.Doubtful, name) && !slices.Contains(rec.Doubtful, "*") {
			t.Errorf("%s: got %.200v, and complete: %v, in doubt: %v", name, v, rec.Complete(), rec.Doubtful)
		}
	}
	if !rec.Complete() {
		t.Logf("%d unsupported; in doubt: %v", rec.Unsupported, rec.Doubtful)
	}
}
