//go:build unix

package vfs

import "syscall"

// oDirectory makes an open fail with ENOTDIR for what is no directory.
const oDirectory = syscall.O_DIRECTORY

// oNoFollow makes an open fail with ELOOP for a symbolic link.
const oNoFollow = syscall.O_NOFOLLOW
