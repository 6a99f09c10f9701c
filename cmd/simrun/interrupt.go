package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// interruption is in the report of every command that a Ctrl-C can end early.
type interruption struct {
	Interrupted bool   `json:"interrupted"` // before all was run
	Left        uint64 `json:"left"`        // how much did not run, of what the command counts
}

// interruptible returns a context that a Ctrl-C, or a request to terminate,
// ends: the command then reports what it has. A second one ends the process.
func interruptible(cmd *cobra.Command) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(cmd.Context())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			fmt.Fprintln(cmd.ErrOrStderr(), "simrun: interrupted: the report of what was done follows; once more ends it at once")
			signal.Stop(signals)
			cancel()
		case <-ctx.Done():
			signal.Stop(signals)
		}
	}()
	return ctx, cancel
}

// interrupted is what a command returns that reported what it has, and was ended
// before it had all. A violation goes before it.
var interrupted = &exitError{code: exitInterrupted}

// outcome is how a command ends that may have been interrupted.
func outcome(violations bool, i interruption) error {
	switch {
	case violations:
		return violated
	case i.Interrupted:
		return interrupted
	}
	return nil
}
