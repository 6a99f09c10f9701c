// Command sqlite shows that a transaction which was committed with synchronous=EXTRA is rolled
// back behind a power cut, if the directory could not be opened to be synced: on real files,
// and without powercut. docs/record/sqlite.md has what it says.
//
//	sqlite write DIR    started by root, writes as another user, in a directory that this one may
//	                    change and not read; prints a line when something is promised; reads one
//	                    before it goes on
//	sqlite check DIR N  started by root, looks for what was promised with the first N lines
//
// With SQLITE_READABLE=1 the directory may be read.
package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	_ "modernc.org/sqlite"
)

const (
	transactions = 4
	nobody       = 65534
)

func open(dir string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "db", "db")+"?_pragma=journal_mode(delete)&_pragma=synchronous(extra)")
	if err == nil {
		db.SetMaxOpenConns(1)
		_, err = db.Exec("create table if not exists kept (n integer primary key)")
	}
	return db, err
}

// enter makes a directory the root, as what is above need not be open to others, and SQLite
// follows every link of a path by itself.
func enter(dir string) {
	check(syscall.Chroot(dir))
	check(os.Chdir("/"))
}

func write(dir string) {
	home := filepath.Join(dir, "db")
	check(os.Mkdir(home, 0o700))
	check(os.Chown(home, nobody, nobody))
	if os.Getenv("SQLITE_READABLE") == "" {
		check(os.Chmod(home, 0o300))
	}
	check(os.Chmod(dir, 0o755))
	syscall.Sync() // what is made here is not what is lost
	enter(dir)
	check(syscall.Setgid(nobody))
	check(syscall.Setuid(nobody))
	db, err := open("/")
	check(err)
	for n := range transactions {
		_, err := db.Exec("insert into kept values (?)", n)
		check(err)
		fmt.Println("transaction", n, "is committed")
		fmt.Scanln()
	}
	os.Exit(0) // the database stays open, as it is when the power goes
}

// whole says whether the first n transactions are there.
func whole(dir string, n int) bool {
	if n == 0 {
		return true
	}
	enter(dir)
	db, err := open("/")
	if err != nil {
		fmt.Println("it can't be opened:", err)
		return false
	}
	defer db.Close()
	var there int
	if err := db.QueryRow("select count(*) from kept where n < ?", n).Scan(&there); err != nil {
		fmt.Println("it can't be read:", err)
		return false
	}
	fmt.Printf("%d of %d transactions are there\n", there, n)
	return there == n
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
		fmt.Fprintln(os.Stderr, "usage: sqlite write DIR, or sqlite check DIR N")
		os.Exit(2)
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
