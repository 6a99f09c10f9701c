package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"powercut/properties/mutants"
)

// mutantsJSON is what mutants --json prints. Its keys don't change.
type mutantsJSON struct {
	Mutants  []mutantJSON `json:"mutants"`
	Total    int          `json:"total"`
	Killed   int          `json:"killed"`
	Survived int          `json:"survived"`
	Runs     uint64       `json:"runs"`
	Seconds  float64      `json:"seconds"`
	interruption
}

type mutantJSON struct {
	Name      string `json:"name"`
	Killed    bool   `json:"killed"`
	Law       string `json:"law"`       // that the first violation broke, "" for a survivor
	Signature string `json:"signature"` // of that violation
	What      string `json:"what"`
	Runs      uint64 `json:"runs"` // seeds that were tried, in chunks, from all first seeds
	// Median is the median, over several first seeds, of how many runs it took until the
	// first violation; 0 for a survivor. ByStart has them all, and 0 for a start from
	// which it survived.
	Median  uint64   `json:"median"`
	ByStart []uint64 `json:"by_start"`
	Seconds float64  `json:"seconds"`

	violation *violationJSON
	tried     bool // false: an interruption came first
}

// errStopped says that the campaign of a mutant was interrupted.
var errStopped = errors.New("interrupted")

// mutantChunks are how many seeds a mutant is given at a time, until it is
// caught: most are within the first.
var mutantChunks = []uint64{50, 150, 300, 500, 1000, 2000}

// mutantPatience ends the campaign of a mutant that hangs in a loop without
// operations. It is far beyond what any chunk takes.
const mutantPatience = 10 * time.Minute

// startStride is how far apart the first seeds of a mutant's campaigns are.
const startStride = 1_000_000

func newMutantsCommand() *cobra.Command {
	var flags mutantsFlags
	cmd := &cobra.Command{
		Use:   "mutants",
		Short: "break the journal, or the disk, on purpose, one defect at a time, and see whether that is noticed",
		Long: `mutants builds the journal with one defect in it, for each of many that real
journals have had, and runs a campaign on each until it is caught. It needs the
Go toolchain, and must be run within the source of this module; the source itself
is not changed.

A mutant is a txtar file: a comment that says why, then the files "target" (one
line: the file to change, from the root of the module), "replace" (text that is
found in it once) and "with".

With --starts each is hunted from several first seeds, and the median of the runs that
it took tells how good the campaigns are at it: one that takes more than a thousand
says that they hardly come there.

With --disk it is the simulated disk that is broken, and its own tests that must
notice: the recordings of real kernels, the reference, the rules, a real directory.

It exits 0 if every mutant was caught, 1 if one survived, and 3 if one does not
fit the source any more, or does not compile.`,
		Example: `  simrun mutants
  simrun mutants --only append-without-fsync --out docs/gallery
  simrun mutants --starts 5 --seeds 2000
  simrun mutants --dir my-mutants --json
  simrun mutants --disk`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := flags.load()
			if err != nil {
				return err
			}
			root, err := moduleRoot()
			if err != nil {
				return err
			}
			if flags.disk {
				return flags.diskMutants(cmd, all, root)
			}
			ctx, stop := interruptible(cmd)
			defer stop()
			start := time.Now()
			results, err := killAll(ctx, cmd.ErrOrStderr(), root, all, flags)
			if err != nil {
				return harnessFailed(err)
			}
			return reportMutants(cmd, results, time.Since(start), flags.json)
		},
	}
	cmd.Flags().StringVar(&flags.dir, "dir", "", "take the mutants from this `DIR` (default: those that come with the harness)")
	cmd.Flags().StringSliceVar(&flags.only, "only", nil, "only the mutants of these `NAMES`")
	cmd.Flags().Uint64Var(&flags.seeds, "seeds", 12000, "seeds after which a mutant has survived")
	cmd.Flags().Uint64Var(&flags.starts, "starts", 1, "hunt each mutant from `N` first seeds, and tell the median of the runs that it took")
	cmd.Flags().StringVar(&flags.law, "law", "", "only violations of this `LAW` count: which case is kept, where a mutant breaks several")
	cmd.Flags().StringVar(&flags.out, "out", "", "write the shrunk case, the account and the page of each to this `DIR`")
	cmd.Flags().BoolVar(&flags.json, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&flags.disk, "disk", false, "break the simulated disk, and run its own tests")
	for _, ofCampaigns := range []string{"seeds", "starts", "law", "out"} {
		cmd.MarkFlagsMutuallyExclusive("disk", ofCampaigns)
	}
	return cmd
}

// killAll tries each mutant, as many at once as there are processors. The
// first that does not fit or compile ends it.
func killAll(ctx context.Context, progress io.Writer, root string, all []mutants.Mutant, flags mutantsFlags) ([]mutantJSON, error) {
	for _, m := range all {
		if err := m.Fits(root); err != nil {
			return nil, err
		}
	}
	if flags.out != "" {
		if err := makeDir(realDisk, flags.out); err != nil {
			return nil, fmt.Errorf("--out: %w", err)
		}
	}
	results := make([]mutantJSON, len(all))
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
			start := time.Now()
			err := kill(ctx, root, m, flags, one)
			if errors.Is(err, errStopped) || err != nil && ctx.Err() != nil {
				return nil // it was made to end, and knows nothing of the mutant
			}
			if err != nil {
				return err
			}
			one.tried, one.Seconds = true, time.Since(start).Seconds()
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

func (m *mutantJSON) String() string {
	if !m.Killed {
		return fmt.Sprintf("SURVIVED %s: %d seeds", m.Name, m.Runs)
	}
	if len(m.ByStart) > 1 {
		return fmt.Sprintf("killed %s by %s after %d runs (median of %d first seeds), %.0f s", m.Name, m.Law, m.Median, len(m.ByStart), m.Seconds)
	}
	return fmt.Sprintf("killed %s by %s after %d runs, %.0f s", m.Name, m.Law, m.Median, m.Seconds)
}

// kill builds a mutant, and runs campaigns on it until one catches it.
func kill(ctx context.Context, root string, m mutants.Mutant, flags mutantsFlags, one *mutantJSON) error {
	dir, err := os.MkdirTemp("", "simrun-mutant-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "simrun")
	if err := m.Build(ctx, root, "./cmd/simrun", binary); err != nil {
		return err
	}
	for i := range flags.starts {
		if err := one.hunt(ctx, binary, 1+i*startStride, flags); err != nil {
			return fmt.Errorf("mutant %s: %w", m.Name, err)
		}
	}
	one.judge()
	if flags.out != "" && one.violation != nil {
		return one.account(ctx, binary, flags.out)
	}
	return nil
}

// hunt runs campaigns from a first seed on, until one catches the mutant.
func (m *mutantJSON) hunt(ctx context.Context, binary string, first uint64, flags mutantsFlags) error {
	known := m.violation
	m.Killed, m.violation = false, nil
	tried := uint64(0)
	for i := 0; !m.Killed && tried < flags.seeds; i++ {
		n := min(mutantChunks[min(i, len(mutantChunks)-1)], flags.seeds-tried)
		if err := m.campaign(ctx, binary, flags.law, first+tried, n); err != nil {
			return err
		}
		tried += n
	}
	m.Runs += tried
	took := uint64(0)
	switch {
	case m.violation != nil:
		took = m.violation.Seed - first + 1
	case m.Killed:
		took = tried // a chunk as a whole
	}
	m.ByStart = append(m.ByStart, took)
	m.violation = cmp.Or(known, m.violation) // the first is accounted for
	return nil
}

// judge sums up the hunts: a mutant is killed if most of them caught it.
func (m *mutantJSON) judge() {
	sorted := slices.Clone(m.ByStart)
	slices.SortFunc(sorted, func(a, b uint64) int { return cmp.Compare(a-1, b-1) }) // 0, which survived, comes last
	m.Median = sorted[len(sorted)/2]
	m.Killed = m.Median > 0
}

// campaign runs a chunk of seeds on the mutant.
func (m *mutantJSON) campaign(ctx context.Context, binary, law string, first, n uint64) error {
	ctx, cancel := context.WithTimeout(ctx, mutantPatience)
	defer cancel()
	out, err := exec.CommandContext(ctx, binary, "campaign", "--first", fmt.Sprint(first), "--seeds", fmt.Sprint(n), "--workers", "1", "--raw", "--corpus=", "--vary=false", "--json", "--law="+law).Output()
	if err == nil {
		return nil // it held
	}
	exit, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		m.Killed, m.Law, m.What = true, "progress", "suspected hang: a chunk of seeds did not end"
		return nil
	case ended && exit.ExitCode() == exitInterrupted:
		return errStopped // a Ctrl-C is for all processes of a terminal
	case ended && exit.ExitCode() == exitViolation:
		return m.read(out)
	case ended && exit.ExitCode() == exitHarness:
		// A run that differs from itself is noticed too.
		m.Killed, m.Law, m.What = true, "determinism", strings.TrimSpace(string(exit.Stderr))
		return nil
	case ended && exit.ExitCode() == 2 && strings.Contains(string(exit.Stderr), "goroutine "):
		m.Killed, m.Law, m.What = true, "no-panic", firstLine(string(exit.Stderr))
		return nil
	}
	return err
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// read takes the violation of the lowest seed from a report.
func (m *mutantJSON) read(out []byte) error {
	var report campaignJSON
	if err := json.Unmarshal(out, &report); err != nil {
		return fmt.Errorf("the report of its campaign: %w", err)
	}
	if len(report.Violations) == 0 {
		return errors.New("its campaign exited 1 without a violation")
	}
	v := slices.MinFunc(report.Violations, func(a, b violationJSON) int {
		return cmp.Or(cmp.Compare(a.Seed, b.Seed), cmp.Compare(a.Signature, b.Signature))
	})
	m.Killed, m.Law, m.Signature, m.What, m.violation = true, string(v.Law), v.Signature, v.What, &v
	return nil
}

// account has the mutant itself shrink and explain its case.
func (m *mutantJSON) account(ctx context.Context, binary, dir string) error {
	name := filepath.Join(dir, m.Name)
	shrink := exec.CommandContext(ctx, binary, "shrink", "-", "--out", name+".case")
	shrink.Stdin = strings.NewReader(m.violation.Case)
	if text, err := shrink.CombinedOutput(); err != nil {
		return fmt.Errorf("shrinking the case of %s: %w\n%s", m.Name, err, text)
	}
	explain := exec.CommandContext(ctx, binary, "explain", m.Name+".case", "--html", m.Name+".html")
	explain.Dir = dir
	text, err := explain.Output()
	if exit, ended := errors.AsType[*exec.ExitError](err); err == nil || ended && exit.ExitCode() != exitViolation {
		return fmt.Errorf("explaining the case of %s: exit status %d, want 1: its shrunk case does not violate its law", m.Name, explain.ProcessState.ExitCode())
	} else if !ended {
		return fmt.Errorf("explaining the case of %s: %w", m.Name, err)
	}
	if err := writeWhole(realDisk, name+".txt", text); err != nil {
		return fmt.Errorf("the account: %w", err)
	}
	return nil
}

func reportMutants(cmd *cobra.Command, results []mutantJSON, took time.Duration, asJSON bool) error {
	report := mutantsJSON{Mutants: []mutantJSON{}, Seconds: took.Seconds()}
	for i := range results {
		if !results[i].tried {
			report.Interrupted = true
			report.Left++
			continue
		}
		report.Total++
		report.Mutants = append(report.Mutants, results[i])
		report.Runs += results[i].Runs
		if results[i].Killed {
			report.Killed++
		} else {
			report.Survived++
		}
	}
	out := cmd.OutOrStdout()
	if asJSON {
		if err := printJSON(out, report); err != nil {
			return err
		}
	} else {
		for i := range report.Mutants {
			fmt.Fprintln(out, &report.Mutants[i])
		}
		fmt.Fprintf(out, "%d of %d mutants killed, %d runs, %s\n", report.Killed, report.Total, report.Runs, took.Round(time.Second))
		if report.Interrupted {
			fmt.Fprintf(out, "interrupted: %d of %d mutants were not tried to their end\n", report.Left, len(results))
		}
	}
	return outcome(report.Survived > 0, report.interruption)
}
