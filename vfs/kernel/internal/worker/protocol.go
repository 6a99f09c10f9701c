//go:build linux

// Package worker is the process that mounts real filesystems and makes system
// calls on them. It is a process of its own, beside the one that serves the
// block device, so that neither waits for itself.
//
// All that it mounts is in a mount namespace of its own, over a loop device that
// detaches itself; it ends when its standard input does. So whatever ends the
// program that started it, be it SIGKILL, no mount, loop device, file or process
// stays behind: the kernel takes them away.
package worker

import "syscall"

// request is what the worker is asked. The fields that an operation doesn't
// need are left zero.
type request struct {
	Op       op
	Type     string // of a filesystem
	Options  string
	Step     string // in the language of the recordings, or an Intervention
	ReadOnly bool
}

type op uint8

const (
	opMount op = iota + 1
	opUnmount
	opStep
	opTree
	opRead
)

// reply is the answer. Errno is that of the system call that failed, 0 for
// none; What says which.
type reply struct {
	Errno syscall.Errno
	What  string
	Tree  map[string][]byte
	Data  []byte
	// of the first reply
	Loop     string
	DirectIO bool
	Dir      string
}

// mostTreeBytes bounds what a tree may hold: more is a sparse file gone wild.
const mostTreeBytes = 64 << 20
