package sim

import (
	"errors"

	"github.com/spf13/afero"

	"powercut/sim/internal/lineage"
	"powercut/vfs"
)

// WorkloadDir is Workload for an engine that uses the operating system itself: f is
// given a directory on the simulated disk, by its path. Nothing of the engine is
// changed for it: it may call package os, map files, take locks and start goroutines,
// and the seed decides who goes on. Such a test is run by
//
//	simrun test ./store
//
// and skipped by go test. It is for the body of Test.
func (r *Run) WorkloadDir(f func(dir string) error) {
	r.inDir = true
	r.workload = r.inDisk(f)
}

// RecoverDir is Recover for such an engine: the directory is at the same path as the
// workload's. The recovery is another process as far as the engine can tell, but for
// its global variables. If it waits for something of the whole process that the workload
// holds, the recoveries of the test go on in processes of their own, which know what
// oracles saw and what Remember names, and are not crashed in turn. It is for the body of
// Test.
func (r *Run) RecoverDir(f func(dir string) error) {
	r.inDir = true
	r.recover = r.inDisk(f)
}

// inDisk gives f the directory that a disk is for the calling lineage, until the
// epoch, or the recovery, is over.
func (r *Run) inDisk(f func(dir string) error) func(fs afero.Fs) error {
	return func(fs afero.Fs) error {
		dir, release := ownDir(fs.(*vfs.Disk))
		r.run.AtEnd(release)
		return f(dir)
	}
}

// aside does what belongs to the harness, in a goroutine of the workload's: maps that it
// makes draw, and that must not shift what the workload draws.
func aside(f func()) {
	if lineage.Native() {
		lineage.Aside(0, f)
		return
	}
	f()
}

// errProbed is what any other body comes to that is only asked whether it wants one.
var errProbed = errors.New("the test was only asked what it declares")

// errNotNative is what a body that wants a directory comes to where there is none.
var errNotNative = errors.New("the test uses r.WorkloadDir, and was not run by simrun test")
