package sim_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"powercut/sim"
)

// rapidly is a *testing.T whose failures are kept.
type rapidly struct {
	*testing.T
	failed bool
	said   strings.Builder
}

func (r *rapidly) Logf(format string, args ...any)   { fmt.Fprintf(&r.said, format+"\n", args...) }
func (r *rapidly) Errorf(format string, args ...any) { r.failed = true; r.Logf(format, args...) }
func (r *rapidly) Failed() bool                      { return r.failed }
func (r *rapidly) FailNow()                          { r.failed = true }

func (r *rapidly) Fatalf(format string, args ...any) { r.Errorf(format, args...) }

// testWords is an engine that forgets to sync a word once several long ones came
// before it.
func testWords(t sim.TB, cfg sim.Config, words []string, forgets bool) {
	cfg.Runs, cfg.Workers = 5, 1
	sim.Test(t, cfg, func(r *sim.Run) {
		acked, content := 0, ""
		r.Workload(func(fs afero.Fs) error {
			f, err := fs.Create("/words")
			if err != nil {
				return err
			}
			root, err := fs.Open("/")
			if err != nil {
				return err
			}
			if err := errors.Join(root.Sync(), root.Close()); err != nil {
				return err
			}
			long := 0
			for _, word := range words {
				content += word + "\n"
				if _, err := f.WriteString(word + "\n"); err != nil {
					return err
				}
				if len(word) > 3 {
					long++
				}
				if !forgets || long < 2 {
					if err := f.Sync(); err != nil {
						return err
					}
				}
				acked = len(content)
			}
			return f.Close()
		})
		r.Recover(func(fs afero.Fs) error {
			raw, err := afero.ReadFile(fs, "/words")
			if acked > 0 && (err != nil || !strings.HasPrefix(string(raw), content[:acked])) {
				return fmt.Errorf("%d bytes of %q were acknowledged, %q is there (%v)", acked, content, raw, err)
			}
			return nil
		})
	})
}

func words() *rapid.Generator[[]string] {
	return rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "aaaa"}), 0, 6)
}

// What rapid draws is the workload, and rapid makes it as small as it can be; the
// failure is told as any other, and keeps no case, which rapid's next draw is none of.
func TestRapidDrawsTheWorkload(t *testing.T) {
	kept := filepath.Join(t.TempDir(), "kept")
	tb := &rapidly{T: t}
	setRapid(t, "rapid.shrinktime", "1h") // it ends when nothing is smaller, on a busy machine too
	setRapid(t, "rapid.nofailfile", "true")
	rapid.Check(tb, func(t *rapid.T) { testWords(t, sim.Config{Corpus: kept}, words().Draw(t, "words"), true) })
	said := tb.said.String()
	for _, want := range []string{`[rapid] draw words: []string{"aaaa", "aaaa"}`, `10 bytes of "aaaa\naaaa\n" were acknowledged`,
		"write /words 5+5", "rapid drew what was tested, and says how to repeat it"} {
		if !strings.Contains(said, want) {
			t.Errorf("it doesn't say %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, "flaky") || !tb.failed {
		t.Errorf("rapid could not repeat it:\n%s", said)
	}
	if _, err := os.Stat(kept); err == nil {
		t.Error("a case was kept")
	}
	setRapid(t, "rapid.checks", "25") // in the first 20 of them, that a disk without syncs is noticed
	rapid.Check(t, func(t *rapid.T) { testWords(t, sim.Config{}, words().Draw(t, "words"), false) })
}

// setRapid sets one of rapid's flags until the test ends.
func setRapid(t *testing.T, name, value string) {
	t.Helper()
	f := flag.Lookup(name)
	before := f.Value.String()
	if err := f.Value.Set(value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(before) }) // it was what it had
}

// That of many workloads none sees a disk without syncs proves nothing.
func TestRapidProvesNothing(t *testing.T) {
	tb := &rapidly{T: t}
	setRapid(t, "rapid.checks", "20")
	rapid.Check(tb, func(t *rapid.T) { testWords(t, sim.Config{}, words().Draw(t, "words")[:0], false) })
	if said := tb.said.String(); !strings.Contains(said, "of 20 workloads that rapid drew none noticed: TestRapidProvesNothing proves nothing") {
		t.Errorf("got %s", said)
	}
}
