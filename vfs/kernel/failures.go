//go:build linux

package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
	"powercut/vfs/kernel/internal/lab"
)

// failures records the scenarios on each filesystem, and compares what the
// kernel answers with what the simulated disk does.
func failures(ctx context.Context, args []string) error {
	var c common
	f := flag.NewFlagSet("kernel failures", flag.ContinueOnError)
	c.flags(f, 1, 60)
	only := f.String("only", "", "scenarios, with commas; all if empty")
	if err := parse(f, args); err != nil {
		return err
	}
	filesystems, err := chosen(c.fs)
	if err != nil || len(filesystems) == 0 {
		return err
	}
	kernel, differ, total := kernelName(), 0, 0
	for _, fs := range filesystems {
		r, err := lab.NewRig(fs)
		if err != nil {
			return err
		}
		defer r.Close()
		recorded := recording.Failures{Filesystem: fs.Name, Kernel: kernel}
		for i, s := range lab.Scenarios {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if *only != "" && !strings.Contains(","+*only+",", ","+s.Name+",") {
				continue
			}
			got, err := r.Fail(s, rand.New(rand.NewPCG(c.seed, uint64(i))), c.effort.Images)
			if err != nil {
				return fmt.Errorf("%s: %w", fs.Name, err)
			}
			recorded.Scenarios = append(recorded.Scenarios, got)
			total++
			if fs.Profile == "" {
				continue
			}
			p, err := vfs.ParseProfile(fs.Profile)
			if err != nil {
				return err
			}
			if diff, err := got.Differs(p); err != nil {
				return err
			} else if diff != "" {
				differ++
				fmt.Printf("%s, %s (%s): the disk answers otherwise:\n%s\n", fs.Name, s.Name, s.About, diff)
			}
		}
		if c.out != "" {
			if err := os.MkdirAll(c.out, 0o755); err != nil {
				return err
			}
			if err := recorded.Write(filepath.Join(c.out, fs.Name+".json")); err != nil {
				return err
			}
		}
	}
	if differ > 0 {
		fmt.Printf("DIFFERS: %d of %d scenarios, %s.\n", differ, total, kernel)
		return errRefused
	}
	fmt.Printf("The disk answers as the kernel does: %d scenarios, %s.\n", total, kernel)
	return nil
}
