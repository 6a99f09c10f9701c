package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"powercut/sim/campaign"
	"powercut/sim/core"
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
		note := worker.Note{Test: &worker.Test{Version: worker.Version, Name: tt.test, Corpus: dir, Known: tt.cfg.Known, Rapid: rapid}}
		if err := json.NewEncoder(l.notes).Encode(note); err != nil {
			return fmt.Sprintf("powercut: %v", err)
		}
		return ""
	}
	if l.test != tt.test.Test {
		return "" // another one is wanted
	}
	k := &corpus{target: tt}
	host := &worker.Host{Find: k.find, Check: k.check, Canary: tt.canary}
	if err := worker.Serve(l.orders, l.notes, host); err != nil {
		return fmt.Sprintf("powercut: %v", err)
	}
	return ""
}

// canary is campaign.Campaign.Canary, and looks for what else would make the test
// prove nothing.
func (t *target) canary(c campaign.Campaign) (campaign.CanaryReport, error) {
	report, err := c.Canary()
	if err == nil && report.Path == "" {
		core.Execute(c.First, t.Draw(c.First.Streams()), false) // its workload shows what it has
	}
	if lacks := t.lacks(); lacks != "" {
		return report, errors.New(lacks)
	}
	if lives, ok := errors.AsType[*campaign.CanaryError](err); ok {
		return report, errors.New(t.blind(lives.Runs))
	}
	return report, err
}
