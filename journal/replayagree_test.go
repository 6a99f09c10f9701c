package journal_test

import (
	"slices"
	"testing"

	"powercut/journal"
	"powercut/journal/rayfall"
)

// checkReplay compares Replay of the log with Validate, which applies nothing, and with
// what Open said: of a log that stands alone it applies the same entries.
func checkReplay(t reporter, c *crashFs, opened payloads, openErr error) {
	valid, validErr := journal.Validate(c, base+".log")
	var m payloads
	rep, err := journal.Replay(c, base+".log", &m)
	if journal.StatusOf(err) != journal.StatusOf(validErr) || rep.Status != valid.Status || rep.Entries != valid.Entries ||
		rep.ValidBytes != valid.ValidBytes || rep.LastLSN != valid.LastLSN || rep.TailFrames != valid.TailFrames {
		t.Errorf("Replay: %+v, %v, but Validate: %+v, %v", rep, err, valid, validErr)
	}
	if err == nil && len(m) != rep.Entries {
		t.Errorf("Replay: applied %d entries, and says %d", len(m), rep.Entries)
	}
	if err == nil && openErr == nil && len(c.names) == 1 && !slices.Equal(m, opened) {
		t.Errorf("Replay: %d entries, but Open of the log alone: %d, or others", len(m), len(opened))
	}
}

// A machine of package rayfall comes to the same state by Replay of a log as by Open of
// the base that has no other file, with the same errors, and of the files of the real
// program too.
func TestReplayComesToTheStateOfOpen(t *testing.T) {
	compared := 0
	for name, c := range fileSets(t) {
		log := c.names[base+".log"]
		if log == nil || len(c.names) != 1 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			replayed, opened := rayfall.New(), rayfall.New()
			rep, err := journal.Replay(c, base+".log", replayed)
			j, rec, openErr := journal.Open(c.clone(), base, opened, withoutAdopting(crashOptions(journal.Sync, 8)))
			if (err == nil) != (openErr == nil) {
				t.Fatalf("Replay: %v, but Open: %v", err, openErr)
			}
			if err != nil {
				return
			}
			must(t, j.Close())
			got, err := replayed.Snapshot()
			must(t, err)
			want, err := opened.Snapshot()
			must(t, err)
			if string(got) != string(want) || rep.EvalErrors != rec.EvalErrors || rep.Unsupported != rec.Unsupported || len(rep.EvalFailures) != len(rec.EvalFailures) ||
				!slices.Equal(rep.Doubtful, rec.Doubtful) || rep.TailFrames != rec.TailFrames {
				t.Errorf("Replay: %+v, but Open: %+v", rep, rec)
			}
			compared++
		})
	}
	if compared < 30 {
		t.Errorf("%d logs were compared: want 30 and more", compared)
	}
}
