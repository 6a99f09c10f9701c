// Command golevel shows that a database of golang/leveldb can't be opened behind a power cut,
// or is an older one: on real files, and without powercut. docs/record/golevel.md has what it says.
//
//	golevel              writes, and puts there by hand what a power cut may leave
//	golevel write DIR    writes, and prints a line when something is promised; reads one before it goes on
//	golevel check DIR N  looks for what was promised with the first N lines
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/golang/leveldb"
	"github.com/golang/leveldb/db"
)

func open(dir string) (*leveldb.DB, error) {
	return leveldb.Open(filepath.Join(dir, "db"), nil)
}

func key(n int) []byte { return fmt.Append(nil, "key", n) }

const keys = 3

// write opens the database anew for each key.
func write(dir string) {
	for n := range keys {
		d, err := open(dir)
		check(err)
		check(d.Set(key(n), []byte("value"), &db.WriteOptions{Sync: true}))
		fmt.Printf("%s is set\n", key(n))
		fmt.Scanln()
		check(d.Close())
	}
}

// whole says whether the first n values are there.
func whole(dir string, n int) bool {
	if n == 0 {
		return true
	}
	d, err := open(dir)
	if err != nil {
		current, _ := os.ReadFile(filepath.Join(dir, "db", "CURRENT"))
		fmt.Printf("Open fails: %v; CURRENT is %q\n", err, current)
		return false
	}
	defer d.Close()
	for k := range n {
		if value, err := d.Get(key(k), nil); string(value) != "value" {
			fmt.Printf("%s of %d that were set is %q, %v\n", key(k), n, value, err)
			return false
		}
	}
	fmt.Println("all", n, "are there")
	return true
}

// byHand has CURRENT as a file is that was written and not synced.
func byHand() {
	dir, err := os.MkdirTemp("", "golevel")
	check(err)
	defer os.RemoveAll(dir)
	for n := range keys {
		d, err := open(dir)
		check(err)
		check(d.Set(key(n), []byte("value"), &db.WriteOptions{Sync: true}))
		check(d.Close())
	}
	file := filepath.Join(dir, "db", "CURRENT")
	for _, zeros := range []int{-1, 0, 16} {
		if zeros >= 0 {
			check(os.WriteFile(file, make([]byte, zeros), 0o600))
		}
		current, err := os.ReadFile(file)
		check(err)
		fmt.Printf("CURRENT is %q: ", current)
		whole(dir, keys)
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
