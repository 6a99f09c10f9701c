// Command growth measures how the time of what powercut does grows with the size
// of what it is done to, and says which grows faster than it should.
//
//	go run ./growth -o growth.md -docs docs     # all of it, in minutes
//	go run ./growth -quick                      # a look, in seconds
//	go run ./growth -only 'prune' -cpuprofile cpu.out
//
// Each series is measured at several sizes, each several times, and the least
// time counts: what else a machine does only adds. The exponent is the slope of
// log time over log size, fitted by least squares over the upper half of the
// sizes, where the constant costs no longer hide it: 0 is constant, 1 linear, 2
// quadratic.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "growth:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("growth", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("o", "", "write the table to this file, not to the standard output")
	docs := flags.String("docs", "", "write a plot for each group into this directory")
	quick := flags.Bool("quick", false, "small sizes alone")
	only := flags.String("only", "", "only the series whose group and name match this regular expression")
	profile := flags.String("cpuprofile", "", "write a profile of what was measured to this file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	scratch, err := os.MkdirTemp("", "growth")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch) // what is left of it harms nobody
	m := measurer{repetitions: 5, enough: 40 * time.Millisecond, tooLong: 2 * time.Second, quick: *quick}
	if *quick {
		m.repetitions, m.enough, m.tooLong = 3, 4*time.Millisecond, 100*time.Millisecond
	}
	var all []result
	for _, s := range allSeries(scratch) {
		if !match.MatchString(s.group + " " + s.name) {
			continue
		}
		start := time.Now()
		r, err := m.measure(s)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", s.group, s.name, err)
		}
		fmt.Fprintf(stderr, "%-10s %-44s n^%.2f  (%.1fs)\n", s.group, s.name, r.exponent(), time.Since(start).Seconds())
		all = append(all, r)
	}
	text := table(all)
	if *docs != "" {
		for _, group := range groups {
			name := "growth-" + group + ".svg"
			if err := writePlot(filepath.Join(*docs, name), group, all); err != nil {
				return err
			}
			text += fmt.Sprintf("\n![%s](%s)\n", group, name)
		}
	}
	if *out == "" {
		_, err := io.WriteString(stdout, text)
		return err
	}
	return os.WriteFile(*out, []byte(text), 0o644)
}
