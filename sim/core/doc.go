// Package core runs storage code under crashes and faults, deterministically.
// It knows no engine: it drives a Program, which is a system under test together
// with its oracle.
//
// The words, in the order in which one needs them:
//
//   - A Seed decides a run. It splits into named streams.
//   - An actor is a coroutine: a client of the system under test. Actors go on
//     one at a time; at each file operation, and wherever one waits at the run's
//     Monitor, a schedule decides who is next.
//   - An epoch is a stretch of a run between two crashes. One run has one or
//     more; each begins on the disk that the crash before it left.
//   - A crash point is the instant before a file operation. There all actors
//     stand still, and the run takes crash images: disks that a power cut, or the
//     death of the process, could leave right now. Each is mounted, recovered
//     and judged by the oracle as it stands at that instant. Recovery itself has
//     crash points, to a depth.
//   - A Breach says that a law does not hold; a Violation adds in which run.
//   - A Case is the explicit form of a run that violated a law: workload, faults,
//     schedule, crash points and images, as text, free of the generator.
//   - A campaign (package campaign) runs many seeds. Its digest is the same for the
//     same seeds, however many processors there are.
//
// Whoever tests an engine of their own needs package sim alone. This package is for
// targets, such as those of package properties, and for what runs, searches and
// explains them: campaign, shrink and explain.
package core
