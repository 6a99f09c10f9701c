package vfs

import "syscall"

// oTmpfile is O_TMPFILE, which package syscall lacks. It has O_DIRECTORY in it.
const oTmpfile = 0x400000 | syscall.O_DIRECTORY
