//go:build !linux || 386 || arm || mips || mipsle

package fuse

import (
	"errors"

	"powercut/vfs"
)

// MountCommand is the hidden command of this program that Mount is behind.
const MountCommand = "mount"

// The library for FUSE does not compile for 32-bit processors.
var errLinux = errors.New("simrun fuse needs Linux on a 64-bit processor: here no filesystem can be mounted in a namespace of its own")

// Usable says why commands can't be run here.
func Usable() error { return errLinux }

// Mount can't be had here.
func Mount(string, string) (int, error) { return 0, errLinux }

type command struct {
	line, role string
	input      []byte
	heard      func(printed []byte)
}

type process struct{}

func start(command) (*process, error) { return nil, errLinux }

func (*process) serve(*vfs.Disk) string { return "" }

func (*process) kill() {}

func digest([]byte) uint64 { return 1 }
