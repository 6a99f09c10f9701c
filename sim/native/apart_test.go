//go:build powercut && linux && amd64

package native_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

// global is a lock of the whole process, which toys hold while they use the disk.
var global sync.Mutex

// toy is an engine that keeps a number in a file.
type toy struct {
	name    string
	noSync  bool
	blocks  bool // it waits for itself when it finds something
	panics  bool // in a goroutine of its own
	exits   bool
	ends    bool // its process, where the disk fails
	ticks   bool // a ticker of its own goes on while it waits
	forgets bool // its test keeps what was promised in a variable that nobody is told of
	differs bool // likewise, though its test has r.State
	epochs  int
	claims  bool // by a global variable, which its recovery takes for a lock that is held
	free    bool // of the lock of the whole process
}

// claimed is what a toy that claims goes by.
var claimed atomic.Bool

// lock takes the lock of the whole process, if the toy uses it.
func (e *toy) lock() (unlock func()) {
	if e.free || e.claims {
		return func() {}
	}
	global.Lock()
	return global.Unlock
}

func (e *toy) put(dir string, n int) error {
	defer e.lock()()
	f, err := os.OpenFile(filepath.Join(dir, "n"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(fmt.Appendf(nil, "%03d", n), 0)
	if err == nil && !e.noSync {
		err = f.Sync()
	}
	if d, err2 := os.Open(dir); err2 == nil {
		err = errors.Join(err, d.Sync(), d.Close())
	}
	if err = errors.Join(err, f.Close()); err != nil && e.ends {
		os.Exit(8)
	}
	return err
}

func (e *toy) get(dir string) (int, error) {
	if e.ticks {
		go func() {
			for range time.Tick(time.Second) {
				continue // for ever
			}
		}()
	}
	defer e.lock()()
	text, err := os.ReadFile(filepath.Join(dir, "n"))
	if err != nil || len(text) == 0 || text[0] == 0 {
		return 0, nil
	}
	switch {
	case e.blocks:
		global.Lock()
	case e.panics:
		died := make(chan int)
		go func() { panic("the toy's own") }()
		<-died
	case e.exits:
		fmt.Fprintln(os.Stderr, "the toy gives up")
		os.Exit(7)
	}
	return strconv.Atoi(string(text))
}

func (e *toy) run(r *sim.Run) {
	acked := 0
	if e.differs {
		r.State(func() uint64 { return uint64(acked) })
	} else if !e.forgets {
		sim.Remember(r, &acked)
	}
	r.WorkloadDir(func(dir string) error {
		from, err := e.get(dir)
		claimed.Store(e.claims)
		defer claimed.Store(false)
		for i := from + 1; i <= from+5 && err == nil; i++ {
			if err = e.put(dir, i); err == nil {
				r.Ack(func() { acked = i })
			}
		}
		return err
	})
	r.RecoverDir(func(dir string) error {
		if claimed.Load() {
			return errors.New("lock held by current process")
		}
		n, err := e.get(dir)
		if err == nil && n < acked {
			err = fmt.Errorf("%d is lost: found %d", acked, n)
		}
		return err
	})
}

// toys are run by TestToy, and what becomes of that is what TestApart looks at.
var toys = []*toy{
	{name: "sound"},
	{name: "epochs", epochs: 3},
	{name: "ticks", ticks: true},
	{name: "unsynced", noSync: true},
	{name: "unsynced and ends", noSync: true, ends: true},
	{name: "blocks", blocks: true},
	{name: "panics", panics: true},
	{name: "exits", exits: true},
	{name: "forgets", forgets: true},
	{name: "differs", differs: true},
	{name: "claims", claims: true},
	{name: "claims and loses", claims: true, noSync: true},
	{name: "claims and forgets", claims: true, forgets: true},
	{name: "free and loses", free: true, noSync: true},
	{name: "free and panics", free: true, panics: true},
	{name: "free, panics and forgets", free: true, panics: true, forgets: true},
}

func TestToy(t *testing.T) {
	corpus := os.Getenv("POWERCUT_OUT")
	if corpus == "" {
		t.Skip("for the tests below")
	}
	for _, e := range toys {
		t.Run(e.name, func(t *testing.T) {
			sim.Test(t, sim.Config{Runs: 2, Points: 8, Images: 2, Profiles: []vfs.Profile{vfs.Ext4}, Corpus: corpus, Epochs: e.epochs, Promises: sim.Nothing}, e.run)
		})
	}
	for _, points := range []int{1, 4, 64} {
		t.Run(fmt.Sprint("points ", points), func(t *testing.T) {
			sim.Test(t, sim.Config{Runs: 3, Points: points, Corpus: "none", Promises: sim.Nothing}, (&toy{}).run)
		})
	}
	t.Run("oracle", func(t *testing.T) {
		sim.Test(t, sim.Config{Runs: 2, Points: 8, Images: 2, Corpus: "none", Profiles: []vfs.Profile{vfs.Ext4}}, func(r *sim.Run) {
			e, kept := toy{}, oracle.NewMap[string, int](r)
			r.WorkloadDir(func(dir string) error {
				for i := range 5 {
					if err := kept.Put("n", i+1, func() error { return e.put(dir, i+1) }); err != nil {
						return err
					}
				}
				return nil
			})
			r.RecoverDir(func(dir string) error {
				return kept.Check(func(string) (int, error) {
					n, err := e.get(dir)
					if n == 0 && err == nil {
						err = oracle.ErrNotFound
					}
					return n, err
				})
			})
		})
	})
}

// child runs a toy's test as simrun test does.
func child(t *testing.T, out, name string, flags ...string) string {
	t.Helper()
	return runTest(out, "^TestToy$/^"+regexp.QuoteMeta(strings.ReplaceAll(name, " ", "_"))+"$", flags...)
}

// runTest runs a test of this package that keeps its cases below out, and returns what it
// says, and how it ended.
func runTest(out, pattern string, flags ...string) string {
	cmd := exec.Command(os.Args[0], append([]string{"-test.v", "-test.run=" + pattern}, flags...)...)
	cmd.Env = append(os.Environ(), "POWERCUT_OUT="+out)
	said, err := cmd.CombinedOutput()
	return fmt.Sprintf("%s\n%v", said, err)
}

// inShort are those of TestApart that -test.short has run.
var inShort = []string{"sound", "forgets", "claims", "claims and loses", "differs"}

// A lock of the whole process that the workload holds makes no violation, and hides
// none: recoveries go on in processes of their own.
func TestApart(t *testing.T) {
	const goesOn, shares = "each goes on in a process of its own", "a recovery met global variables that the workload had set"
	for name, want := range map[string][]string{
		"sound":    {goesOn, "--- PASS", "<nil>"},
		"oracle":   {goesOn, "--- PASS", "<nil>"},
		"ticks":    {goesOn, "--- PASS", "<nil>"},
		"epochs":   {goesOn, "--- PASS", "<nil>"},
		"unsynced": {"powercut: recovers: ", "is lost: found", "the write", "apart_test.go", "-powercut.case="},
		// It is let go on by nobody, and so comes to no failing disk.
		"unsynced and ends": {"powercut: recovers: ", "is lost: found", "the write", "-powercut.case="},
		"blocks":            {"powercut: progress: the recovery is blocked", "in a process of its own, in which the workload never ran", "sync.Mutex.Lock"},
		"panics":            {"powercut: no-panic: panic: the toy's own", "-powercut.case="},
		"exits":             {"powercut: recovers: the recovery ended its process", "the toy gives up", "-powercut.case="},
		"forgets":           {"proves nothing: a recovery waits for something of the whole process", "sim.Remember(r, &acked)", "It names none"},
		"claims":            {shares, goesOn, "--- PASS", "<nil>"},
		// What is there is found, and not what seems to be.
		"claims and loses":         {shares, "powercut: recovers: ", "is lost: found", "-powercut.case="},
		"claims and forgets":       {"powercut: recovers: lock held by current process", "may have met global variables", "sim.Remember(r, &acked)"},
		"free and loses":           {"powercut: recovers: ", "is lost: found", "-powercut.case="},
		"free and panics":          {shares, "powercut: no-panic: panic: the toy's own", "-powercut.case="},
		"free, panics and forgets": {"panic: the toy's own", "-powercut.seed="},
		"differs":                  {"proves nothing: ", "r.State comes to another number there than here"},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && !slices.Contains(inShort, name) {
				t.Skip("-test.short: each is found, and made smaller, anew")
			}
			out := t.TempDir()
			said := child(t, out, name)
			for _, w := range want {
				if !strings.Contains(said, w) {
					t.Errorf("%q is missing in\n%s", w, said)
				}
			}
			file := regexp.MustCompile(`-powercut\.case=(\S+)`).FindStringSubmatch(said)
			if file == nil || slices.Contains(want, goesOn) {
				return
			}
			// A case that was found apart repeats what it is of, wherever it is run.
			again := child(t, out, name, "-powercut.case="+file[1])
			law := regexp.MustCompile(`powercut: [a-z-]+: `).FindString(said)
			if law == "" || !strings.Contains(again, law) || strings.Contains(said+again, "runs, since the engine") {
				t.Errorf("found\n%s\nand the case\n%s", said, again)
			}
		})
	}
}

// What the workload does is the same however many images are judged apart, and what is
// judged is the same in each process.
func TestApartChangesNothing(t *testing.T) {
	line := regexp.MustCompile(`seed (\d+): digest (\w+), workload (\w+), \d+ operations, (\d+) images`)
	workloads, runs := make(map[string]string), make(map[string]string)
	for _, points := range []string{"points 1", "points 4", "points 64", "points 4"} {
		found := line.FindAllStringSubmatch(child(t, t.TempDir(), points, "-powercut.digests"), -1)
		if len(found) != 3 {
			t.Fatalf("%s: %d runs", points, len(found))
		}
		for _, f := range found {
			if before, ok := workloads[f[1]]; ok && before != f[3] {
				t.Errorf("seed %s: workload %s with %s, and %s before", f[1], f[3], points, before)
			}
			workloads[f[1]] = f[3]
			if before, ok := runs[points+f[1]]; ok && before != f[2] {
				t.Errorf("seed %s: digest %s, and %s before", f[1], f[2], before)
			}
			runs[points+f[1]] = f[2]
		}
	}
}
