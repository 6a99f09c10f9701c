//go:build !linux

package vfs

// oTmpfile is a flag that only Linux's programs can ask for.
const oTmpfile = 0
