//go:build powercut && linux && amd64

package sim

import (
	"powercut/sim/native"
	"powercut/vfs"
)

func ownDir(d *vfs.Disk) (dir string, release func()) { return native.Dir, native.Own(d) }
