package main

import (
	"errors"

	"github.com/spf13/cobra"

	"powercut/cmd/simrun/internal/fuse"
	"powercut/properties"
	"powercut/sim/core"
	"powercut/sim/worker"
)

// findTarget finds what a campaign tests by its name.
var findTarget = knownTarget

func knownTarget(name string) core.Target {
	if name == fuse.TargetName {
		return fuse.Target()
	}
	return properties.FindTarget(name)
}

// newWorkerCommand is what a campaign starts for each of its workers: a run
// that takes its process with it then ends nothing else.
func newWorkerCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "worker",
		Short:  "run blocks of a campaign for another process (internal)",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			orders, notes, is, err := worker.Inherited()
			if err == nil && !is {
				err = errors.New("worker: a campaign starts it")
			}
			if err == nil {
				err = worker.Serve(orders, notes, &worker.Host{Find: findTarget})
			}
			if err != nil {
				return harnessFailed(err)
			}
			return nil
		},
	}
}
