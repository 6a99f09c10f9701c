//go:build linux

package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
	"powercut/vfs/kernel/internal/lab"
)

// coverage says, of recordings, how many of the states that the profiles allow
// were seen, and what rests on each rule. It asks the profiles as they are now:
// the same recordings before and after a change say what it took away.
func coverage(args []string) error {
	f := flag.NewFlagSet("kernel coverage", flag.ContinueOnError)
	never := f.Bool("never", false, "list every state that was never seen")
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "kernel coverage: name files of recordings")
		return errUsage
	}
	all := map[string]*covered{}
	var names []string
	for _, path := range f.Args() {
		r, err := recording.Read(path)
		if err != nil {
			fmt.Fprintf(os.Stderr, "kernel coverage: %v\n", err)
			return errUsage
		}
		c := all[r.Filesystem]
		if c == nil {
			p, err := vfs.ParseProfile(r.Filesystem)
			if err != nil {
				fmt.Fprintf(os.Stderr, "kernel coverage: %s: %v\n", path, err)
				return errUsage
			}
			c = &covered{profile: p, share: lab.Share{ListNever: *never}}
			all[r.Filesystem], names = c, append(names, r.Filesystem)
		}
		if err := c.add(r); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	slices.Sort(names)
	fmt.Print("| filesystem | workloads | images | states | refused | of the states allowed at whole pages, seen | at sectors of 512 bytes |\n| --- | ---: | ---: | ---: | ---: | --- | --- |\n")
	refused := 0
	for _, name := range names {
		c := all[name]
		refused += c.refused
		fmt.Printf("| %s | %d | %d | %d | %d | %s | %s |\n", name, c.workloads, c.images, c.states, c.refused, &c.share.Counted, &c.share.Sectors)
	}
	fmt.Print("\n| filesystem | rule | allowed | seen | torn | what it allows |\n| --- | --- | ---: | ---: | ---: | --- |\n")
	for _, name := range names {
		fmt.Print(all[name].share.Rows(name))
	}
	for _, name := range names {
		for _, n := range all[name].share.Never {
			fmt.Printf("\n%s: never: %s", name, n)
		}
	}
	if refused > 0 {
		return errRefused
	}
	return nil
}

// covered is what was seen on one filesystem.
type covered struct {
	profile                            vfs.Profile
	share                              lab.Share
	workloads, images, states, refused int
}

func (c *covered) add(r *recording.Recording) error {
	fs := lab.Filesystem{Name: r.Filesystem, Profile: r.Filesystem}
	for i := range r.Workloads {
		w := &r.Workloads[i]
		n, bad, err := w.Refused(fs.Profiles()...)
		if err != nil {
			return err
		}
		c.workloads, c.images, c.states, c.refused = c.workloads+1, c.images+w.Images, c.states+n, c.refused+len(bad)
		for _, b := range bad {
			fmt.Fprintf(os.Stderr, "refused: setup %s, steps %s: %s\n", strings.Join(w.Setup, "; "), strings.Join(w.Steps, "; "), b)
		}
		if err := c.share.Add(c.profile, w, lab.SeenIn(w)); err != nil {
			return err
		}
	}
	return nil
}
