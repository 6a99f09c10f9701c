// Package sim tests a storage engine under power cuts and failing disks, inside
// go test. Test runs a workload on a simulated disk; at each operation it takes
// what a power cut at that very instant could leave, opens the engine on it, and
// asks the test whether everything is there that the engine had promised. One
// seed decides all of it, so that a failure is repeated by its seed.
//
// The words, in the order in which one needs them:
//
//   - The workload is what the engine does: open, put, sync, close. It works on a
//     Disk (package vfs), an afero.Fs that forgets what was not synced.
//   - A power cut loses what is in the page cache; a process crash does not. A
//     crash image is one disk that a crash may leave.
//   - A recovery opens the engine on a crash image and checks it. It may itself be
//     crashed, see Config.Depth.
//   - An epoch is a stretch of a run between two crashes. A run has one, or more
//     with Config.Epochs; each begins on what the crash before it left.
//   - A fault is an error that the disk gives, see package faults and Config.Plan.
//   - A law is what must hold. A violation is reported under the name of its law.
//
// Test is all that most tests need:
//
//	func TestStore(t *testing.T) {
//		sim.Test(t, sim.Config{}, func(r *sim.Run) {
//			acked := 0
//			r.Workload(func(fs afero.Fs) error { … open, put, acked++, close … })
//			r.Recover(func(fs afero.Fs) error { … open, expect what was acked … })
//		})
//	}
//
// A failure is made small, kept as a case in testdata/powercut, explained in a page
// beside it, and told with the command that repeats it. Flags of the test binary go
// before what the Config says:
//
//	-powercut.runs N      so many seeds
//	-powercut.for TIME    seeds for so long instead: 30m
//	-powercut.seed N      this seed alone
//	-powercut.profile P   only this filesystem's crash images
//	-powercut.case FILE   only the case in this file, told in full
//	-powercut.before N    of that case, what there is before operation N, and no more
//	-powercut.workers N   so many runs at once
//	-powercut.out DIR     keep cases in this directory
//	-powercut.require-native  a test of an unmodified program fails where simrun test does not run it
//	-powercut.digests     log the digests of each seed of such a test
//	-powercut.brief       of such a test say what a seed fails with, and do nothing more about it
//
// Each has a twin in the environment, POWERCUT_RUNS for -powercut.runs, since a package
// that does not import this one refuses the flags.
//
// Package oracle keeps the account of what an engine promised, if that keeps values
// by keys or entries in a log, and judges what comes back.
//
// The other packages below this one are for whoever writes targets of simrun (core), runs
// many seeds (campaign), makes a failure small (shrink) or tells of it (explain).
package sim
