//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"powercut/vfs/internal/recording"
	"powercut/vfs/kernel/internal/lab"
)

// chosen lists the filesystems that flags name and that can be used here, and
// says what can't.
func chosen(names string) ([]lab.Filesystem, error) {
	if why := lab.Cannot(); why != "" {
		fmt.Printf("skipped: %s: nothing was checked\n", why)
		return nil, nil
	}
	var out []lab.Filesystem
	known := map[string]bool{}
	for _, fs := range lab.Filesystems {
		known[fs.Name] = true
		if names != "" && !strings.Contains(","+names+",", ","+fs.Name+",") {
			continue
		}
		if why := fs.Missing(); why != "" {
			fmt.Printf("skipped: %s: %s\n", fs.Name, why)
			continue
		}
		out = append(out, fs)
	}
	for _, name := range strings.Split(names, ",") {
		if name != "" && !known[name] {
			fmt.Fprintf(os.Stderr, "kernel: no filesystem %q; -h lists them\n", name)
			return nil, errUsage
		}
	}
	if len(out) == 0 {
		fmt.Println("skipped: no filesystem is left: nothing was checked")
	}
	return out, nil
}

func filesystemNames() string {
	var out []string
	for _, fs := range lab.Filesystems {
		out = append(out, fs.Name)
	}
	return strings.Join(out, ", ")
}

// common are the flags of search and record.
type common struct {
	fs     string
	seed   uint64
	out    string
	effort lab.Effort
}

func (c *common) flags(f *flag.FlagSet, runs, images int) {
	f.StringVar(&c.fs, "fs", "", "filesystems, with commas; all that are here if empty: "+filesystemNames())
	f.Uint64Var(&c.seed, "seed", 1, "of workloads, of what the kernel is made to do, and of crash images")
	f.StringVar(&c.out, "out", "", "directory for recordings and findings; none if empty")
	f.IntVar(&c.effort.Runs, "runs", runs, "of each workload, each with other flushers and commits")
	f.IntVar(&c.effort.Images, "images", images, "crash images of each run")
	f.IntVar(&c.effort.Aims, "aims", 0, "more runs of each workload, each aimed at a state that a profile allows and that was not seen")
}

// parse parses flags; what is wrong with them was said when it returns.
func parse(f *flag.FlagSet, args []string) error {
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return errUsage
	}
	if err != nil {
		return errUsage
	}
	return nil
}

func search(ctx context.Context, args []string) error {
	var c common
	f := flag.NewFlagSet("kernel search", flag.ContinueOnError)
	c.flags(f, 4, 40)
	length := f.Duration("for", time.Hour, "how long")
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "kernel search: %q: no arguments but flags\n", f.Arg(0))
		return errUsage
	}
	filesystems, err := chosen(c.fs)
	if err != nil || len(filesystems) == 0 {
		return err
	}
	h, err := newHunt(&c, filesystems)
	if err != nil {
		return err
	}
	defer h.close()
	deadline, cancel := context.WithTimeout(ctx, *length)
	defer cancel()
	for n := uint64(0); deadline.Err() == nil; n++ {
		src := rand.New(rand.NewPCG(c.seed, n))
		w := h.draw(src)
		w.Name = fmt.Sprintf("%d-%d", c.seed, n)
		if err := h.look(deadline, &w, src); err != nil {
			return err
		}
	}
	return h.end(ctx)
}

func record(ctx context.Context, args []string) error {
	var c common
	f := flag.NewFlagSet("kernel record", flag.ContinueOnError)
	c.flags(f, 12, 80)
	if err := parse(f, args); err != nil {
		return err
	}
	var workloads []recording.Workload
	seen := map[string]bool{}
	for _, path := range f.Args() {
		r, err := recording.Read(path)
		if err != nil {
			fmt.Fprintf(os.Stderr, "kernel record: %v\n", err)
			return errUsage
		}
		for _, w := range r.Workloads {
			if key := strings.Join(append(append(w.Setup, "|"), w.Steps...), ";"); !seen[key] {
				seen[key] = true
				workloads = append(workloads, w)
			}
		}
	}
	if len(workloads) == 0 {
		fmt.Fprintln(os.Stderr, "kernel record: no workloads: name files of recordings")
		return errUsage
	}
	filesystems, err := chosen(c.fs)
	if err != nil || len(filesystems) == 0 {
		return err
	}
	h, err := newHunt(&c, filesystems)
	if err != nil {
		return err
	}
	defer h.close()
	for i, w := range workloads {
		if ctx.Err() != nil {
			break
		}
		if err := h.look(ctx, &w, rand.New(rand.NewPCG(c.seed, uint64(i)))); err != nil {
			return err
		}
	}
	return h.end(ctx)
}

func judge(args []string) error {
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "kernel judge: name files of recordings")
		return errUsage
	}
	states, refused := 0, []string{}
	for _, path := range args {
		r, err := recording.Read(path)
		if err != nil {
			fmt.Fprintf(os.Stderr, "kernel judge: %v\n", err)
			return errUsage
		}
		fs := lab.Filesystem{Name: r.Filesystem, Profile: r.Filesystem}
		for i := range r.Workloads {
			n, bad, err := r.Workloads[i].Refused(fs.Profiles()...)
			if err != nil {
				return err
			}
			states += n
			for _, b := range bad {
				refused = append(refused, filepath.Base(path)+": "+b.String())
			}
		}
	}
	if len(refused) > 0 {
		fmt.Printf("REFUSED: %d of %d recorded states\n%s\n", len(refused), states, strings.Join(refused, "\n"))
		return errRefused
	}
	fmt.Printf("Nothing refused: %d recorded states.\n", states)
	return nil
}
