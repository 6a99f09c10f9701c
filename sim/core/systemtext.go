package core

import (
	"cmp"
	"slices"
	"strings"
	"syscall"
)

// linuxTexts are what Linux calls the errors that a disk, or a fault, may give. Other
// systems, and a browser, have other words; the digest of a run, and what is told of it,
// are the same everywhere.
var linuxTexts = map[syscall.Errno]string{
	syscall.EACCES:       "permission denied",
	syscall.EAGAIN:       "resource temporarily unavailable",
	syscall.EBADF:        "bad file descriptor",
	syscall.EBUSY:        "device or resource busy",
	syscall.EDQUOT:       "disk quota exceeded",
	syscall.EEXIST:       "file exists",
	syscall.EFBIG:        "file too large",
	syscall.EINTR:        "interrupted system call",
	syscall.EINVAL:       "invalid argument",
	syscall.EIO:          "input/output error",
	syscall.EISDIR:       "is a directory",
	syscall.ELOOP:        "too many levels of symbolic links",
	syscall.EMFILE:       "too many open files",
	syscall.EMLINK:       "too many links",
	syscall.ENAMETOOLONG: "file name too long",
	syscall.ENFILE:       "too many open files in system",
	syscall.ENODEV:       "no such device",
	syscall.ENOENT:       "no such file or directory",
	syscall.ENOMEM:       "cannot allocate memory",
	syscall.ENOSPC:       "no space left on device",
	syscall.ENOSYS:       "function not implemented",
	syscall.ENOTDIR:      "not a directory",
	syscall.ENOTEMPTY:    "directory not empty",
	syscall.ENXIO:        "no such device or address",
	syscall.EOPNOTSUPP:   "operation not supported",
	syscall.EPERM:        "operation not permitted",
	syscall.EROFS:        "read-only file system",
	syscall.ESTALE:       "stale file handle",
	syscall.ETIMEDOUT:    "connection timed out",
	syscall.EXDEV:        "invalid cross-device link",
}

// systemTexts puts Linux's words in the place of this system's; nil on Linux.
var systemTexts = replacerOf(syscall.Errno.Error)

// replacerOf is for a system that has these words for errors, nil if they are Linux's.
func replacerOf(words func(syscall.Errno) string) *strings.Replacer {
	type pair struct{ here, linux string }
	var pairs []pair
	for errno, text := range linuxTexts {
		if here := words(errno); here != text {
			pairs = append(pairs, pair{here, text})
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	// What begins like another comes first where it is the longer one.
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(len(b.here), len(a.here)), cmp.Compare(a.here, b.here), cmp.Compare(a.linux, b.linux))
	})
	var list []string
	for _, p := range pairs {
		list = append(list, p.here, p.linux)
	}
	return strings.NewReplacer(list...)
}

// systemText is a text in which an error of the system may be, as it is on Linux.
func systemText(text string) string {
	if systemTexts == nil {
		return text
	}
	return systemTexts.Replace(text)
}
