// Command buntdb shows that Shrink may lose what buntdb has synced, with SyncPolicy: Always: on
// real files, and without powercut. docs/record/buntdb.md has what it says.
//
//	buntdb              writes, and puts there by hand what a power cut may leave
//	buntdb write DIR    writes, and prints a line when something is promised; reads one before it goes on
//	buntdb check DIR N  looks for what was promised with the first N lines
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/tidwall/buntdb"
)

func open(dir string) (*buntdb.DB, error) {
	db, err := buntdb.Open(filepath.Join(dir, "db"))
	if err != nil {
		return nil, err
	}
	return db, db.SetConfig(buntdb.Config{SyncPolicy: buntdb.Always, AutoShrinkDisabled: true})
}

func key(n int) string { return fmt.Sprint("key", n) }

const keys = 4

func write(dir string) {
	db, err := open(dir)
	check(err)
	for n := range keys {
		check(db.Update(func(tx *buntdb.Tx) error {
			_, _, err := tx.Set(key(n), "value", nil)
			return err
		}))
		fmt.Println(key(n), "is set")
		fmt.Scanln()
	}
	check(db.Shrink())
	fmt.Println("shrunk")
	fmt.Scanln()
	os.Exit(0) // the database stays open, as it is when the power goes
}

// whole says whether the first n values are there.
func whole(dir string, n int) bool {
	if n == 0 {
		return true
	}
	file, err := os.ReadFile(filepath.Join(dir, "db"))
	check(err)
	db, err := open(dir)
	if err != nil {
		fmt.Println("Open fails:", err)
		return false
	}
	defer db.Close()
	for k := range min(n, keys) {
		err := db.View(func(tx *buntdb.Tx) error {
			_, err := tx.Get(key(k))
			return err
		})
		if err != nil {
			fmt.Printf("%s of %d that were set: %v; the file has %d bytes, %.12q\n", key(k), min(n, keys), err, len(file), file)
			return false
		}
	}
	fmt.Println("all", min(n, keys), "are there")
	return true
}

// byHand has the file that Shrink made as one is that was written and not synced.
func byHand() {
	dir, err := os.MkdirTemp("", "buntdb")
	check(err)
	defer os.RemoveAll(dir)
	db, err := open(dir)
	check(err)
	for n := range keys {
		check(db.Update(func(tx *buntdb.Tx) error {
			_, _, err := tx.Set(key(n), "value", nil)
			return err
		}))
	}
	check(db.Shrink())
	check(db.Close())
	file := filepath.Join(dir, "db")
	shrunk, err := os.ReadFile(file)
	check(err)
	for _, kept := range [][]byte{shrunk, {}, make([]byte, len(shrunk))} {
		check(os.WriteFile(file, kept, 0o600))
		fmt.Printf("%d bytes of %d are there: ", len(kept), len(shrunk))
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
