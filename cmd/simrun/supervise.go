package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"powercut/sim/campaign"
)

// supervisor runs blocks in a process of its own, which it starts again when a
// run takes it along, or does nothing for too long.
type supervisor struct {
	init      workerInit
	hangAfter time.Duration
	warn      io.Writer
	child     *child // nil: there is none
	spent     memory
}

// child is a worker process.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	orders *json.Encoder
	notes  chan workerNote // closed when the process has ended
	said   tail
}

// tail keeps the end of what is written to it.
type tail struct {
	mu    sync.Mutex
	bytes []byte
}

const maxTail = 32 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes = append(t.bytes, p...)
	// Of a fatal error the beginning says what it was.
	if len(t.bytes) > 2*maxTail {
		t.bytes = append(t.bytes[:maxTail], t.bytes[len(t.bytes)-maxTail:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.bytes))
}

func startChild(init *workerInit) (*child, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(program, "worker"), notes: make(chan workerNote)}
	c.cmd.Args[0] = os.Args[0]
	c.cmd.Stderr = &c.said
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(c.notes)
		notes := json.NewDecoder(bufio.NewReader(out))
		for {
			var note workerNote
			if notes.Decode(&note) != nil {
				_ = c.cmd.Wait() // what it said tells more
				return
			}
			c.notes <- note
		}
	}()
	c.orders = json.NewEncoder(c.in)
	if err := c.orders.Encode(init); err != nil {
		c.end(os.Kill)
		return nil, fmt.Errorf("%w: %s", err, &c.said)
	}
	return c, nil
}

// end ends the process and waits for its end.
func (c *child) end(how os.Signal) {
	if c.cmd.Process.Signal(how) != nil {
		_ = c.cmd.Process.Kill() // it has ended, or can't be told how
	}
	after := time.AfterFunc(10*time.Second, func() { _ = c.cmd.Process.Kill() })
	defer after.Stop()
	for range c.notes {
	}
	_ = c.in.Close() // nobody reads
}

// maxStarts is how often in a row a worker may end before it runs anything.
const maxStarts = 3

// maxUnrepeated bounds how many runs of a block may end their process and not do
// so again. Beyond it something else ends the processes, and not the runs.
const maxUnrepeated = 8

// ending is how a worker ended.
type ending struct {
	ran   bool // it was running what the death says
	death campaign.Death
}

// memory is what runs allocated.
type memory struct{ runs, bytes uint64 }

func (m *memory) add(runs, bytes uint64) {
	m.runs += runs
	m.bytes += bytes
}

// run is a campaign.BlockRunner.
func (s *supervisor) run(ctx context.Context, index uint64) (campaign.Block, error) {
	order := workerOrder{Block: index}
	var suspect *campaign.Death // of a run that ended a process once
	starts, unrepeated := 1, 0
	for {
		block, end, err := s.try(ctx, order)
		if err != nil {
			return block, err
		}
		if end == nil {
			if suspect != nil {
				fmt.Fprintf(s.warn, "simrun: seed %s ended its process once, but not when it was run again\n", suspect.Seed)
			}
			block.Deaths = order.Skip
			return block, nil
		}
		d := &end.death
		switch {
		case !end.ran && starts < maxStarts:
			starts++
		case !end.ran:
			return block, harnessFailed(fmt.Errorf("a worker ended %d times before it ran anything: %s", starts, d.Output))
		case suspect != nil && suspect.Seed == d.Seed && suspect.Variation == d.Variation:
			order.Skip = append(order.Skip, *d)
			suspect = nil
			unrepeated--
		case unrepeated == maxUnrepeated:
			return block, harnessFailed(fmt.Errorf("workers end again and again, each time in another run; is there memory enough? the last said: %s", d.Output))
		default:
			unrepeated++
			suspect = d // a process may end for other reasons: it was killed for its memory, say
		}
	}
}

// try has a block run once. If the worker ended instead, end says how.
func (s *supervisor) try(ctx context.Context, order workerOrder) (block campaign.Block, end *ending, err error) {
	if s.child == nil {
		if s.child, err = startChild(&s.init); err != nil {
			return block, nil, harnessFailed(fmt.Errorf("starting a worker: %w", err))
		}
	}
	c := s.child
	_ = c.orders.Encode(order) // if it has ended, its notes have too
	end = &ending{}
	clock := time.NewTimer(s.hangAfter)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			s.stop()
			return block, nil, ctx.Err()
		case <-clock.C:
			c.end(syscall.SIGQUIT) // which makes it say where it is
			s.child = nil
			end.death.Hang, end.death.Output = true, c.said.String()
			return block, end, nil
		case note, alive := <-c.notes:
			clock.Reset(s.hangAfter)
			switch {
			case !alive:
				s.child = nil
				_ = c.in.Close() // nobody reads
				if end.death.Output = c.said.String(); end.death.Output == "" {
					end.death.Output = c.cmd.ProcessState.String()
				}
				return block, end, ctx.Err()
			case note.Started != nil:
				end.ran, end.death.Seed, end.death.Variation = true, note.Started.Seed, note.Started.Variation
			case note.Error != "":
				return block, nil, harnessFailed(errors.New(note.Error))
			case note.Block != nil:
				s.spent.add(note.Block.Runs, note.Allocated)
				return *note.Block, nil, nil
			}
		}
	}
}

// stop ends the worker, if there is one.
func (s *supervisor) stop() {
	if s.child != nil {
		s.child.end(os.Kill)
		s.child = nil
	}
}
