//go:build linux || darwin

package vfs

import "syscall"

const dsyncFlag = syscall.O_DSYNC
