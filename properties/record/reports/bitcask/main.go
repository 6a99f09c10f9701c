// Command bitcask shows that a bitcask with WithSync can't be opened behind a power cut: on
// real files, and without powercut. docs/record/bitcask.md has what it says.
//
//	bitcask              writes, and puts there by hand what a power cut may leave
//	bitcask write DIR    writes, and prints a line when something is promised; reads one before it goes on
//	bitcask check DIR N  looks for what was promised with the first N lines
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"git.mills.io/prologic/bitcask"
)

func open(dir string) (*bitcask.Bitcask, error) {
	return bitcask.Open(filepath.Join(dir, "db"), bitcask.WithSync(true))
}

func key(n int) []byte { return fmt.Append(nil, "key", n) }

func write(dir string) {
	db, err := open(dir)
	check(err)
	for n := range 3 {
		check(db.Put(key(n), []byte("value")))
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
		config, _ := os.ReadFile(filepath.Join(dir, "db", "config.json"))
		fmt.Printf("Open fails: %v; config.json has %d bytes, %.12q\n", err, len(config), config)
		return false
	}
	defer func() { check(db.Close()) }()
	for k := range n {
		if value, err := db.Get(key(k)); string(value) != "value" {
			fmt.Printf("%s of %d that were put is %q, %v\n", key(k), n, value, err)
			return false
		}
	}
	fmt.Println("all", n, "are there")
	return true
}

// byHand has config.json as a file is that was written and not synced.
func byHand() {
	dir, err := os.MkdirTemp("", "bitcask")
	check(err)
	defer os.RemoveAll(dir)
	db, err := open(dir)
	check(err)
	check(db.Put(key(0), []byte("value")))
	check(db.Close())
	config := filepath.Join(dir, "db", "config.json")
	written, err := os.ReadFile(config)
	check(err)
	for _, kept := range [][]byte{written, {}, make([]byte, len(written))} {
		check(os.WriteFile(config, kept, 0o600))
		fmt.Printf("config.json has %d bytes, %.12q: ", len(kept), kept)
		whole(dir, 1)
	}
	check(os.Remove(config))
	fmt.Print("without config.json: ")
	whole(dir, 1)
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
