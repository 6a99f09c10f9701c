// Package native lets code that calls package os, syscall or golang.org/x/sys/unix use
// a simulated disk as it is. It works in programs that simrun test built: there the Go
// runtime and package syscall hand the system calls that concern a simulated path,
// descriptor or mapping to package linux, below this one.
package native

// Dir is where each lineage sees its own disk: every recovery at the same path as the
// workload before it, since engines store absolute paths.
const Dir = "/powercut/" + own

// own is the name of a lineage's own disk.
const own = "disk"
