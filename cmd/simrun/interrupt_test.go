package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"powercut/sim/campaign"
)

// Every command that a Ctrl-C can end early says how much did not run and exits
// 4, as text and as JSON, and never that every law held, without saying where.
func TestInterruptedCommands(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		args []string
		left uint64
		text string
	}{
		{[]string{"campaign", "--seeds", "20000"}, 20000, "interrupted: 20000 of 20000 seeds did not run"},
		{[]string{"campaign", "--seeds", "130", "--shard", "2/2"}, 64, "interrupted: 64 of 64 seeds did not run"},
		{[]string{"campaign", "--for", "8h"}, 0, "interrupted: it ended after 0s of 8h0m0s"},
		{[]string{"explore", "--ops", "2"}, 62, "interrupted: 62 of 62 runs were not made"},
		{[]string{"corpus", "../../corpus"}, cases(t), "cases did not run"},
		{[]string{"mutants", "--only", "append-without-fsync,no-poison"}, 2, "interrupted: 2 of 2 mutants were not tried to their end"},
		{[]string{"barriers", "--seeds", "5"}, 0, "interrupted: "},
		{[]string{"shrink", "../../corpus/original-torn-frame.case", "--budget", "500", "--out", filepath.Join(t.TempDir(), "small.case")}, 499, "interrupted: 499 of 500 runs were not made"},
	} {
		t.Run(strings.Join(test.args[:min(3, len(test.args))], " "), func(t *testing.T) {
			code, stdout, stderr := simrunIn(ended, test.args...)
			if code != exitInterrupted {
				t.Errorf("exit status %d, want %d: %s", code, exitInterrupted, stderr)
			}
			if !strings.Contains(stdout+stderr, test.text) {
				t.Errorf("want %q in\n%s%s", test.text, stdout, stderr)
			}
			if regexp.MustCompile("(?m)every law held$").MatchString(stdout) {
				t.Errorf("it says that every law held:\n%s", stdout)
			}
			code, stdout, stderr = simrunIn(ended, append(test.args, "--json")...)
			var report interruption
			if err := json.Unmarshal([]byte(stdout), &report); err != nil {
				t.Fatalf("%v: %s%s", err, stdout, stderr)
			}
			if code != exitInterrupted || !report.Interrupted || report.Left != test.left {
				t.Errorf("exit status %d, %+v, want status %d and %d left", code, report, exitInterrupted, test.left)
			}
		})
	}
}

// cases counts those of the corpus.
func cases(t *testing.T) uint64 {
	t.Helper()
	files, err := filepath.Glob("../../corpus/*.case")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases (%v)", err)
	}
	return uint64(len(files))
}

// simrunIn runs the command within this process.
func simrunIn(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&errs)
	code = execute(ctx, root)
	return code, out.String(), errs.String()
}

// A shard that gets a Ctrl-C in the middle says how many of its own seeds are
// left, a merge says the same of them all, and after --resume nothing is.
func TestInterruptedShard(t *testing.T) {
	const seeds = 2000
	dir := filepath.Join(t.TempDir(), "shard")
	args := []string{"campaign", "--target", "pessimal", "--seeds", "2000", "--shard", "2/2", "--vary=false", "--corpus=", "--workers", "1", "--out", dir}
	cmd := exec.CommandContext(t.Context(), "simrun", append(args, "--json")...)
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	results := filepath.Join(dir, resultsFile)
	for size(results) == 0 && t.Context().Err() == nil { // a block is there: it is in the middle of the work
		runtime.Gosched()
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	exit, ended := errors.AsType[*exec.ExitError](cmd.Wait())
	if !ended || exit.ExitCode() != exitInterrupted {
		t.Fatalf("got %v, want exit status %d\n%s", exit, exitInterrupted, &stdout)
	}
	var report struct {
		interruption
		Runs     uint64
		Complete bool
	}
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	whole := campaign.Campaign{Seeds: seeds}.SeedsOfShard(2, 2)
	if !report.Interrupted || report.Complete || report.Runs == 0 || report.Left != whole-report.Runs {
		t.Errorf("%+v, want %d seeds of the shard, run or left", report, whole)
	}
	code, text, _ := simrunIn(t.Context(), "merge", dir)
	if code != exitHarness || !strings.Contains(text, "interrupted: ") {
		t.Errorf("merge of one of two shards: exit status %d, %s", code, text)
	}
}
