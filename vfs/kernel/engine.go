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

	"powercut/vfs/kernel/internal/lab"
)

const engineUsage = `kernel engine has a program write on real filesystems, takes crash images of the device below,
has the kernel recover each, and the program look at it:

	PROGRAM write DIR    does its work there. It prints a line when something must outlive a
	                     power cut, and reads one before it goes on. Of the lines "fail HEX"
	                     has the device fail once, at the next page that has these bytes
	PROGRAM check DIR N  looks at what a power cut left behind N such lines, says what it sees,
	                     and ends with status 1 if something of them is lost

`

// engine runs an engine's program on real filesystems, and has it say what power cuts leave.
func engine(ctx context.Context, args []string) error {
	var c common
	f := flag.NewFlagSet("kernel engine", flag.ContinueOnError)
	f.Usage = func() {
		fmt.Fprint(f.Output(), engineUsage)
		f.PrintDefaults()
	}
	f.StringVar(&c.fs, "fs", "ext4,xfs,btrfs", "filesystems, with commas")
	f.Uint64Var(&c.seed, "seed", 1, "of what the kernel is made to do, and of crash images")
	f.IntVar(&c.effort.Runs, "runs", 3, "of the program on each filesystem")
	f.IntVar(&c.effort.Images, "images", 60, "crash images of each run")
	synced := f.Bool("synced", false, "sync the whole filesystem before each line counts: what is not lost any more, a sync was missing for")
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "kernel engine: name one program; -h says what it has to do")
		return errUsage
	}
	path, err := filepath.Abs(f.Arg(0))
	if err != nil {
		return err
	}
	filesystems, err := chosen(c.fs)
	if err != nil || len(filesystems) == 0 {
		return err
	}
	lost := false
	for _, fs := range filesystems {
		s, err := survives(ctx, fs, lab.Program{Path: path, Synced: *synced}, &c)
		if err != nil {
			return fmt.Errorf("%s: %w", fs.Name, err)
		}
		tell(fs.Name, s)
		lost = lost || s.Lost > 0
	}
	if lost {
		return errRefused
	}
	return nil
}

func survives(ctx context.Context, fs lab.Filesystem, p lab.Program, c *common) (*lab.Survived, error) {
	r, err := lab.NewRig(fs)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	s := &lab.Survived{}
	for run := range c.effort.Runs {
		if err := r.Survives(ctx, p, rand.New(rand.NewPCG(c.seed, uint64(run))), c.effort.Images, s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// tell says what was seen on a filesystem, with the first image of which something is lost.
func tell(fs string, s *lab.Survived) {
	verdict := "nothing is lost"
	if s.Lost > 0 {
		verdict = fmt.Sprintf("LOST in %d", s.Lost)
	}
	fmt.Printf("%s on %s: %s of %d crash images", fs, kernelName(), verdict, s.Images)
	if s.Unmountable > 0 {
		fmt.Printf(" (and %d that could not be mounted)", s.Unmountable)
	}
	fmt.Println()
	if s.First != nil {
		fmt.Printf("  in the first of them, behind %d lines, the check says:\n    %s\n", s.First.Lines, strings.ReplaceAll(strings.TrimSpace(s.First.Said), "\n", "\n    "))
	}
}
