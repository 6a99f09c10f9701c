// Command raftwal shows that raft-wal takes no append any more behind a crash between the seal of
// a segment and the next one: on real files, and without powercut. docs/record/raftwal.md has
// what it says.
//
//	raftwal              writes, and puts there by hand what a power cut may leave
//	raftwal write DIR    writes, and prints a line when something is promised; reads one before it goes on
//	raftwal check DIR N  looks for what was promised with the first N lines
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"
	"github.com/hashicorp/raft-wal/metadb"
)

// open opens a log with segments that are full with two entries. close closes it, with what
// it keeps its metadata in.
func open(dir string) (log *wal.WAL, close func(), err error) {
	dir = filepath.Join(dir, "wal")
	check(os.MkdirAll(dir, 0o700))
	meta := &metadb.BoltMetaDB{}
	log, err = wal.Open(dir, wal.WithSegmentSize(600), wal.WithMetaStore(meta), wal.WithLogger(hclog.NewNullLogger()))
	return log, func() { check(errors.Join(log.Close(), meta.Close())) }, err
}

func entry(index uint64) *raft.Log {
	return &raft.Log{Index: index, Data: bytes.Repeat([]byte{'x'}, 300)}
}

func write(dir string) {
	log, _, err := open(dir)
	check(err)
	for n := range uint64(5) {
		check(log.StoreLog(entry(n + 1)))
		fmt.Println("entry", n+1, "is stored")
		fmt.Scanln()
	}
	os.Exit(0) // the log stays open, as it is when the power goes
}

// whole says whether the first n entries are there, and one more can be stored.
func whole(dir string, n int) bool {
	log, close, err := open(dir)
	if err != nil {
		fmt.Println("Open fails:", err)
		return false
	}
	defer close()
	last, err := log.LastIndex()
	check(err)
	fmt.Println("the last of", n, "entries is", last)
	err = log.StoreLog(entry(last + 1))
	fmt.Println("one more:", err)
	return err == nil && last >= uint64(n)
}

// byHand has the metadata as it was before the second entry filled the segment, which is
// what a crash leaves between the sync of the segment and that of the metadata.
func byHand() {
	dir, err := os.MkdirTemp("", "raftwal")
	check(err)
	defer os.RemoveAll(dir)
	log, close, err := open(dir)
	check(err)
	check(log.StoreLog(entry(1)))
	meta := filepath.Join(dir, "wal", "wal-meta.db")
	before, err := os.ReadFile(meta)
	check(err)
	check(log.StoreLog(entry(2)))
	close()
	check(os.WriteFile(meta, before, 0o600))
	for range 2 {
		whole(dir, 2)
	}
}

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "write":
		write(os.Args[2])
	case len(os.Args) == 4 && os.Args[1] == "check":
		n, err := strconv.Atoi(os.Args[3])
		check(err)
		if !whole(os.Args[2], n) {
			os.Exit(1)
		}
	default:
		byHand()
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
