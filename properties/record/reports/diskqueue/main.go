// Command diskqueue shows that messages which go-diskqueue has synced may be gone behind a
// power cut: on real files, and without powercut. docs/record/diskqueue.md has what it says.
//
//	diskqueue              writes, and puts there by hand what a power cut may leave
//	diskqueue write DIR    writes, and prints a line when something is promised; reads one before it goes on
//	diskqueue check DIR N  looks for what was promised with the first N lines
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nsqio/go-diskqueue"
)

// open opens a queue that syncs each message before it takes the next one.
func open(dir string) diskqueue.Interface {
	return diskqueue.New("q", dir, 1<<20, 1, 1000, 1, time.Second, func(diskqueue.LogLevel, string, ...any) {})
}

func message(n int) string { return fmt.Sprint("message ", n) }

// write puts two messages. Behind the second Put the first one is synced.
func write(dir string) {
	q := open(dir)
	check(q.Put([]byte(message(0))))
	q.Depth() // is answered behind the sync
	fmt.Println("the first message is put and synced")
	fmt.Scanln()
	os.Exit(0) // the queue stays open, as it is when the power goes
}

// whole opens the queue, puts a message, and looks for the one that was synced.
func whole(dir string, n int) bool {
	if n == 0 {
		return true
	}
	q := open(dir)
	fmt.Println("depth behind the power cut:", q.Depth())
	check(q.Put([]byte("a new message")))
	found := false
	for {
		select {
		case m := <-q.ReadChan():
			fmt.Printf("read: %q\n", m)
			found = found || string(m) == message(0)
		case <-time.After(200 * time.Millisecond):
			check(q.Close())
			return found
		}
	}
}

// byHand undoes the rename of the metadata, which no sync of the directory has made durable.
func byHand() {
	dir, err := os.MkdirTemp("", "diskqueue")
	check(err)
	defer os.RemoveAll(dir)
	q := open(dir)
	check(q.Put([]byte(message(0))))
	fmt.Println("depth before it:", q.Depth())
	meta := filepath.Join(dir, "q.diskqueue.meta.dat")
	check(os.Rename(meta, meta+".123.tmp"))
	data, err := os.ReadFile(filepath.Join(dir, "q.diskqueue.000000.dat"))
	check(err)
	fmt.Printf("the rename of the metadata is undone; the data file has %q\n", data)
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
