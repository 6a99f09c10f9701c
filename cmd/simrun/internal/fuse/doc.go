// Package fuse runs programs in any language on a simulated disk. The kernel shows them
// the disk as a FUSE filesystem, and asks this process about each file operation, which
// is a crash point like any other. A program is a shell command: the workload says what
// it has promised on its standard output; the recovery reads that on its standard input,
// looks at what a crash left, and fails if something is missing.
//
// Each command has a process of its own, which mounts the filesystem in a mount
// namespace of its own and is the first of a PID namespace of its own: so every command
// finds its disk at the same path, and nothing is left when it is ended.
//
// The commands are not simulated. The order of operations, the schedule and the clock of
// a program with several threads or processes are the machine's, and no seed decides
// them; a seed decides the crash images and the faults.
package fuse
