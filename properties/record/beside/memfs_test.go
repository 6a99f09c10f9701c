package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"powercut/properties/unmodified"
	"powercut/sim/oracle"
)

// file is a store in one file, which it syncs or doesn't.
type file struct {
	vfs.File
	syncs bool
	unmodified.Replayed
}

func openFile(syncs bool) func(fs vfs.FS) (unmodified.Store, error) {
	return func(fs vfs.FS) (unmodified.Store, error) {
		s := &file{syncs: syncs}
		f, err := fs.OpenReadWrite("/kept", category)
		if err != nil {
			return nil, err
		}
		if err := syncDir(fs, "/"); err != nil {
			return nil, err
		}
		s.File = f
		line := make([]byte, 200)
		for at := int64(0); ; at += int64(len(line)) {
			if n, _ := f.ReadAt(line, at); n < len(line) {
				return s, nil
			}
			if record := strings.TrimRight(string(line), "\x00"); record != "" {
				s.Replay([]byte(record))
			}
		}
	}
}

func (s *file) Put(key, value string) error {
	line := make([]byte, 200)
	at := int64(s.Records) * int64(len(line))
	copy(line, s.Record(key, value))
	if _, err := s.WriteAt(line, at); err != nil {
		return err
	}
	if !s.syncs {
		return nil
	}
	return s.Sync()
}

// A store that syncs is silent, and one that doesn't is not.
func TestOnMemFS(t *testing.T) {
	plan := unmodified.Plan{Clients: 1, Puts: 6}
	sound := trial{engine: "sound", open: openFile(true), plan: plan}
	for seed := range uint64(20) {
		clones := sound.clones(seed)
		if len(clones) < 12 {
			t.Fatalf("%d clones, want one before each write and each sync", len(clones))
		}
		for _, c := range clones {
			if err := sound.recover(c); err != nil {
				t.Fatalf("seed %d, before %s: %v", seed, c.at, err)
			}
		}
	}
	f := trial{engine: "unsound", open: openFile(false), plan: plan}.onMemFS(time.Minute)
	if !strings.Contains(f.Message, "is lost: ") && !strings.Contains(f.Message, "neither acknowledged") {
		t.Errorf("a store that does not sync: found %+v", f)
	}
}

func TestWindow(t *testing.T) {
	kept := newPromises()
	done := func() error { return nil }
	failed := func() error { return fmt.Errorf("no") }
	for _, err := range []error{kept.put("a", "1", done), kept.put("a", "2", done)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	before := kept.now()
	if kept.put("a", "3", failed) == nil || kept.put("b", "1", done) != nil {
		t.Fatal("what a put returns is what it did")
	}
	w := window{before, kept.now()}
	for _, c := range []struct {
		a, b string // "" is not found
		ok   bool
	}{{"2", "", true}, {"3", "1", true}, {"1", "", false}, {"", "1", false}, {"2", "2", false}, {"4", "", false}} {
		err := w.check(func(key string) (string, error) {
			if value := map[string]string{"a": c.a, "b": c.b}[key]; value != "" {
				return value, nil
			}
			return "", oracle.ErrNotFound
		})
		if (err == nil) != c.ok {
			t.Errorf("a %q, b %q: %v", c.a, c.b, err)
		}
	}
}

// Each trial holds without a crash, and what it left opens.
func TestTrials(t *testing.T) {
	for _, tr := range trials {
		t.Run(tr.test, func(t *testing.T) {
			fs := vfs.NewMem()
			kept := newPromises()
			if err := tr.plan.Workload("", tr.openOn(fs), func() {}, kept.put); err != nil {
				t.Fatal(err)
			}
			if err := tr.plan.Recovery("", tr.openOn(fs), window{kept.now(), kept.now()}.check); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestPage(t *testing.T) {
	p := pair{trial: trial{engine: "store 1", what: "it is lost", profile: "ext4"}, memfs: found{Runs: 2, Images: 300, Took: 1500 * time.Millisecond, Message: "a|b\nc", At: "sync of /f", Others: 4}}
	p.powercut.Runs, p.powercut.Images, p.powercut.Took = 90, 600, time.Minute
	want := "| store 1: it is lost | 1.5 s, 2 runs | 4 | 200 | `a/b`, before sync of /f | `ext4`: silent in 90 runs | 10 |  |\n"
	if got := p.row(); got != want {
		t.Errorf("the row is\n%swant\n%s", got, want)
	}
	other := trial{engine: "store 2", what: "it is torn"}
	got := page([]trial{p.trial, other}, map[string]string{p.name(): want}, "", time.Minute)
	if !strings.Contains(got, "At most 1m0s for each") || !strings.Contains(got, want) || !strings.Contains(got, "\nNot run yet: store 2: it is torn.\n") {
		t.Errorf("the page is\n%s", got)
	}
	if again := page([]trial{p.trial, other}, nil, got, time.Minute); again != got {
		t.Errorf("the page becomes\n%s\nwant\n%s", again, got)
	}
}
