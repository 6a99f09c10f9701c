package vfs

import "syscall"

// O_TMPFILE opens a file that has no name yet in a directory, see LinkTaker. Package syscall
// lacks it. 0 where there is no such flag.
const O_TMPFILE = 0x400000 | syscall.O_DIRECTORY
