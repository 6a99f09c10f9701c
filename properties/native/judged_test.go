//go:build powercut

package native

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"powercut/properties/unmodified"
	"powercut/sim/core"
	"powercut/sim/native"
	"powercut/vfs"
)

// A test judges images at one operation at least. What follows is a run below package
// sim, so that there may be none at all.

// bare is a workload of an engine: clients that put.
type bare struct {
	name string
	open unmodified.Open
	plan unmodified.Plan
}

func (b bare) String() string             { return b.name }
func (bare) Operations() int              { return 100 }
func (bare) HangAfter() time.Duration     { return time.Minute }
func (bare) StepBudget() uint64           { return 0 }
func (b bare) Program() core.Program      { return &bareProgram{bare: b} }
func (*bareProgram) OracleDigest() uint64 { return 0 }

type bareProgram struct {
	bare
	opened bool
}

func (p *bareProgram) Epoch(r *core.Run, _ int) {
	r.Go("workload", func() error {
		r.AtEnd(native.Own(r.Disk()))
		s, err := p.open(native.Dir)
		if err != nil {
			return err
		}
		p.opened = true
		var failed [8]error
		var clients sync.WaitGroup
		for c := range p.plan.Clients {
			clients.Go(func() {
				for i := range p.plan.Puts {
					failed[c] = errors.Join(failed[c], s.Put(fmt.Sprint("key ", i, " of ", c), strings.Repeat("v", 50+i)))
				}
			})
		}
		clients.Wait()
		return errors.Join(errors.Join(failed[:]...), s.Close())
	})
}

// Recover opens what there is, if it was open before: whether it opens is another test.
func (p *bareProgram) Recover(r *core.Run, c *core.Crash) error {
	if !p.opened {
		return nil
	}
	r.AtEnd(native.Own(c.Disk()))
	if s, err := p.open(native.Dir); err == nil {
		_ = s.Close() // likewise
	}
	return nil
}

// atMost judges an image at each operation until there were so many.
type atMost struct {
	core.Explorer
	left int
}

func (e *atMost) Visit(r *core.Run, p *core.Point) {
	if e.left > 0 {
		e.left--
		r.Judge(p, p.Disk().Crash(vfs.Ext4, core.Seed(p.Step()).Stream("image")))
	}
}

// bareVariable says which engine TestBare is to run, and how many images it is to judge.
const bareVariable = "BARE"

// TestBare is a run for the test below.
func TestBare(t *testing.T) {
	name, most, _ := strings.Cut(os.Getenv(bareVariable), " ")
	n, err := strconv.Atoi(most)
	if err != nil {
		t.Skip("for the test below")
	}
	seed, err := strconv.ParseUint(os.Getenv("POWERCUT_SEED"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range small {
		if e.name != name {
			continue
		}
		settings := core.Settings{Profile: vfs.Ext4}
		scenario := core.Scenario{Workload: bare{e.name, e.open, e.plan}, Settings: settings}
		r := core.NewRun(core.Seed(seed), scenario, &atMost{core.NewSeededExplorer(core.Seed(seed), settings), n}, core.Probe{JudgeAll: true}).Execute()
		fmt.Printf("%s images %d %v\n", r.Workload, r.Images, r.Violation)
		os.Exit(0)
	}
	t.Fatalf("no engine is called %q", name)
}

// What a workload does is the same where no image is judged, where one is, and where a
// hundred are.
func TestNoneOneOrAHundredImages(t *testing.T) {
	for _, e := range small {
		workloads := make(map[string]int)
		for seed := range 3 {
			var want string
			for _, images := range []int{0, 1, 100} {
				cmd := exec.Command(os.Args[0], "-test.run=^TestBare$")
				cmd.Env = []string{"GOMAXPROCS=1", "GODEBUG=gcstoptheworld=2", "TZ=UTC", fmt.Sprint("POWERCUT_SEED=", seed), fmt.Sprintf("%s=%s %d", bareVariable, e.name, images)}
				out, err := cmd.CombinedOutput()
				got, rest, _ := strings.Cut(string(out), " ")
				var judged int
				_, scanErr := fmt.Sscanf(rest, "images %d <nil>\n", &judged)
				if err != nil || scanErr != nil || judged > images || judged < min(images, 80) { // a run may have fewer than a hundred
					t.Fatalf("%s, seed %d: %v, %v, want %d images, and no violation, in\n%s", e.name, seed, err, scanErr, images, out)
				}
				if want == "" {
					want = got
				}
				if got != want {
					t.Errorf("%s, seed %d: %s with %d images, and %s with none", e.name, seed, got, images, want)
				}
			}
			if other, ok := workloads[want]; ok && e.varies {
				t.Errorf("%s: seeds %d and %d gave one run, so that what is compared tells little", e.name, other, seed)
			}
			workloads[want] = seed
		}
	}
}
