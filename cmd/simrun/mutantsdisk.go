package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"powercut/properties/mutants"
)

// diskPackage is the package that the mutants of the disk break, and whose tests are
// to notice.
const diskPackage = "./vfs"

// diskMutantsJSON is what mutants --disk --json prints. Its keys don't change.
type diskMutantsJSON struct {
	Mutants  []diskMutantJSON `json:"mutants"`
	Total    int              `json:"total"`
	Killed   int              `json:"killed"`
	Survived int              `json:"survived"`
	Seconds  float64          `json:"seconds"`
	interruption
}

type diskMutantJSON struct {
	Name    string   `json:"name"`
	Killed  bool     `json:"killed"`
	Tests   []string `json:"tests"`   // that failed: the first ends the others
	Seconds float64  `json:"seconds"` // building included

	tried bool // false: an interruption came first
}

func (m *diskMutantJSON) String() string {
	switch {
	case !m.Killed:
		return fmt.Sprintf("SURVIVED %s: every test passes, %.0f s", m.Name, m.Seconds)
	case len(m.Tests) == 0:
		return fmt.Sprintf("killed %s: the tests did not end well, %.0f s", m.Name, m.Seconds)
	}
	return fmt.Sprintf("killed %s by %s, %.0f s", m.Name, strings.Join(m.Tests, ", "), m.Seconds)
}

// diskMutants is the command mutants with --disk.
func (f *mutantsFlags) diskMutants(cmd *cobra.Command, all []mutants.Mutant, root string) error {
	ctx, stop := interruptible(cmd)
	defer stop()
	start := time.Now()
	results, err := killDisks(ctx, cmd.ErrOrStderr(), root, all)
	if err != nil {
		return harnessFailed(err)
	}
	report := diskMutantsJSON{Mutants: []diskMutantJSON{}, Seconds: time.Since(start).Seconds()}
	for _, m := range results {
		switch {
		case !m.tried:
			report.Interrupted = true
			report.Left++
			continue
		case m.Killed:
			report.Killed++
		default:
			report.Survived++
		}
		report.Total++
		report.Mutants = append(report.Mutants, m)
	}
	if f.json {
		if err := printJSON(cmd.OutOrStdout(), report); err != nil {
			return err
		}
		return outcome(report.Survived > 0, report.interruption)
	}
	out := cmd.OutOrStdout()
	for i := range report.Mutants {
		fmt.Fprintln(out, &report.Mutants[i])
	}
	fmt.Fprintf(out, "%d of %d mutants of the disk killed by its own tests, %s\n", report.Killed, report.Total, time.Since(start).Round(time.Second))
	if report.Interrupted {
		fmt.Fprintf(out, "interrupted: %d of %d mutants were not tried to their end\n", report.Left, len(results))
	}
	return outcome(report.Survived > 0, report.interruption)
}

// killDisks runs the disk's tests on each mutant, as many at once as there are
// processors. Before that they must pass on the disk as it is, or their failing
// would say nothing.
func killDisks(ctx context.Context, progress io.Writer, root string, all []mutants.Mutant) ([]diskMutantJSON, error) {
	for _, m := range all {
		if err := m.Fits(root); err != nil {
			return nil, err
		}
	}
	dir, err := os.MkdirTemp("", "simrun-mutants-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	sound := filepath.Join(dir, "sound.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", sound, diskPackage)
	build.Dir = root
	if text, err := build.CombinedOutput(); err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("building the tests of %s: %w\n%s", diskPackage, err, text)
	}
	if failed, err := testDisk(ctx, root, sound); ctx.Err() == nil && (err != nil || len(failed) > 0) {
		return nil, fmt.Errorf("the tests of %s fail without a mutant: %s (%w)", diskPackage, strings.Join(failed, ", "), err)
	}
	results := make([]diskMutantJSON, len(all))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	shown, done := newSteps(progress, "mutants"), uint64(0)
	defer shown.finish()
	var mu sync.Mutex // of these
	for i, m := range all {
		one := &results[i]
		one.Name = m.Name
		group.Go(func() error {
			if ctx.Err() != nil {
				return nil
			}
			err := one.kill(ctx, root, m, filepath.Join(dir, m.Name+".test"))
			if err != nil || ctx.Err() != nil {
				return unlessStopped(ctx, err) // made to end, it knows nothing of the mutant
			}
			one.tried = true
			mu.Lock()
			defer mu.Unlock()
			done++
			shown.say("%3d of %d: %s", i+1, len(all), one)
			shown.at(done, uint64(len(all)))
			return nil
		})
	}
	return results, group.Wait()
}

// unlessStopped is the error, if it is not that of being made to end.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// kill builds the disk's tests with a mutant in it, and runs them.
func (m *diskMutantJSON) kill(ctx context.Context, root string, mutant mutants.Mutant, binary string) error {
	start := time.Now()
	defer func() { m.Seconds = time.Since(start).Seconds() }()
	if err := mutant.BuildTests(ctx, root, diskPackage, binary); err != nil {
		return err
	}
	defer os.Remove(binary)
	failed, err := testDisk(ctx, root, binary)
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		return fmt.Errorf("mutant %s: %w", m.Name, err)
	}
	m.Tests, m.Killed = failed, err != nil
	return nil
}

var failedTest = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)

// testDisk runs the disk's tests until one fails, with the same drawn workloads each
// time, and returns those that failed. A test that hangs in a loop is ended as one.
func testDisk(ctx context.Context, root, binary string) (failed []string, err error) {
	cmd := exec.CommandContext(ctx, binary, "-test.v", "-test.timeout="+mutantPatience.String(), "-rapid.seed=1", "-rapid.nofailfile", "-rapid.shrinktime=0s", "-test.failfast")
	cmd.Dir = filepath.Join(root, diskPackage)
	out, err := cmd.CombinedOutput()
	for _, found := range failedTest.FindAllStringSubmatch(string(out), -1) {
		if !slices.Contains(failed, found[1]) {
			failed = append(failed, found[1])
		}
	}
	return failed, err
}
