//go:build linux && amd64

package linux

import (
	"syscall"

	"powercut/vfs"
)

func fsync(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.onFile(c.A1, func(d *description) (uintptr, syscall.Errno) { return p.result(d.file.Sync()) })
}

func fdatasync(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.onFile(c.A1, func(d *description) (uintptr, syscall.Errno) {
		return p.result(d.file.(vfs.DataSyncer).Datasync())
	})
}

func syncfs(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.onFile(c.A1, func(d *description) (uintptr, syscall.Errno) { return p.result(d.file.(vfs.FileSystemSyncer).SyncFS()) })
}

// syncAll is sync, which tells nobody what failed.
func syncAll(p *Process, _ Call) (uintptr, syscall.Errno) {
	for _, m := range p.sys.all() {
		if m == p.own || p.mountNamed(m.name) == m {
			_ = m.disk.SyncFS()
		}
	}
	return 0, 0
}

// syncFileRange starts a write-back, which promises nothing.
func syncFileRange(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.onFile(c.A1, func(d *description) (uintptr, syscall.Errno) {
		const known = 7
		switch {
		case c.A4&^known != 0, int64(c.A2) < 0, int64(c.A3) < 0, int64(c.A2+c.A3) < 0:
			return fail(syscall.EINVAL)
		case d.dir:
			return 0, 0
		}
		return 0, 0
	})
}
