//go:build powercut && linux && amd64

package sim

import (
	"context"
	"syscall"

	"powercut/sim/native"
	"powercut/vfs"
)

func ownDir(d *vfs.Disk) (dir string, release func()) { return native.Dir, native.Own(d) }

// givenUp is done when nobody wants the answer any more that this process works at.
func givenUp() context.Context { return wantedContext{context.Background()} }

// wantedDescriptor is a pipe that nothing comes through, until whoever wants the answer
// closes it: then what there is by then will do.
const wantedDescriptor = 4

// wantedContext looks, when it is asked: to wait for a pipe would hold the only
// processor.
type wantedContext struct{ context.Context }

// Err implements context.Context.
func (wantedContext) Err() error {
	var b [1]byte
	_ = syscall.SetNonblock(wantedDescriptor, true) // if it can't be, it is no pipe
	if n, err := syscall.Read(wantedDescriptor, b[:]); n == 0 && err == nil {
		return context.Canceled
	}
	return nil
}
