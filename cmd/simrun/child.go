package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"powercut/sim/worker"
)

// launch is how a worker process is started.
type launch struct {
	program string // "": this one
	name    string // argument 0
	args    []string
	dir     string // "": where this process is
	env     []string
}

// ownWorker is this program as a worker for the targets that it knows by name.
func ownWorker() launch { return launch{name: os.Args[0], args: []string{"worker"}} }

// child is a worker process.
type child struct {
	cmd    *exec.Cmd
	line   *worker.Line
	orders *json.Encoder
	notes  chan *worker.Note // closed when the process has ended
	said   tail
	serves bool // it has said so
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

// exitDelay is how long after the end of a worker somebody else, a process that it
// started, may hold on to what it writes to.
const exitDelay = 5 * time.Second

func startChild(how launch) (*child, error) {
	var err error
	// Asked for only here: where there is no /proc nobody can tell, and most of what
	// simrun does needs no worker.
	if how.program == "" {
		if how.program, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	c := &child{cmd: exec.Command(how.program, how.args...), notes: make(chan *worker.Note)}
	if how.name != "" {
		c.cmd.Args[0] = how.name
	}
	c.cmd.Dir, c.cmd.Env = how.dir, append(os.Environ(), how.env...)
	c.cmd.Stdout, c.cmd.Stderr, c.cmd.WaitDelay = &c.said, &c.said, exitDelay
	if c.line, err = worker.NewLine(c.cmd); err != nil {
		return nil, err
	}
	err = c.cmd.Start()
	c.line.Began()
	if err != nil {
		return nil, errors.Join(err, c.line.Orders.Close(), c.line.Notes.Close())
	}
	c.orders = json.NewEncoder(c.line.Orders)
	go func() {
		defer close(c.notes)
		notes := json.NewDecoder(bufio.NewReader(c.line.Notes))
		for {
			note := &worker.Note{}
			if notes.Decode(note) != nil {
				_ = c.cmd.Wait() // what it said tells more
				_ = c.line.Notes.Close()
				return
			}
			c.notes <- note
		}
	}()
	return c, nil
}

// lastWords is what a process that has ended said.
func (c *child) lastWords() string {
	_ = c.line.Orders.Close() // nobody reads
	if text := c.said.String(); text != "" {
		return text
	}
	return c.cmd.ProcessState.String()
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
	_ = c.line.Orders.Close() // nobody reads
}

// diedError says that a worker ended in the midst of what it was asked for.
type diedError struct {
	said   string
	served bool // it had begun to do what it is asked for
}

func (e *diedError) Error() string {
	if !e.served {
		return fmt.Sprintf("the worker process ended before it did anything; does its test call sim.Test every time? The last that it said:\n%s", indented(e.said+"\n"))
	}
	return fmt.Sprintf("the worker process ended in the midst of it; the last that it said:\n%s", indented(e.said+"\n"))
}

// ask has a worker do something. When ctx ends it is told to come to an end with what
// it has. More is given the notes that come before the answer. The error is a *worker.Error, or a *diedError.
func (c *child) ask(ctx context.Context, o *worker.Order, more func(*worker.Note)) (*worker.Note, error) {
	_ = c.orders.Encode(o) // if it has ended, its notes have too
	ended := ctx.Done()
	for {
		select {
		case <-ended:
			_ = c.orders.Encode(&worker.Order{Cancel: true}) // likewise
			ended = nil
		case note, alive := <-c.notes:
			switch {
			case !alive:
				return nil, &diedError{c.lastWords(), c.serves}
			case note.Error != nil && note.Error.Ended():
				return nil, &diedError{note.Error.Text, true}
			case note.Error != nil:
				return nil, note.Error
			case note.Serving:
				c.serves = true
			case !note.More():
				return note, nil
			default:
				more(note)
			}
		}
	}
}

// kill ends the process at once.
func (c *child) kill() { c.end(os.Kill) }
