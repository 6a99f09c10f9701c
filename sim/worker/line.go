package worker

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Line is the way to a worker that is about to be started.
type Line struct {
	Orders io.WriteCloser
	Notes  io.ReadCloser
	theirs []*os.File
}

// NewLine makes the pipes to a command's process, which finds them by its
// environment. Call Began when the command has been started, or could not be.
func NewLine(cmd *exec.Cmd) (*Line, error) {
	orders, ordersIn, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	notesOut, notes, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, orders.Close(), ordersIn.Close())
	}
	numbers, err := hand(cmd, orders, notes)
	l := &Line{Orders: ordersIn, Notes: notesOut, theirs: []*os.File{orders, notes}}
	if err != nil {
		l.Began()
		return nil, errors.Join(err, ordersIn.Close(), notesOut.Close())
	}
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, Variable+"="+strings.Join(numbers, ","))
	return l, nil
}

// Began gives up the ends of the pipes that the process has by now.
func (l *Line) Began() {
	for _, f := range l.theirs {
		_ = f.Close() // the process has its own
	}
}
