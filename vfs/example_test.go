package vfs_test

import (
	"fmt"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// What may be left of a new file that was written and closed, and of which
// neither data nor name was synced.
func ExampleDisk_Images() {
	d := vfs.New(vfs.Options{SectorBytes: 4096})
	if err := afero.WriteFile(d, "/f", []byte("data"), 0o644); err != nil {
		fmt.Println(err)
	}
	for im := range d.Images(vfs.POSIX) {
		fmt.Printf("%q:", im.Name())
		for e := range im.Walk() {
			fmt.Printf(" %s %q", e.Path, e.Data)
		}
		fmt.Println()
	}
	// Output:
	// "nothing":
	// "everything": /f "data"
	// "names-only": /f ""
	// "": /f "\x00\x00\x00\x00"
}

// A program forgot to sync the directory: the choice names the image in which
// that shows, and what was lost.
func ExampleDisk_Choose() {
	d := vfs.New(vfs.Options{})
	f, err := d.Create("/f")
	if err == nil {
		_, err = f.Write([]byte("data"))
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(d.Pending())

	choice, err := vfs.ParseChoice("power-cut posix lost=1")
	if err != nil {
		fmt.Println(err)
	}
	im, err := d.Choose(choice)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(im.Lost())
	_, err = im.Mount(vfs.Options{}).Open("/f")
	fmt.Println(err)
	// Output:
	// [1: create /f]
	// [1: create /f]
	// open /f: no such file or directory
}
