// Package properties holds the laws over the journal, and what judges by them:
// the workload that concurrent clients run, the oracle that remembers what they
// were promised, and the target that drives package journal on a simulated
// disk.
//
// Read in this order:
//
//   - laws.go: the laws, by name;
//   - workload.go, generate.go: what clients do, as text, and how a seed draws it;
//   - entry.go: what they append, and the model of it in plain Go values;
//   - oracle.go: what must come back after a crash, from what clients were told;
//   - program.go, client.go, recover.go: the journal under test, in one run.
//
// The oracle is independent of the journal and of its evaluator: it applies
// acknowledged entries to Go maps and slices, and compares.
package properties
