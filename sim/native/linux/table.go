//go:build linux && amd64

package linux

import (
	"slices"
	"strings"
	"syscall"
)

// call is a system call that is known.
type call struct {
	name string
	does string // what is modelled; "" where there is nothing to say
	do   func(*Process, Call) (uintptr, syscall.Errno)
}

// calls has them by number. What is not here on a simulated disk ends the run.
var calls map[uintptr]call

func init() {
	calls = map[uintptr]call{
		// Files.
		syscall.SYS_OPEN:     {"open", "as openat", open},
		syscall.SYS_CREAT:    {"creat", "as openat", creat},
		syscall.SYS_OPENAT:   {"openat", "every flag but O_PATH; modes are kept, and not enforced, as for root; the umask is 022; O_SYNC and O_DSYNC make what is written durable; O_DIRECT asks for buffers, lengths and offsets of 512 bytes (EINVAL); O_TMPFILE; `/dev/urandom` and `/dev/random` give the run's entropy", openat},
		437:                  {"openat2", "as openat; with `resolve` flags ENOSYS", openat2},
		syscall.SYS_CLOSE:    {"close", "with the POSIX locks of the process on that file; an injected error is told after the descriptor is gone", closeCall},
		syscall.SYS_READ:     {"read", "an error behind some bytes is told to the next read that goes on there", read},
		syscall.SYS_PREAD64:  {"pread64", "as read", pread},
		syscall.SYS_READV:    {"readv", "as read: one operation", vectored((*Process).read, false, false, false)},
		syscall.SYS_PREADV:   {"preadv", "as read: one operation", vectored((*Process).read, false, true, false)},
		327:                  {"preadv2", "as preadv; with flags EOPNOTSUPP", vectored((*Process).read, false, true, true)},
		syscall.SYS_WRITE:    {"write", "a crash may tear it by sectors; an error behind some bytes is told to the next write that goes on there", write},
		syscall.SYS_PWRITE64: {"pwrite64", "as write; with O_APPEND it appends, as Linux does", pwrite},
		syscall.SYS_WRITEV:   {"writev", "as write: one operation", vectored((*Process).write, true, false, false)},
		syscall.SYS_PWRITEV:  {"pwritev", "as write: one operation", vectored((*Process).write, true, true, false)},
		328:                  {"pwritev2", "as pwritev; with flags EOPNOTSUPP", vectored((*Process).write, true, true, true)},
		syscall.SYS_LSEEK:    {"lseek", "SEEK_DATA and SEEK_HOLE by pages; a directory goes back to an entry", lseek},
		// What is there.
		syscall.SYS_STAT:       {"stat", "as newfstatat", stat},
		syscall.SYS_LSTAT:      {"lstat", "as newfstatat", lstat},
		syscall.SYS_FSTAT:      {"fstat", "as newfstatat", fstat},
		syscall.SYS_NEWFSTATAT: {"newfstatat", "st_dev is each mount's own, st_ino stays; one time for all three; st_blocks follows the size; a directory has one link", newfstatat},
		332:                    {"statx", "as newfstatat", statx},
		syscall.SYS_ACCESS:     {"access", "whether it is there; X_OK asks for a bit", access},
		syscall.SYS_FACCESSAT:  {"faccessat", "as access", faccessat},
		439:                    {"faccessat2", "as access", faccessat2},
		syscall.SYS_GETDENTS64: {"getdents64", "in the order of names, as they were at the first call", getdents64},
		// Names.
		syscall.SYS_MKDIR:      {"mkdir", "", mkdir},
		syscall.SYS_MKDIRAT:    {"mkdirat", "", mkdirat},
		syscall.SYS_MKNOD:      {"mknod", "as mknodat", mknod},
		syscall.SYS_MKNODAT:    {"mknodat", "an empty file; anything else EPERM", mknodat},
		syscall.SYS_UNLINK:     {"unlink", "", unlink},
		syscall.SYS_UNLINKAT:   {"unlinkat", "", unlinkat},
		syscall.SYS_RMDIR:      {"rmdir", "", rmdir},
		syscall.SYS_RENAME:     {"rename", "pending by halves, as the profile has it; from one mount to another EXDEV", rename},
		syscall.SYS_RENAMEAT:   {"renameat", "as rename", renameat},
		316:                    {"renameat2", "as rename; NOREPLACE; EXCHANGE persists whole or not at all, but for what docs/crash-model.md says of btrfs", renameat2},
		syscall.SYS_LINK:       {"link", "", link},
		syscall.SYS_LINKAT:     {"linkat", "`/proc/self/fd/N` or AT_EMPTY_PATH for what O_TMPFILE opened", linkat},
		syscall.SYS_SYMLINK:    {"symlink", "an absolute target leads into the mount that its path begins with", symlink},
		syscall.SYS_SYMLINKAT:  {"symlinkat", "as symlink", symlinkat},
		syscall.SYS_READLINK:   {"readlink", "", readlink},
		syscall.SYS_READLINKAT: {"readlinkat", "", readlinkat},
		// Size and space.
		syscall.SYS_TRUNCATE:  {"truncate", "", truncate},
		syscall.SYS_FTRUNCATE: {"ftruncate", "", ftruncate},
		syscall.SYS_FALLOCATE: {"fallocate", "KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE; other modes EOPNOTSUPP", fallocate},
		// Durability.
		syscall.SYS_FSYNC:           {"fsync", "as the profile has it", fsync},
		syscall.SYS_FDATASYNC:       {"fdatasync", "as the profile has it", fdatasync},
		syscall.SYS_SYNC:            {"sync", "every disk that the process sees", syncAll},
		306:                         {"syncfs", "", syncfs},
		syscall.SYS_SYNC_FILE_RANGE: {"sync_file_range", "promises nothing, and does nothing", syncFileRange},
		// Locks and descriptors.
		syscall.SYS_FLOCK: {"flock", "by description; a process that died holds none; a blocking one waits", flock},
		syscall.SYS_FCNTL: {"fcntl", "DUPFD, GETFD, SETFD, GETFL, SETFL but for O_APPEND; POSIX and OFD locks by bytes", fcntl},
		syscall.SYS_DUP:   {"dup", "", dup},
		syscall.SYS_DUP2:  {"dup2", "not between a simulated descriptor and one of the machine", dup2},
		syscall.SYS_DUP3:  {"dup3", "as dup2", dup3},
		// Attributes.
		syscall.SYS_CHMOD:     {"chmod", "durable at once", chmod},
		syscall.SYS_FCHMOD:    {"fchmod", "durable at once", fchmod},
		syscall.SYS_FCHMODAT:  {"fchmodat", "durable at once", fchmodat},
		452:                   {"fchmodat2", "as fchmodat; of a symbolic link EOPNOTSUPP", fchmodat2},
		syscall.SYS_CHOWN:     {"chown", "owners are not kept; setuid and setgid go", chown},
		syscall.SYS_FCHOWN:    {"fchown", "as chown", fchown},
		syscall.SYS_LCHOWN:    {"lchown", "as chown", lchown},
		syscall.SYS_FCHOWNAT:  {"fchownat", "as chown", fchownat},
		syscall.SYS_UTIME:     {"utime", "as utimensat", utime},
		syscall.SYS_UTIMES:    {"utimes", "as utimensat", utimes},
		syscall.SYS_FUTIMESAT: {"futimesat", "as utimensat", futimesat},
		syscall.SYS_UTIMENSAT: {"utimensat", "the time of the last change; durable at once", utimensat},
		syscall.SYS_STATFS:    {"statfs", "ext4, with the capacity of the disk and what is free of it", statfs},
		syscall.SYS_FSTATFS:   {"fstatfs", "as statfs", fstatfs},
		// Working directory.
		syscall.SYS_CHDIR:  {"chdir", "relative paths follow", chdir},
		syscall.SYS_FCHDIR: {"fchdir", "relative paths follow", fchdir},
		syscall.SYS_GETCWD: {"getcwd", "", getcwd},
		// Mappings.
		syscall.SYS_MMAP:     {"mmap", "shared and private, at an address that the process's part of the address space decides; not MAP_FIXED", mmap},
		syscall.SYS_MUNMAP:   {"munmap", "whole mappings and parts", munmap},
		syscall.SYS_MREMAP:   {"mremap", "MAYMOVE, and smaller in place", mremap},
		syscall.SYS_MSYNC:    {"msync", "MS_SYNC makes the pages of the range durable", msync},
		syscall.SYS_MPROTECT: {"mprotect", "", mprotect},
		syscall.SYS_MADVISE:  {"madvise", "the kernel's business; MADV_REMOVE EOPNOTSUPP", madvise},
		syscall.SYS_MINCORE:  {"mincore", "all pages are in memory", mincore},
		syscall.SYS_MLOCK:    {"mlock", "nothing", answers(0)},
		syscall.SYS_MUNLOCK:  {"munlock", "nothing", answers(0)},
		// Refused, and no-ops.
		syscall.SYS_SENDFILE:     {"sendfile", "EINVAL: the standard library then copies by itself", descriptorAnswers(syscall.EINVAL)},
		326:                      {"copy_file_range", "reads and writes, 64 KiB at a time; no blocks are shared; EXDEV to and from the machine's files", copyFileRange},
		syscall.SYS_SPLICE:       {"splice", "EINVAL: the standard library then copies by itself", descriptorAnswers(syscall.EINVAL)},
		syscall.SYS_IOCTL:        {"ioctl", "ENOTTY; FICLONE and FICLONERANGE EOPNOTSUPP", ioctl},
		syscall.SYS_FADVISE64:    {"fadvise64", "nothing", fadvise},
		syscall.SYS_READAHEAD:    {"readahead", "nothing", readahead},
		syscall.SYS_POLL:         {"poll", "a simulated file is ready; one of the machine's beside it is looked at, and not waited for", poll},
		271:                      {"ppoll", "as poll", ppoll},
		syscall.SYS_EPOLL_CTL:    {"epoll_ctl", "EPERM, as for every regular file", descriptorAnswers(syscall.EPERM)},
		syscall.SYS_GETXATTR:     {"getxattr", "`user.` and `trusted.`, also of directories; any other namespace EOPNOTSUPP", getxattr(ofPath(true))},
		syscall.SYS_LGETXATTR:    {"lgetxattr", "as getxattr, of a symbolic link itself", getxattr(ofPath(false))},
		syscall.SYS_FGETXATTR:    {"fgetxattr", "as getxattr", getxattr(ofDescriptor)},
		syscall.SYS_SETXATTR:     {"setxattr", "as getxattr; pending like a mode, until an fsync", setxattr(ofPath(true))},
		syscall.SYS_LSETXATTR:    {"lsetxattr", "as setxattr, of a symbolic link itself", setxattr(ofPath(false))},
		syscall.SYS_FSETXATTR:    {"fsetxattr", "as setxattr", setxattr(ofDescriptor)},
		syscall.SYS_LISTXATTR:    {"listxattr", "as getxattr", listxattr(ofPath(true))},
		syscall.SYS_LLISTXATTR:   {"llistxattr", "as listxattr, of a symbolic link itself", listxattr(ofPath(false))},
		syscall.SYS_FLISTXATTR:   {"flistxattr", "as listxattr", listxattr(ofDescriptor)},
		syscall.SYS_REMOVEXATTR:  {"removexattr", "as setxattr", removexattr(ofPath(true))},
		syscall.SYS_LREMOVEXATTR: {"lremovexattr", "as removexattr, of a symbolic link itself", removexattr(ofPath(false))},
		syscall.SYS_FREMOVEXATTR: {"fremovexattr", "as removexattr", removexattr(ofDescriptor)},
		syscall.SYS_IO_SETUP:     {"io_setup", "ENOSYS", answers(syscall.ENOSYS)},
		425:                      {"io_uring_setup", "ENOSYS: programs go on without", answers(syscall.ENOSYS)},
		// Time and entropy.
		318:                         {"getrandom", "the run's entropy", getrandom},
		syscall.SYS_CLOCK_GETTIME:   {"clock_gettime", "the run's clock; those that nobody can set show what has passed, whatever a fault does to the others", clockGettime},
		syscall.SYS_GETTIMEOFDAY:    {"gettimeofday", "the run's clock", gettimeofday},
		syscall.SYS_TIME:            {"time", "the run's clock", timeCall},
		syscall.SYS_NANOSLEEP:       {"nanosleep", "by the run's clock", nanosleep},
		syscall.SYS_CLOCK_NANOSLEEP: {"clock_nanosleep", "by the run's clock", clockNanosleep},
	}
}

// Described is a system call as the documentation lists it.
type Described struct {
	Name, Does string
}

// Calls lists the system calls that are answered, by name.
func Calls() []Described {
	var out []Described
	for _, c := range calls {
		out = append(out, Described{c.name, c.does})
	}
	slices.SortFunc(out, func(a, b Described) int { return strings.Compare(a.Name, b.Name) })
	return out
}
