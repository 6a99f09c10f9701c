package main

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
	"runtime/metrics"

	"github.com/spf13/cobra"

	"powercut/properties"
	"powercut/sim/campaign"
	"powercut/sim/core"
)

// findTarget finds what a campaign tests by its name.
var findTarget = properties.FindTarget

// A worker is told what to do in lines of JSON: first a workerInit, then one
// workerOrder after the other. It answers each order with workerNotes, the last
// of which has the block, or the error.
type workerInit struct {
	First  uint64           `json:"first"`
	Seeds  uint64           `json:"seeds"`
	Common commonFlags      `json:"common"`
	Known  []core.CellCount `json:"known"` // null: nothing is varied
}

type workerOrder struct {
	Block uint64           `json:"block"`
	Skip  []campaign.Death `json:"skip"`
}

type workerNote struct {
	Started   *startedRun     `json:"started,omitempty"`
	Block     *campaign.Block `json:"block,omitempty"`
	Error     string          `json:"error,omitempty"`
	Allocated uint64          `json:"allocated,omitempty"` // bytes, for the block
}

type startedRun struct {
	Seed      core.Seed `json:"seed"`
	Variation uint64    `json:"variation"`
}

// newWorkerCommand is what a campaign starts for each of its workers: a run
// that takes its process with it then ends nothing else.
func newWorkerCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "worker",
		Short:  "run blocks of a campaign for another process (internal)",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// A Ctrl-C is for the campaign, which ends its workers.
			signal.Ignore(os.Interrupt)
			ownOneProcessor()
			return work(cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}

// ownOneProcessor keeps a worker off the processors of the others: a run goes on
// in one goroutine at a time, and what a second processor could do for it is to
// collect its garbage while another worker runs there. A run's heap is a few
// MiB, so that to collect it more seldom costs little. Whoever sets GOMAXPROCS or
// GOGC knows better.
func ownOneProcessor() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// allocatedBytes is how much the process has allocated since it began.
func allocatedBytes() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}

func work(in io.Reader, out io.Writer) error {
	orders := json.NewDecoder(bufio.NewReader(in))
	var init workerInit
	if err := orders.Decode(&init); err != nil {
		return harnessFailed(fmt.Errorf("worker: %w", err))
	}
	target, adjust, err := init.Common.resolve()
	if err != nil {
		return err
	}
	c := campaign.Campaign{Target: target, First: core.Seed(init.First), Seeds: init.Seeds, Adjust: adjust}
	var known core.Coverage
	if init.Known != nil {
		known = make(core.Coverage)
		for _, row := range init.Known {
			known[row.Cell] = row.Count
		}
	}
	next := make(chan workerOrder)
	go func() {
		for {
			var order workerOrder
			if err := orders.Decode(&order); err != nil {
				// Whoever gave the orders is gone: nobody wants what is being run.
				if errors.Is(err, io.EOF) {
					os.Exit(exitHeld)
				}
				fmt.Fprintf(os.Stderr, "simrun: worker: %v\n", err)
				os.Exit(exitHarness)
			}
			next <- order
		}
	}()
	notes := json.NewEncoder(out)
	for order := range next {
		tell := func(seed core.Seed, variation uint64) {
			_ = notes.Encode(workerNote{Started: &startedRun{seed, variation}}) // the block will fail
		}
		note := workerNote{}
		before := allocatedBytes()
		block, err := c.RunBlock(context.Background(), order.Block, campaign.BlockOptions{Known: known, Skip: order.Skip, Started: tell})
		if err != nil {
			note.Error = err.Error()
		} else {
			note.Block, note.Allocated = &block, allocatedBytes()-before
		}
		if err := notes.Encode(note); err != nil {
			return harnessFailed(fmt.Errorf("worker: %w", err))
		}
	}
	return nil
}
