package journal_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// oldLogOf is a log of the original's with these entries.
func oldLogOf(entries ...journal.Entry) (log []byte) {
	for _, e := range entries {
		log = append(wire.AppendHeader(log, wire.Header{Type: wire.TypeEntry, Size: int64(len(e.Payload))}), e.Payload...)
	}
	return log
}

// entryAt is the text of the entry whose frame begins at an offset of a log.
func entryAt(t *testing.T, fs afero.Fs, path string, offset int64) string {
	t.Helper()
	for f, err := range journal.Inspect(fs, path) {
		must(t, err)
		if text, ok := wire.SourceText(f.Payload); ok && f.Offset == offset {
			return string(text)
		}
	}
	t.Fatalf("%s has no entry at offset %d", path, offset)
	return ""
}

// An entry that the machine can't evaluate makes the state incomplete: recovery
// names it, where it stands, and what is in doubt. Entries that fail are named too.
// (Package rayfall does not evaluate rand.)
func TestRecoveryNamesWhatWasNotEvaluated(t *testing.T) {
	long := "(set big \"" + strings.Repeat("a", 3000) + "\")"
	for _, old := range []bool{false, true} {
		t.Run(fmt.Sprintf("old %v", old), func(t *testing.T) {
			fs := newFs(t)
			texts := []string{"(set x 1)", "(set t (rand 5))", long, "(nosuch)", "(set u t)", "(set v (concat t 2))"}
			var entries []journal.Entry
			for _, text := range texts {
				entries = append(entries, source("%s", text))
			}
			if old {
				must(t, afero.WriteFile(fs, base+".log", oldLogOf(entries...), 0o644))
			} else {
				j, _, err := journal.Open(fs, base, rayfall.New(), journal.Options{})
				must(t, err)
				mustAppend(t, j, entries[:2]...)
				must(t, j.Roll(bg))
				mustAppend(t, j, entries[2:]...)
				must(t, j.Close())
			}
			j, rec, err := journal.Open(fs, base, rayfall.New(), journal.Options{})
			must(t, err)
			must(t, j.Close())
			if rec.Complete() || rec.Entries != 6 || rec.EvalErrors != 4 || rec.Unsupported != 1 {
				t.Errorf("got %+v", rec)
			}
			if diff := cmp.Diff([]string{"t", "u", "v"}, rec.Doubtful); diff != "" {
				t.Errorf("in doubt (-want +got):\n%s", diff)
			}
			var got []string
			for _, f := range rec.EvalFailures {
				class := f.Unsupported
				if failed, ok := errors.AsType[*rayfall.EvalError](f.Err); ok {
					class = failed.Class.Error()
				}
				got = append(got, fmt.Sprintf("%d %s %s", f.LSN, entryAt(t, fs, f.Path, f.Offset), class))
			}
			if diff := cmp.Diff([]string{"2 (set t (rand 5)) rand", "4 (nosuch) name", "5 (set u t) name", "6 (set v (concat t 2)) name"}, got); diff != "" {
				t.Errorf("failures (-want +got):\n%s", diff)
			}
			rep, err := journal.Replay(fs, base+".log", rayfall.New())
			must(t, err)
			inLog := rec.EvalFailures
			if !old {
				inLog = inLog[1:] // the first is in the archive
			}
			if rep.Unsupported != len(inLog)-3 || rep.EvalErrors != len(inLog) || len(rep.EvalFailures) != len(inLog) || rep.EvalFailures[0].Offset != inLog[0].Offset ||
				(rep.Doubtful != nil) != old {
				t.Errorf("Replay: got %+v", rep)
			}
		})
	}
}

// The lists are bounded, each for itself, and the counts are not.
func TestListsOfFailuresAreBounded(t *testing.T) {
	fs := newFs(t)
	var entries []journal.Entry
	for range 1500 {
		entries = append(entries, source("(nosuch)"), source("(rand 1)"))
	}
	must(t, afero.WriteFile(fs, base+".log", oldLogOf(entries...), 0o644))
	j, rec, err := journal.Open(fs, base, rayfall.New(), journal.Options{})
	must(t, err)
	must(t, j.Close())
	unsupported := 0
	for _, f := range rec.EvalFailures {
		if f.Unsupported != "" {
			unsupported++
		}
	}
	if rec.EvalErrors != 3000 || rec.Unsupported != 1500 || unsupported != 1000 || len(rec.EvalFailures) != 2000 {
		t.Errorf("got %d of %d, %d of %d", len(rec.EvalFailures), rec.EvalErrors, unsupported, rec.Unsupported)
	}
}

// What would make an incomplete state lasting is refused, and changes nothing,
// unless it is accepted.
func TestIncompleteStateIsNotKept(t *testing.T) {
	for _, test := range []struct {
		name string
		old  bool
		live bool // the entry was appended just now
		do   func(j *journal.Journal) error
	}{
		{name: "snapshot", do: func(j *journal.Journal) error { return j.Snapshot(bg) }},
		{name: "snapshot at once", live: true, do: func(j *journal.Journal) error { return j.Snapshot(bg) }},
		{name: "snapshot of a log without markers", old: true, do: func(j *journal.Journal) error { return j.Snapshot(bg) }},
		{name: "first append to a log without markers", old: true, do: func(j *journal.Journal) error {
			_, err := j.Append(bg, source("(set y 2)"))
			return err
		}},
		{name: "roll of a log without markers", old: true, do: func(j *journal.Journal) error { return j.Roll(bg) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, allow := range []bool{false, true} {
				c := newCrashFs()
				if test.old {
					c.put(base+".log", oldLogOf(source("(set x 1)"), source("(set t (rand 5))")))
				}
				opts := crashOptions(journal.Sync, 7)
				opts.AllowIncomplete = allow
				j, _, err := journal.Open(c, base, rayfall.New(), opts)
				must(t, err)
				if !test.old {
					mustAppend(t, j, source("(set x 1)"), source("(set t (rand 5))"))
				}
				if !test.old && !test.live {
					must(t, j.Close())
					j, _, err = journal.Open(c, base, rayfall.New(), opts)
					must(t, err)
				}
				before := c.tree()
				err = test.do(j)
				incomplete, refused := errors.AsType[*journal.IncompleteError](err)
				switch {
				case allow:
					must(t, err)
				case !refused || !errors.Is(err, journal.ErrRefused):
					t.Errorf("got %v, want it refused as incomplete", err)
				case incomplete.Entries != 1 || incomplete.First.LSN != 2 || incomplete.First.Unsupported != "rand" || !strings.Contains(err.Error(), `"(set t (rand 5))"`):
					t.Errorf("got %v", err)
				case c.tree() != before:
					t.Error("refused, but files changed")
				}
				if live := j.Stats().Unsupported; live != 1 && test.live {
					t.Errorf("Stats: got %d unsupported, want 1", live)
				}
				must(t, j.Close())
			}
		})
	}
}

// A state that is in doubt only here and there is complete again in a snapshot of
// the real program's, or when nothing unsupported is left to replay.
func TestCompleteAgain(t *testing.T) {
	fs := newFs(t)
	opts := journal.Options{AllowIncomplete: true}
	j, _, err := journal.Open(fs, base, rayfall.New(), opts)
	must(t, err)
	mustAppend(t, j, source("(set x 1)"), source("(set t (rand 5))"))
	must(t, j.Snapshot(bg))
	must(t, j.Close())
	m := rayfall.New()
	j, rec, err := journal.Open(fs, base, m, journal.Options{})
	must(t, err)
	must(t, j.Snapshot(bg))
	must(t, j.Close())
	var names []string
	for name := range m.Env() {
		names = append(names, name)
	}
	if !rec.Complete() || rec.Doubtful != nil || !slices.Equal(names, []string{"x"}) {
		t.Errorf("got %v, %+v", names, rec)
	}
}
