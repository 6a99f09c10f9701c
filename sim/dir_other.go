//go:build !(powercut && linux && amd64)

package sim

import "powercut/vfs"

// ownDir is never called: the body has been refused.
func ownDir(*vfs.Disk) (dir string, release func()) { panic(errNotNative) }
