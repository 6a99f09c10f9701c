// Package properties holds the laws over the journal, and what judges by them: the
// workload that concurrent clients run, the oracle that remembers what they were
// promised, and the targets, which are the journal and two others to compare it with,
// each on a simulated disk.
//
// Terms:
//
//   - A target is a kind of journal under test: journal, original or pessimal. Its
//     driver, of package engines, says what it can do.
//   - A workload is what clients do, epoch by epoch. Each client has a script, of
//     steps: append an entry, wait, sync, snapshot, roll, and so on.
//   - An entry that was appended has a number of its own, by which the oracle knows it
//     again, and, once it was acknowledged, an LSN.
//   - The oracle decides what may, must and must not come back after a crash, from
//     what clients were told. It is independent of the journal and of its evaluator:
//     it applies acknowledged entries to Go maps and slices, and compares.
//   - A program is one run of a workload against an engine, judged by the oracle.
//
// Read in this order:
//
//   - laws.go: the laws, by name;
//   - step.go, workload.go, workloadtext.go: what clients do, and its text;
//   - generate.go, drawfaults.go: how a seed draws it, and which faults strike;
//   - legacylog.go, legacysnapshot.go: what another program left, before the journal came;
//   - entry.go: what clients append, and the model of it in plain Go values;
//   - oracle.go, judge.go, toldanother.go: what clients were told, and what must come back then;
//   - program.go, open.go, client.go, reopen.go, answer.go, finish.go: one run, up to a crash;
//   - recover.go and what it calls, atrest.go, full.go, readerror.go, tails.go,
//     backup.go, archives.go: what is expected of a recovery.
package properties
