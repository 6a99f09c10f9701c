//go:build linux

// Command kernel holds the profiles of the simulated disk against real
// filesystems: see README.md beside it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"powercut/vfs/kernel/internal/worker"
)

// Exit codes, as the other commands of the project have them.
const (
	exitHeld        = 0
	exitRefused     = 1
	exitUsage       = 2
	exitHarness     = 3
	exitInterrupted = 4
)

const usage = `kernel holds the profiles of the simulated disk against real filesystems.

	kernel search [flags]          runs new workloads; finds states that a profile refuses
	kernel record [flags] FILE...  runs the workloads of recordings again, and records what is seen
	kernel failures [flags]        records what programs are told when the device fails
	kernel engine [flags] PROGRAM  has an engine's program write, and look at what power cuts leave
	kernel judge FILE...           judges recordings by the profiles; needs no root
	kernel coverage FILE...        what of the states that the profiles allow was seen; needs no root

"kernel search -h" and "kernel record -h" list the flags. An example, of one minute:

	kernel search -for 1m -fs ext4,xfs -out /tmp/kernel

Exit code 0: every state seen is allowed, or nothing is lost. 1: one is refused, or something is lost. 2: usage. 3: the harness failed. 4: interrupted.
`

// errUsage ends with exit code 2; what is wrong was said already.
var errUsage = errors.New("usage")

// errRefused ends with exit code 1.
var errRefused = errors.New("refused")

func main() {
	worker.Main()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	var err error
	switch {
	case len(args) == 0:
		fmt.Fprint(os.Stderr, usage)
		return exitUsage
	case args[0] == "search":
		err = search(ctx, args[1:])
	case args[0] == "record":
		err = record(ctx, args[1:])
	case args[0] == "failures":
		err = failures(ctx, args[1:])
	case args[0] == "engine":
		err = engine(ctx, args[1:])
	case args[0] == "judge":
		err = judge(args[1:])
	case args[0] == "coverage":
		err = coverage(args[1:])
	case args[0] == "help" || args[0] == "-h" || args[0] == "--help":
		fmt.Print(usage)
		return exitHeld
	default:
		fmt.Fprintf(os.Stderr, "kernel: unknown command %q; \"kernel help\" lists them\n", args[0])
		return exitUsage
	}
	switch {
	case err == nil:
		return exitHeld
	case errors.Is(err, errRefused):
		return exitRefused
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	fmt.Fprintf(os.Stderr, "kernel: the harness failed: %v\n", err)
	return exitHarness
}
