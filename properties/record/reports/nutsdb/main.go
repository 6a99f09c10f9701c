// Command nutsdb shows what a power cut does to a bucket of nutsdb: on real files, and
// without powercut. docs/record/nutsdb.md has what it says.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/nutsdb/nutsdb"
)

func main() {
	dir, _ := os.MkdirTemp("", "nuts")
	db, err := nutsdb.Open(nutsdb.DefaultOptions, nutsdb.WithDir(dir)) // SyncEnable is true in DefaultOptions
	check(err)
	check(db.Update(func(tx *nutsdb.Tx) error { return tx.NewBucket(nutsdb.DataStructureBTree, "b") }))
	check(db.Update(func(tx *nutsdb.Tx) error { return tx.Put("b", []byte("key"), []byte("value"), nutsdb.Persistent) }))
	fmt.Println("both transactions are committed:", read(db))
	check(db.Close())

	// The same files, but bucket.Meta as it may be behind a power cut: nobody has synced it.
	meta := filepath.Join(dir, "bucket.Meta")
	whole, err := os.ReadFile(meta)
	check(err)
	for _, kept := range [][]byte{whole, {}, make([]byte, len(whole))} {
		check(os.WriteFile(meta, kept, 0o644))
		fmt.Printf("bucket.Meta has %d bytes, %q: ", len(kept), kept)
		reopen(dir)
	}
}

func reopen(dir string) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Println("Open panics:", p)
		}
	}()
	db, err := nutsdb.Open(nutsdb.DefaultOptions, nutsdb.WithDir(dir))
	if err != nil {
		fmt.Println("Open fails:", err)
		return
	}
	fmt.Println(read(db))
	check(db.Close())
}

func read(db *nutsdb.DB) (s string) {
	_ = db.View(func(tx *nutsdb.Tx) error {
		value, err := tx.Get("b", []byte("key"))
		s = fmt.Sprintf("key is %q, %v", value, err)
		return nil
	})
	return s
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
