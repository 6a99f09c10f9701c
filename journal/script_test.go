package journal_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"powercut/journal"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// Each script in testdata/scripts sets a journal up, and then traces one
// protocol: its file "trace" lists every operation, and what recovery finds if
// the crash comes right before it, with all pending effects lost, with all
// persisted, and with all persisted but the old names of renames still there.
func TestScripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/scripts/*.txtar")
	must(t, err)
	if len(paths) == 0 {
		t.Fatal("no scripts")
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(path)
			must(t, err)
			if len(ar.Files) != 3 {
				t.Fatalf("got %d files, want setup, traced and trace", len(ar.Files))
			}
			got := runScript(t, lines(ar.Files[0].Data), lines(ar.Files[1].Data))
			if *rewrite {
				ar.Files[2].Data = []byte(got)
				must(t, os.WriteFile(path, txtar.Format(ar), 0o644))
				return
			}
			if want := string(ar.Files[2].Data); got != want {
				t.Errorf("-want +got (go test ./journal -run Scripts -rewrite accepts it):\n%s", lineDiff(want, got))
			}
		})
	}
}

func lines(data []byte) []string { return strings.Split(strings.TrimSpace(string(data)), "\n") }

func lineDiff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	out := ""
	for i := range max(len(w), len(g)) {
		at := func(l []string) string {
			if i < len(l) {
				return l[i]
			}
			return ""
		}
		if at(w) != at(g) {
			out += fmt.Sprintf("-%s\n+%s\n", at(w), at(g))
		}
	}
	return out
}

// scripted is a journal that a script works on.
type scripted struct {
	t    *testing.T
	fs   *crashFs
	j    *journal.Journal
	next int64
	opts journal.Options
}

// do carries out a command; its error is part of the trace.
func (s *scripted) do(command string) error {
	switch command {
	case "old log":
		s.fs.put(base+".log", oldLog())
		return nil
	case "torn tail":
		s.fs.put(base+".log", append(append([]byte{}, s.fs.names[base+".log"].data...), strings.Repeat("torn", 9)...))
		return nil
	case "half a roll":
		// The archive's name is there, and so is still the log's.
		data := s.fs.names[base+".log"]
		part := base + ".2027.01.15T08.00.00Z-00000001-00000000.log"
		s.fs.names[part], s.fs.durable[part] = data, data
		return nil
	case "open", "open async":
		s.opts = crashOptions(journal.Sync, 5)
		if command == "open async" {
			s.opts.Mode = journal.Async
		}
		var err error
		s.j, _, err = journal.Open(s.fs, base, &recorder{}, s.opts)
		return err
	case "append":
		s.next++
		_, err := s.j.Append(bg, number(s.next))
		return err
	case "sync":
		return s.j.Sync(bg)
	case "roll":
		return s.j.Roll(bg)
	case "snapshot":
		return s.j.Snapshot(bg)
	case "prune":
		return s.j.Prune(bg)
	case "close":
		return s.j.Close()
	case "purge":
		return journal.Purge(s.fs, base)
	}
	s.t.Fatalf("unknown command %q", command)
	return nil
}

func runScript(t *testing.T, setup, traced []string) string {
	t.Helper()
	s := &scripted{t: t, fs: newCrashFs()}
	for _, command := range setup {
		must(t, s.do(command))
	}
	out := &strings.Builder{}
	shown := ""
	s.fs.fail = func(_ int, kind, path string) error {
		switch kind {
		case "open", "stat", "close", "read", "readdir":
			return nil // they change nothing
		}
		if now := fates(s.fs); now != shown {
			out.WriteString(now)
			shown = now
		}
		fmt.Fprintf(out, "%s %s\n", kind, filepath.Base(path))
		return nil
	}
	for _, command := range traced {
		fmt.Fprintf(out, "> %s\n", command)
		must(t, s.do(command))
	}
	s.fs.fail = nil
	out.WriteString(fates(s.fs))
	return out.String()
}

// fates says what recovery finds on the disks that a power cut may leave.
func fates(c *crashFs) string {
	yes, no := func() bool { return true }, func() bool { return false }
	first := func(int) int { return 0 }
	all := []struct {
		name string
		fate fate
	}{
		{"lost", fate{no, no, first, no}},
		{"kept", fate{yes, no, first, no}},
		{"half", fate{yes, yes, first, no}},
	}
	out, last := "", ""
	for _, f := range all {
		found := recovered(c.clone().cut(f.fate))
		if found == last {
			continue
		}
		last = found
		out += fmt.Sprintf("    %s: %s\n", f.name, found)
	}
	return out
}

func recovered(c *crashFs) string {
	m := &recorder{}
	j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 6))
	if err != nil {
		return err.Error()
	}
	_ = j.Close() // judged by other tests
	s := fmt.Sprintf("entries %v, generation %d", m.got, rec.Generation)
	if rec.Snapshot {
		s += fmt.Sprintf(", snapshot to %d", rec.SnapshotLSN)
	}
	if rec.TailBytes > 0 {
		s += fmt.Sprintf(", tail of %d kept in %q", rec.TailBytes, filepath.Base(rec.TailKept))
	}
	for _, r := range rec.Repaired {
		s += "; " + strings.ReplaceAll(r, crashDir+"/", "")
	}
	return s
}
