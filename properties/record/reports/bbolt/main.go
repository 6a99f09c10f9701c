// Command bbolt shows that a transaction behind one whose Commit failed, since the fsync of
// its meta page did, may destroy what bbolt had committed before: on real files, and without
// powercut. docs/record/bbolt.md has what it says.
//
//	bbolt              writes, and puts there by hand what a power cut may leave
//	bbolt write DIR    writes, prints a line when something is promised, and one that says which
//	                   page the device is to fail at; reads one before it goes on
//	bbolt check DIR N  looks for what was promised with the first N lines
//
// With BBOLT_REOPENS=1 it closes and opens the database again when the commit has failed.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	bolt "go.etcd.io/bbolt"
)

const (
	transactions = 5 // each of which puts a value
	fails        = 2 // the number of that whose commit fails; the first is 0
	valueBytes   = 2500
	page         = 4096
)

func open(dir string) (*bolt.DB, error) {
	return bolt.Open(filepath.Join(dir, "db"), 0o600, &bolt.Options{PageSize: page})
}

func key(n int) string { return fmt.Sprint("key", n) }

func value(n int) []byte { return bytes.Repeat([]byte{byte('a' + n)}, valueBytes) }

func put(db *bolt.DB, n int) error {
	return db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte("b"))
		if err != nil {
			return err
		}
		return b.Put([]byte(key(n)), value(n))
	})
}

// meta is what a meta page has behind its header: magic, version, and the size of a page.
const meta = "edda0ced0200000000100000"

// reopens, if it is set, has the database closed and opened again when a commit failed.
const reopens = "BBOLT_REOPENS"

func write(dir string) {
	db, err := open(dir)
	check(err)
	for n := range transactions {
		if n == fails {
			fmt.Println("fail", meta)
			fmt.Scanln()
		}
		if err := put(db, n); (err != nil) != (n == fails) {
			panic(fmt.Sprint("transaction ", n, ": ", err))
		} else if err != nil {
			if os.Getenv(reopens) != "" {
				check(db.Close())
				db, err = open(dir)
				check(err)
			}
			continue // and the program goes on, as one may
		}
		fmt.Println(key(n), "is committed")
		fmt.Scanln()
	}
	os.Exit(0) // the database stays open, as it is when the power goes
}

// whole says whether all is there of the first n transactions that were committed. Of the one
// whose commit failed nothing need be there, and all of it may be.
func whole(dir string, n, failed int) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Println("it panics:", p)
			ok = false
		}
	}()
	if n == 0 {
		return true
	}
	db, err := open(dir)
	if err != nil {
		fmt.Println("Open fails:", err)
		return false
	}
	defer db.Close()
	ok = true
	check(db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("b"))
		for k := 0; n > 0; k++ {
			if k == failed {
				continue
			}
			n--
			var got []byte
			if b != nil {
				got = b.Get([]byte(key(k)))
			}
			switch {
			case got == nil:
				fmt.Printf("%s is not there; ", key(k))
				ok = false
			case !bytes.Equal(got, value(k)):
				fmt.Printf("%s is %d bytes, %.10q; ", key(k), len(got), got)
				ok = false
			}
		}
		return nil
	}))
	if ok {
		fmt.Println("all are there")
	} else {
		fmt.Println("and Open said nothing")
	}
	return ok
}

// byHand has the file as a disk has it that dropped the meta page of the transaction called
// failing, and the power goes when the next one has synced its pages, and not written its own
// meta page: all pages are of that one, but for both meta pages, which are of the time before.
func byHand(failing int) {
	dir, err := os.MkdirTemp("", "bbolt")
	check(err)
	defer os.RemoveAll(dir)
	db, err := open(dir)
	check(err)
	for n := range failing {
		check(put(db, n))
	}
	file := filepath.Join(dir, "db")
	before, err := os.ReadFile(file)
	check(err)
	check(put(db, failing))
	check(put(db, failing+1))
	check(db.Close())
	after, err := os.ReadFile(file)
	check(err)
	for _, metas := range [][]byte{after, before} {
		check(os.WriteFile(file, append(bytes.Clone(metas[:2*page]), after[2*page:]...), 0o600))
		kept := "both meta pages, as they are without a fault"
		if &metas[0] == &before[0] {
			kept = fmt.Sprintf("the meta pages of before transaction %d", failing)
		}
		fmt.Printf("%d are committed; with %s: ", failing, kept)
		whole(dir, failing, failing)
	}
}

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "write":
		write(os.Args[2])
	case len(os.Args) == 4 && os.Args[1] == "check":
		n, err := strconv.Atoi(os.Args[3])
		check(err)
		if !whole(os.Args[2], n, fails) {
			os.Exit(1)
		}
	default:
		byHand(2)
		byHand(3)
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
