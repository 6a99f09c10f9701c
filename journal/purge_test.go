package journal_test

import (
	"slices"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
)

func TestPurgeLeavesOthers(t *testing.T) {
	fs := newFs(t)
	others := []string{"jj.log", "j2.qdb", "j.other.log", "j.log.tail-notes", "j.2026.11.23T02.49.57Z.qdb", "j.2026.11.23T02.49.57Z.log"}
	mine := []string{"j.log", "j.qdb", "j.log.tmp", "j.qdb.tmp", "j.log.tail-00ff-12", "j.2026.11.23T02.49.58Z.log", "j.2026.11.23T02.49.58Z-00000001-0a0b0c0d.log"}
	for _, name := range slices.Concat(others, mine) {
		must(t, afero.WriteFile(fs, "/data/"+name, []byte(name), 0o644))
	}
	must(t, journal.Purge(fs, base))
	infos, err := afero.ReadDir(fs, "/data")
	must(t, err)
	var left []string
	for _, info := range infos {
		left = append(left, info.Name())
	}
	slices.Sort(others)
	if !slices.Equal(left, others) {
		t.Errorf("left: got %v, want %v", left, others)
	}
}

// A Purge that is interrupted anywhere is finished by the next Open, or had
// not begun.
func TestPurgeInterrupted(t *testing.T) {
	for at := 1; ; at++ {
		c := newCrashFs()
		want := closedJournal(t, c)
		c.op = 0
		c.fail = func(op int, _, _ string) error {
			if op >= at {
				c.dead = errPower
			}
			return c.dead
		}
		err := journal.Purge(c, base)
		for range 5 {
			m := &recorder{}
			j, _, err := journal.Open(c.clone().powerCut(seededRand(t)), base, m, crashOptions(journal.Sync, 1))
			must(t, err)
			if len(m.got) != 0 && !slices.Equal(m.got, want) {
				t.Errorf("cut at operation %d: got %v, want nothing or %v", at, m.got, want)
			}
			must(t, j.Close())
		}
		if err == nil {
			break
		}
	}
}
