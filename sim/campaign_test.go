package sim_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim"
	"powercut/vfs"
)

// words is a target for tests of the simulator itself: some clients that each
// write and sync words to a file of their own. Unsound forgets the syncs.
type words struct {
	unsound bool
	noise   func() uint64 // what no seed decides
}

func (words) Name() string { return "words" }

func (words) OwnLaws() []sim.LawInfo {
	return []sim.LawInfo{{Law: "words-kept", Judge: sim.ByTarget, Sentence: "A word that was acknowledged is there after a crash."}}
}

func (w words) Draw(streams sim.Streams) sim.Scenario {
	src := streams("workload")
	load := wordsLoad{words: w, clients: 1 + sim.Intn(src, 3), each: 1 + sim.Intn(src, 4)}
	return sim.Scenario{Target: "words", Workload: load, Plan: faults.Mix{Kinds: kinds}.Plan(streams("faults")),
		Settings: sim.Settings{Profile: vfs.POSIX, Epochs: 1 + sim.Intn(src, 2), Depth: 1}}
}

func (w words) ParseWorkload(text string) (sim.Workload, error) {
	load := wordsLoad{words: w}
	_, err := fmt.Sscanf(text, wordsFormat, &load.clients, &load.each)
	return load, err
}

const wordsFormat = "%d clients, %d words\n"

// kinds are faults that strike one file: where the whole filesystem fails, the
// clients would have to tell each other.
var kinds = []faults.Kind{faults.NoSpace, faults.ShortWrite, faults.WriteError, faults.DropClean, faults.KeepDirty, faults.Latency}

type wordsLoad struct {
	words
	clients, each int
}

func (l wordsLoad) String() string  { return fmt.Sprintf(wordsFormat, l.clients, l.each) }
func (l wordsLoad) Operations() int { return 10 * l.clients }
func (l wordsLoad) Program() sim.Program {
	return &wordsProgram{load: l, acked: make([]int, l.clients)}
}

type wordsProgram struct {
	load  wordsLoad
	acked []int // bytes that each client knows durable
	total uint64
}

func (p *wordsProgram) name(client int) string { return fmt.Sprintf("/%d", client) }

func (p *wordsProgram) Epoch(r *sim.Run, epoch int) {
	if p.load.noise != nil {
		r.Mix(p.load.noise())
	}
	if epoch > 0 {
		return // what came back was judged
	}
	for i := range p.load.clients {
		r.Go("client", func() error {
			err := p.client(r, i)
			if err != nil && (errors.Is(err, vfs.ErrInjected) || r.PowerIsOff()) {
				return nil
			}
			return err
		})
	}
}

func (p *wordsProgram) client(r *sim.Run, i int) error {
	file, err := r.Disk().OpenFile(p.name(i), os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	dir, err := r.Disk().Open("/")
	if err != nil {
		return err
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return err
	}
	for range p.load.each {
		n, err := file.WriteString("word ")
		if err == nil && !p.load.unsound {
			err = file.Sync()
		}
		if err != nil || r.PowerIsOff() {
			return err
		}
		p.acked[i] += n
		p.total++
	}
	return file.Close()
}

func (p *wordsProgram) Recover(r *sim.Run, c *sim.Crash) error {
	for i, want := range p.acked {
		raw, err := afero.ReadFile(c.Disk(), p.name(i))
		whole := strings.Repeat("word ", want/5)
		if want > 0 && (err != nil || !strings.HasPrefix(string(raw), whole)) && !r.Suspends("acknowledged-durable") {
			return sim.Breachf("words-kept", "client %d wrote %d bytes, %d came back (%v)", i, want, len(raw), err)
		}
	}
	return nil
}

func (p *wordsProgram) OracleDigest() uint64 { return 1 + p.total }

// The same seeds give the same summary, however many run at once.
func TestCampaignIsDeterministic(t *testing.T) {
	var first *sim.Summary
	for _, workers := range []int{1, 2, 5} {
		got, err := sim.Campaign{Target: words{}, Seeds: 140}.InProcess(t.Context(), workers)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Defects) > 0 {
			t.Fatalf("a sound program is accused: %v\n%s", got.Defects[0].First, got.Defects[0].First.Case)
		}
		if got.Runs != 140 || got.Images == 0 || got.RunsRechecked == 0 || len(got.Coverage) == 0 {
			t.Errorf("runs %d, images %d, rechecked %d, coverage %d", got.Runs, got.Images, got.RunsRechecked, len(got.Coverage))
		}
		if first == nil {
			first = got
		}
		if diff := cmp.Diff(first, got, cmpopts.IgnoreFields(sim.Summary{}, "Duration")); diff != "" {
			t.Errorf("with %d workers (-first +got):\n%s", workers, diff)
		}
	}
}

// A program that forgets its syncs is caught, and one defect is one line.
func TestCampaignFindsDefects(t *testing.T) {
	got, err := sim.Campaign{Target: words{unsound: true}, Seeds: 60}.InProcess(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Defects) != 1 || got.Defects[0].Count < 2 || got.Defects[0].First.Law != "words-kept" {
		t.Fatalf("defects: %+v", got.Defects)
	}
	if v := got.Defects[0].First; v.Case == nil || v.Seed >= 60 {
		t.Errorf("the violation names no case or another seed: %+v", v)
	}
}

// A run that its seed doesn't decide fails the campaign, with both traces.
func TestCampaignFindsNondeterminism(t *testing.T) {
	calls := uint64(0)
	noisy := words{noise: func() uint64 { calls++; return calls }}
	_, err := sim.Campaign{Target: noisy, Seeds: sim.BlockSeeds}.InProcess(t.Context(), 1)
	broken, ok := errors.AsType[*sim.NondeterminismError](err)
	if !ok {
		t.Fatalf("got %v, want a NondeterminismError", err)
	}
	if len(broken.First) == 0 || len(broken.Second) == 0 || broken.Index < 0 || !strings.Contains(err.Error(), "ran differently") {
		t.Errorf("%d and %d events, the first that differs is %d: %v", len(broken.First), len(broken.Second), broken.Index, err)
	}
}
