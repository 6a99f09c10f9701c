// Command rosedb shows that a rosedb with Sync can't be opened behind a power cut that tore its
// last entry: on real files, and without powercut. docs/record/rosedb.md has what it says.
//
//	rosedb              writes, and puts there by hand what a power cut may leave
//	rosedb write DIR    writes, and prints a line when something is promised; reads one before it goes on
//	rosedb check DIR N  looks for what was promised with the first N lines
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/rosedblabs/rosedb/v2"
)

func open(dir string) (*rosedb.DB, error) {
	return rosedb.Open(rosedb.Options{DirPath: filepath.Join(dir, "db"), SegmentSize: 1 << 20, Sync: true})
}

func key(n int) []byte { return fmt.Append(nil, "key", n) }

// value is longer than a sector, so that not all of it need get to the disk.
func value() []byte { return bytes.Repeat([]byte("value "), 100) }

func write(dir string) {
	db, err := open(dir)
	check(err)
	for n := range 30 {
		check(db.Put(key(n), value()))
		fmt.Printf("%s is put\n", key(n))
		fmt.Scanln()
	}
	os.Exit(0) // the database stays open, as it is when the power goes
}

// whole says whether the first n values are there.
func whole(dir string, n int) bool {
	if n == 0 {
		return true
	}
	db, err := open(dir)
	if err != nil {
		fmt.Println("Open fails:", err)
		return false
	}
	defer func() { check(db.Close()) }()
	for k := range n {
		if v, err := db.Get(key(k)); !bytes.Equal(v, value()) {
			fmt.Printf("%s of %d that were put has %d bytes, %v\n", key(k), n, len(v), err)
			return false
		}
	}
	fmt.Println("all", n, "are there")
	return true
}

// byHand has the last entry, of which it was not said that it was put, torn in several ways.
func byHand() {
	dir, err := os.MkdirTemp("", "rosedb")
	check(err)
	defer os.RemoveAll(dir)
	db, err := open(dir)
	check(err)
	var ends []int64
	file := filepath.Join(dir, "db", "000000001.SEG")
	for n := range 3 {
		check(db.Put(key(n), value()))
		info, err := os.Stat(file)
		check(err)
		ends = append(ends, info.Size())
	}
	check(db.Close())
	content, err := os.ReadFile(file)
	check(err)
	zeros := append(bytes.Clone(content[:ends[1]]), make([]byte, ends[2]-ends[1])...)
	hole := bytes.Clone(content)
	sector := (ends[1]/512 + 1) * 512
	clear(hole[sector : sector+512])
	for _, torn := range []struct {
		how     string
		content []byte
	}{{"whole", content}, {"not there", content[:ends[1]]}, {"cut off", content[:sector]}, {"zeros", zeros}, {"with a sector of zeros", hole}} {
		check(os.WriteFile(file, torn.content, 0o600))
		fmt.Printf("the third entry is %s: ", torn.how)
		look := exec.Command("/proc/self/exe", "check", dir, "2") // by a process of its own: an Open that fails keeps its lock
		look.Stdout = os.Stdout
		_ = look.Run() // it has said what it saw
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
