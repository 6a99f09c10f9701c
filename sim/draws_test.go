package sim_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim"
)

// testDrawn puts words that the seed draws into a toy that loses those which hold an
// x: it takes one draw of many to see that.
func testDrawn(t sim.TB, cfg sim.Config) {
	sim.Test(t, cfg, func(r *sim.Run) {
		var acked []string
		r.Workload(func(fs afero.Fs) error {
			s, err := openToy(fs, "/words", toyOptions{})
			if err != nil {
				return err
			}
			for range sim.Between(r, 3, 30) {
				word := fmt.Sprint(sim.Pick(r, "a", "b", "c", "d", "e", "f", "x"), r.Uint64n(1000))
				if sim.OneIn(r, 50) {
					word += "!"
				}
				if err := s.Put(word, toyOptions{forgetSync: word[0] == 'x'}); err != nil {
					return err
				}
				acked = append(acked, word)
			}
			return s.Close()
		})
		r.Recover(func(fs afero.Fs) error {
			s, err := openToy(fs, "/words", toyOptions{})
			if err != nil {
				return err
			}
			for _, word := range acked {
				if !s.has[word] {
					return fmt.Errorf("%s was acknowledged and is lost", word)
				}
			}
			return s.Close()
		})
	})
}

// A failure is made small: what was drawn, too. Its case is kept, beside a page, and
// run first from then on; the command that the message ends with repeats it.
func TestFailureIsKept(t *testing.T) {
	dir := t.TempDir()
	first := failureOf(t, func(t sim.TB) { testDrawn(t, sim.Config{Corpus: dir}) })
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("kept %v (%v), want a case and its page", files, err)
	}
	text, err := os.ReadFile(strings.TrimSuffix(files[0], filepath.Ext(files[0])) + ".case")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"powercut case 2\n", "target test\ntest powercut/sim TestToy\nmade-by powercut ", "workload\n\tdraw 0 0 0 6\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the case lacks %q:\n%s", want, text)
		}
	}
	if !strings.Contains(first, "x0 was acknowledged and is lost") || !strings.Contains(first, "draws instead of") ||
		!strings.HasSuffix(first, "to repeat it: go test powercut/sim -run '^TestToy$' -powercut.case="+filepath.ToSlash(files[0])) {
		t.Errorf("got %s", first)
	}
	again := failureOf(t, func(t sim.TB) { testDrawn(t, sim.Config{Corpus: dir, Runs: 1, Seed: 1 << 40}) })
	if !strings.Contains(again, "x0 was acknowledged and is lost") || !strings.Contains(again, "The case was kept by an earlier run") {
		t.Errorf("with the case kept got %s", again)
	}
	known := ""
	for line := range strings.Lines(first) {
		if _, after, ok := strings.Cut(line, "signature, for sim.Config{Known: ...}: "); ok {
			known = strings.Trim(strings.TrimSpace(after), `"`)
		}
	}
	if message := outcomeOf(func(t sim.TB) { testDrawn(t, sim.Config{Corpus: dir, Known: []string{known}}) }); message != "" {
		t.Errorf("with the defect known as %q got %s", known, message)
	}
}

// A test that can't fail is no test.
func TestVacuousTests(t *testing.T) {
	fine := func(afero.Fs) error { return nil }
	write := func(fs afero.Fs) error { return afero.WriteFile(fs, "/f", []byte("x"), 0o644) }
	for _, test := range []struct {
		name string
		body func(r *sim.Run)
		want string
	}{
		{"no workload", func(r *sim.Run) { r.Recover(fine) }, "its body calls no r.Workload"},
		{"no recover", func(r *sim.Run) { r.Workload(write) }, "its body calls no r.Recover"},
		{"no operation", func(r *sim.Run) { r.Setup(write); r.Workload(fine); r.Recover(fine) }, "made no operation on the disk"},
		{"no check", func(r *sim.Run) { r.Workload(write); r.Recover(fine) }, "no Sync of a file does anything"},
	} {
		t.Run(test.name, func(t *testing.T) {
			message := failureOf(t, func(t sim.TB) { sim.Test(t, sim.Config{Corpus: "none", Runs: 5}, test.body) })
			if !strings.HasPrefix(message, "powercut: TestToy proves nothing: ") || !strings.Contains(message, test.want) {
				t.Errorf("got %s\nwant in it: %s", message, test.want)
			}
		})
	}
}

// What Setup makes is there, durable, and no crash and no fault comes before it is.
func TestSetup(t *testing.T) {
	sim.Test(t, sim.Config{Corpus: "none", Promises: sim.Nothing, Runs: 10, Plan: faults.Plan{Rules: []faults.Rule{{Kind: faults.WriteError}}}}, func(r *sim.Run) {
		r.Setup(func(fs afero.Fs) error {
			if err := fs.MkdirAll("/db/sub", 0o755); err != nil {
				return err
			}
			return afero.WriteFile(fs, "/db/sub/f", []byte("x"), 0o644)
		})
		r.Workload(func(fs afero.Fs) error {
			_, err := fs.Stat("/db")
			return err
		})
		r.Recover(func(fs afero.Fs) error {
			raw, err := afero.ReadFile(fs, "/db/sub/f")
			if err != nil || string(raw) != "x" {
				return fmt.Errorf("found %q (%v)", raw, err)
			}
			return nil
		})
	})
}

// After a fault an error of the workload ends it, and is no violation; before, it is.
func TestErrorsAfterFaults(t *testing.T) {
	failing := func(plan faults.Plan) string {
		return outcomeOf(func(t sim.TB) {
			sim.Test(t, sim.Config{Corpus: "none", Promises: sim.Nothing, Runs: 5, Plan: plan}, func(r *sim.Run) {
				r.Workload(func(fs afero.Fs) error {
					if err := afero.WriteFile(fs, "/f", []byte("x"), 0o644); err != nil {
						return err
					}
					return fmt.Errorf("made up")
				})
				r.Recover(func(afero.Fs) error { return nil })
			})
		})
	}
	if message := failing(faults.Plan{Rules: []faults.Rule{{Kind: faults.WriteError}}}); message != "" {
		t.Errorf("an error after a fault: %s", message)
	}
	if message := failing(faults.Plan{}); !strings.Contains(message, "works: made up") {
		t.Errorf("an error without a fault: %s", message)
	}
}

// Faults can strike a recovery; the next one is judged.
func TestRecoveryFaults(t *testing.T) {
	interrupted, judged := 0, 0
	sim.Test(t, sim.Config{Corpus: "none", Promises: sim.Nothing, Workers: 1, Runs: 30, RecoveryFaults: &faults.Mix{}}, func(r *sim.Run) {
		r.Workload(func(fs afero.Fs) error { return afero.WriteFile(fs, "/f", []byte("x"), 0o644) })
		r.Recover(func(fs afero.Fs) error {
			judged++
			if err := afero.WriteFile(fs, "/g", []byte("y"), 0o644); err != nil {
				interrupted++
				judged--
				return err
			}
			return nil
		})
	})
	if interrupted == 0 || judged == 0 {
		t.Errorf("%d recoveries met a fault, %d did not", interrupted, judged)
	}
}
