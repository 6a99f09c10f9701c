// Command diskv shows that a value which diskv has written with sync may be gone behind a
// power cut: on real files, and without powercut. docs/record/diskv.md has what it says.
//
//	diskv              writes, and undoes by hand what a power cut may undo
//	diskv write DIR    writes, and prints a line when a value is written; reads one before it goes on
//	diskv check DIR N  looks for the first N values
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/peterbourgon/diskv/v3"
)

const values = 4

func key(n int) string { return fmt.Sprintf("key%d", n) }

func open(dir string) *diskv.Diskv {
	return diskv.New(diskv.Options{BasePath: filepath.Join(dir, "kept"), TempDir: filepath.Join(dir, "temp")})
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

func write(dir string) {
	d := open(dir)
	for n := range values {
		const sync = true
		check(d.WriteStream(key(n), strings.NewReader(fmt.Sprint("value ", n)), sync))
		fmt.Println(key(n), "is written")
		fmt.Scanln()
	}
}

// whole says whether the first n values are there, and which are not.
func whole(dir string, n int) bool {
	d, all := open(dir), true
	for k := range n {
		value, err := d.Read(key(k))
		if string(value) != fmt.Sprint("value ", k) {
			fmt.Printf("%s of %d that were written is %q, %v\n", key(k), n, value, err)
			all = false
		}
	}
	if all {
		fmt.Println("all", n, "are there")
	}
	return all
}

// byHand undoes the last rename, which no sync of the directory has made durable.
func byHand() {
	dir, err := os.MkdirTemp("", "diskv")
	check(err)
	defer os.RemoveAll(dir)
	write(dir)
	whole(dir, values)
	fmt.Println("the same without the last rename:")
	check(os.Rename(filepath.Join(dir, "kept", key(values-1)), filepath.Join(dir, "temp", "123")))
	whole(dir, values)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
