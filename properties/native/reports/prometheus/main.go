// Command prometheus shows what Prometheus's log does when a read fails once while it is
// opened, and what is left if it is ended while it repairs itself: on real files, and without
// powercut. docs/record/prometheus.md has what it says, and how strace has the read fail.
//
//	prometheus write DIR  makes a log of several segments
//	prometheus check DIR  opens it as a database does, and says how much of it is there
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/prometheus/prometheus/tsdb/wlog"
	"github.com/prometheus/prometheus/util/compression"
)

const records = 20

func open(dir string) (*wlog.WL, error) {
	return wlog.NewSize(nil, nil, dir, 32<<10, compression.None)
}

func write(dir string) {
	log, err := open(dir)
	check(err)
	for n := range records {
		check(log.Log(append(fmt.Appendf(nil, "record %d", n), make([]byte, 6000)...)))
		check(log.Sync())
	}
	segments, err := filepath.Glob(filepath.Join(dir, "0*"))
	check(err)
	fmt.Printf("%d records are synced, in %d segments\n", records, len(segments))
}

// read returns how many records there are.
func read(dir string) (n int, err error) {
	segments, err := wlog.NewSegmentsReader(dir)
	if err != nil {
		return 0, err
	}
	r := wlog.NewReader(segments)
	for r.Next() {
		n++
	}
	return n, errors.Join(r.Err(), segments.Close())
}

// count does what tsdb.Open does: what comes of reading the log is what it is repaired by.
func count(dir string) error {
	log, err := open(dir)
	if err != nil {
		return fmt.Errorf("it can't be opened: %w", err)
	}
	_, damaged := read(dir)
	if damaged != nil {
		fmt.Println("it is repaired, as", damaged)
		if err := log.Repair(damaged); err != nil {
			return fmt.Errorf("it can't be repaired: %w", err)
		}
	}
	n, err := read(dir)
	if err != nil {
		return fmt.Errorf("it can't be read: %w", err)
	}
	fmt.Printf("%d of %d records are there\n", n, records)
	return nil
}

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "write":
		write(os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "check":
		check(count(os.Args[2]))
	default:
		fmt.Fprintln(os.Stderr, "usage: prometheus write|check DIR")
		os.Exit(2)
	}
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
