package simulator

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"

	"powercut/sim/campaign"
)

// workerVariable makes a process of this package's tests a worker.
const workerVariable = "POWERCUT_BENCH_WORKER"

// Work runs the blocks whose numbers it reads, one a line, and answers each with
// the block: what a worker process of a campaign does.
func Work(in io.Reader, out io.Writer) error {
	orders, blocks := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	for {
		var index uint64
		if err := orders.Decode(&index); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		b, err := RunBlock(context.Background(), index)
		if err != nil {
			return err
		}
		if err := blocks.Encode(b); err != nil {
			return err
		}
	}
}

// Worker is a process that runs blocks.
type Worker struct {
	cmd    *exec.Cmd
	in     io.Closer
	orders *json.Encoder
	blocks *json.Decoder
}

// StartWorker starts this program once more, as a worker. Procs, if not 0, is
// its GOMAXPROCS.
func StartWorker(procs int) (*Worker, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w := &Worker{cmd: exec.Command(program)}
	w.cmd.Env = append(os.Environ(), workerVariable+"=1")
	if procs > 0 {
		w.cmd.Env = append(w.cmd.Env, fmt.Sprintf("GOMAXPROCS=%d", procs))
	}
	w.cmd.Stderr = os.Stderr
	in, err := w.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.in, w.orders, w.blocks = in, json.NewEncoder(in), json.NewDecoder(bufio.NewReader(out))
	return w, w.cmd.Start()
}

// Run implements campaign.BlockRunner.
func (w *Worker) Run(_ context.Context, index uint64) (b campaign.Block, err error) {
	if err := w.orders.Encode(index); err != nil {
		return b, err
	}
	return b, w.blocks.Decode(&b)
}

// Stop ends the process, which has nothing to do by then.
func (w *Worker) Stop() error {
	if err := w.in.Close(); err != nil {
		return err
	}
	return w.cmd.Wait()
}

// RunBlocks has runners share blocks from 0 up to n, as a campaign does.
func RunBlocks(runners []campaign.BlockRunner, n uint64) (Counts, error) {
	var sum Counts
	next := uint64(0)
	err := campaign.RunBlocks(context.Background(), runners, func() (uint64, bool) {
		next++
		return next - 1, next <= n
	}, func(b campaign.Block) error {
		sum.Add(countsOf(&b))
		return nil
	})
	return sum, err
}
