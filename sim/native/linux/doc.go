// Package linux answers Linux's system calls from a simulated disk, so that a program
// that calls package os or syscall, or maps files, can run on one as it is.
//
// # Terms
//
//   - A mount is a disk with a path at which programs see it, beneath Top.
//   - A process is what a program sees: its descriptors, its working directory, its
//     mappings and the locks that it holds. It is no process of the machine.
//   - A description is an open file, as POSIX has it: what several descriptors may
//     share, and what a mapping keeps open.
//
// A System has the mounts, and what all processes share. Process.Call answers a
// system call: whoever catches it, as the overlay of simrun test does, or a test,
// says its number and its arguments. Every call that is known stands in the table
// that Calls returns, with what is modelled of it. A call that is not, on a simulated
// descriptor or path, ends in Services.Unsupported: it is never handed to the kernel,
// and never answered by chance.
//
// # Mappings
//
// A file that is mapped has a memfd in each process that maps it, with the file's
// content; all of its mappings are of that one, so that they agree. What is written
// to the file otherwise is copied there before a call returns. What the program
// stores is found by comparison with what the memfd was known to have, before each
// call of the process: it becomes pending writes of the disk, one for each run of
// changed pages. The states between two calls are in no crash image.
//
// It is for amd64: numbers and structures are that machine's.
package linux
