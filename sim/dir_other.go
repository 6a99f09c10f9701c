//go:build !(powercut && linux && amd64)

package sim

import (
	"context"

	"powercut/vfs"
)

// ownDir is never called: the body has been refused.
func ownDir(*vfs.Disk) (dir string, release func()) { panic(errNotNative) }

// givenUp is never called: no process has orders.
func givenUp() context.Context { panic(errNotNative) }
