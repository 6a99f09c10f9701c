package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/internal/lineage"
	"powercut/sim/worker"
)

// line is how this process is told what to do, if it is a worker of somebody else's.
type line struct {
	orders io.Reader
	notes  io.Writer
	test   string // that is wanted; "": each is to say that it is there
	mu     sync.Mutex
	err    error
}

// workerLine is nil in a process that is no worker.
var workerLine = sync.OnceValue(func() *line {
	orders, notes, is, err := worker.Inherited()
	if !is {
		return nil
	}
	return &line{orders: orders, notes: notes, test: os.Getenv(worker.TestVariable), err: err}
})

// serve does for a test what whoever started the process wants of it, and says what
// the test fails with, "" if it passes.
func (l *line) serve(tt *target, dir string, rapid bool) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return fmt.Sprintf("powercut: %v", l.err)
	}
	if l.test == "" {
		note := worker.Note{Test: &worker.Test{Version: worker.Version, Name: tt.test, Corpus: dir, Known: tt.cfg.Known, Rapid: rapid,
			Native: !rapid && tt.wantsDir(), Built: lineage.Built()}}
		if err := json.NewEncoder(l.notes).Encode(note); err != nil {
			return fmt.Sprintf("powercut: %v", err)
		}
		return ""
	}
	if l.test != tt.test.Test {
		return "" // another one is wanted
	}
	k := &corpus{target: tt}
	host := &worker.Host{Find: k.find, Check: k.check, Noticed: tt.noticed}
	if tt.wantsDir() {
		if !lineage.Built() {
			return fmt.Sprintf("powercut: %s uses r.WorkloadDir, and simrun did not build this binary", tt.test.Test)
		}
		n := &nativeTest{corpus: k, log: func(string, ...any) {}}
		host.Elsewhere = n.elsewhere
	}
	if err := worker.Serve(l.orders, l.notes, host); err != nil {
		return fmt.Sprintf("powercut: %v", err)
	}
	return ""
}

// noticed says of how a canary fared what else would make the test prove nothing.
func (t *target) noticed(report campaign.CanaryReport, err error) (campaign.CanaryReport, error) {
	if lacks := t.lacks(); lacks != "" {
		return report, errors.New(lacks)
	}
	if lives, ok := errors.AsType[*campaign.CanaryError](err); ok {
		return report, errors.New(t.blind(lives.Runs))
	}
	return report, err
}

// wantsDir says whether the body wants a directory. It is called for that, once, and
// what it declares does not begin.
func (t *target) wantsDir() bool {
	probe := &target{test: t.test, cfg: t.cfg, body: t.body, probed: true}
	core.Execute(0, probe.Draw(core.Seed(0).Streams()), false)
	return probe.inDir.Load()
}

// elsewhere is worker.Host.Elsewhere.
func (n *nativeTest) elsewhere(ctx context.Context, seed core.Seed, more func(*worker.Note), orders ...*worker.Order) (*worker.Note, error) {
	a, err := n.startTold(ctx, job{Do: doOrders, Seed: uint64(seed), Orders: orders}, func(a answer) {
		if more != nil {
			more(a.Note)
		}
	})
	t := n.corpus.target
	t.operations.Add(a.Operations)
	if a.Lacks != "" {
		t.vacuous.Store(&a.Lacks)
	}
	if died, ok := errors.AsType[*deathError](err); ok && !died.unsupported {
		return nil, &worker.EndedError{Hang: died.hang, Output: died.Error()}
	}
	if err == nil && a.Error != nil {
		err = a.Error
	}
	return a.Note, err
}

// orders does what other processes' orders ask for. More is given what comes before the
// answer.
func (k *corpus) orders(orders []*worker.Order, more func(answer)) (a answer) {
	host := &worker.Host{Find: k.find, Check: k.check}
	ctx := givenUp()
	for _, o := range orders {
		note, err := host.Do(ctx, o, func(n *worker.Note) { more(answer{Note: n}) })
		if err != nil {
			a.Error, _ = errors.AsType[*worker.Error](err)
			break
		}
		a.Note = note
	}
	a.Operations = k.target.operations.Load()
	if lacks := k.target.vacuous.Load(); lacks != nil {
		a.Lacks = *lacks
	}
	return a
}
