//go:build !linux

package vfs

// O_TMPFILE is a flag that only Linux's programs can ask for.
const O_TMPFILE = 0
