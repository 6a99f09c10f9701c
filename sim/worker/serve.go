package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
)

// exitOrphan is the exit code of a worker whose orders ended. It is none that a test
// binary takes for a test's own doing.
const exitOrphan = 3

// Serve does what orders ask for, one after the other. It does not return while they
// go on; when they end, so does the process: nobody wants what is being run.
func Serve(orders io.Reader, notes io.Writer, h *Host) error {
	signal.Ignore(os.Interrupt) // a Ctrl-C is for the campaign, which ends its workers
	ownOneProcessor()
	s := &server{next: make(chan task), notes: json.NewEncoder(notes)}
	if err := s.notes.Encode(&Note{Serving: true}); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	go s.read(json.NewDecoder(bufio.NewReader(orders)))
	for task := range s.next {
		o := task.order
		note, err := h.Do(task.ctx, o, func(n *Note) { _ = s.notes.Encode(n) }) // the answer will fail
		task.cancel()
		if o.Campaign != nil && err == nil {
			continue
		}
		if err != nil {
			failed, _ := errors.AsType[*Error](err)
			note = &Note{Error: failed}
		}
		if err := s.notes.Encode(note); err != nil {
			return fmt.Errorf("worker: %w", err)
		}
	}
	return nil
}

type server struct {
	next  chan task
	notes *json.Encoder
}

// task is an order, and what its end depends on.
type task struct {
	order  *Order
	ctx    context.Context
	cancel context.CancelFunc
}

// read reads the orders. It alone hears of a Cancel while something is being done.
func (s *server) read(orders *json.Decoder) {
	last := task{cancel: func() {}}
	for {
		o := &Order{}
		if err := orders.Decode(o); err != nil {
			if !errors.Is(err, io.EOF) {
				fmt.Fprintf(os.Stderr, "worker: %v\n", err)
			}
			os.Exit(exitOrphan)
		}
		if o.Cancel {
			last.cancel()
			continue
		}
		last = task{order: o}
		last.ctx, last.cancel = context.WithCancel(context.Background())
		s.next <- last
	}
}

// seldomBelow is how many bytes a worker may have before it collects its garbage more
// often than it would.
const seldomBelow = 512 << 20

// ownOneProcessor keeps a worker off the processors of the others: a run goes on
// in one goroutine at a time, and what a second processor could do for it is to
// collect its garbage while another worker runs there. A run's heap is a few
// MiB, so that to collect it more seldom costs little; a few runs need hundreds, which
// must not become four times as much. Whoever sets GOMAXPROCS, GOGC or GOMEMLIMIT knows
// better.
func ownOneProcessor() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(seldomBelow)
	}
}
