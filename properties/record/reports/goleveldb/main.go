// Command goleveldb shows that a write with Sync that returned nil is gone when the database
// is opened again, if the one before it failed: on real files, and without powercut.
// docs/record/goleveldb.md has what it says.
//
//	goleveldb              has one fsync fail, closes the database and opens it again
//	goleveldb write DIR    writes, prints a line when something is promised, and one that says
//	                       which page the device is to fail at; reads one before it goes on
//	goleveldb check DIR N  looks for what was promised with the first N lines
package main

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/opt"
	"github.com/syndtr/goleveldb/leveldb/storage"
)

const (
	writes = 4
	fails  = 1 // the number of the write whose fsync fails; the first is 0
)

func key(n int) []byte { return fmt.Append(nil, "key", n) }

func name(n int) string { return fmt.Sprint("the value of write ", n) }

// value is longer than what btrfs keeps beside the inode.
func value(n int) []byte { return append([]byte(name(n)), make([]byte, 3000)...) }

func put(db *leveldb.DB, n int) error {
	return db.Put(key(n), value(n), &opt.WriteOptions{Sync: true})
}

// unsynced is a storage on real files of which the fsync of a log fails once.
type unsynced struct {
	storage.Storage
	fails bool
}

func (s *unsynced) Create(fd storage.FileDesc) (storage.Writer, error) {
	w, err := s.Storage.Create(fd)
	if fd.Type == storage.TypeJournal {
		w = &log{w, s}
	}
	return w, err
}

type log struct {
	storage.Writer
	s *unsynced
}

func (l *log) Sync() error {
	if err := l.Writer.Sync(); err != nil || !l.s.fails {
		return err
	}
	l.s.fails = false
	return syscall.EIO
}

// byHand writes with an fsync that fails once, or with none, and opens the database again
// when it was closed: neither the power nor the process goes.
func byHand(failed int) {
	dir, err := os.MkdirTemp("", "goleveldb")
	check(err)
	defer os.RemoveAll(dir)
	files, err := storage.OpenFile(filepath.Join(dir, "db"), false)
	check(err)
	s := &unsynced{Storage: files}
	db, err := leveldb.Open(s, nil)
	check(err)
	for n := range writes {
		s.fails = n == failed
		fmt.Printf("write %d: %v\n", n, put(db, n))
	}
	next := max(failed, 0) + 1
	got, err := db.Get(key(next), nil)
	fmt.Printf("before the database is closed: key%d is %.20q, %v\n", next, got, err)
	check(db.Close())
	check(files.Close())
	whole(dir, writes, failed)
}

func write(dir string) {
	db, err := leveldb.OpenFile(filepath.Join(dir, "db"), nil)
	check(err)
	for n := range writes {
		if n == fails {
			fmt.Println("fail", hex.EncodeToString([]byte(name(n))))
			fmt.Scanln()
		}
		if err := put(db, n); (err != nil) != (n == fails) {
			panic(fmt.Sprint("write ", n, ": ", err))
		} else if err != nil {
			continue // and the program goes on, as one may
		}
		fmt.Printf("%s is written\n", key(n))
		fmt.Scanln()
	}
	os.Exit(0) // the database stays open, as it is when the power goes
}

// whole says whether the first n writes that were acknowledged are there. Of the one that
// failed nothing need be there.
func whole(dir string, n, failed int) bool {
	if n == 0 {
		return true
	}
	db, err := leveldb.OpenFile(filepath.Join(dir, "db"), nil)
	if err != nil {
		fmt.Println("Open fails:", err)
		return false
	}
	defer db.Close()
	ok := true
	for k := 0; k < writes && n > 0; k++ {
		if k == failed {
			continue
		}
		n--
		if got, err := db.Get(key(k), nil); string(got) != string(value(k)) {
			fmt.Printf("opened again: %s is %.20q, %v; ", key(k), got, err)
			ok = false
		}
	}
	if ok {
		fmt.Println("opened again: all are there")
		return true
	}
	said, err := os.ReadFile(filepath.Join(dir, "db", "LOG"))
	check(err)
	for line := range strings.Lines(string(said)) {
		if strings.Contains(line, "skipped") {
			fmt.Print("LOG says:", line[strings.Index(line, " "):])
		}
	}
	return false
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
		byHand(-1) // none
		byHand(fails)
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
