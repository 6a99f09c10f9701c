//go:build linux && amd64

package linux

import (
	"fmt"
	"syscall"
)

// unsimulated has the names of the calls about files and memory that are not answered,
// by number: the run that makes one on a simulated disk ends with its name.
var unsimulated = map[uintptr]string{
	syscall.SYS_ACCT:              "acct",
	syscall.SYS_CHROOT:            "chroot",
	syscall.SYS_EXECVE:            "execve",
	syscall.SYS_GETDENTS:          "getdents",
	syscall.SYS_INOTIFY_ADD_WATCH: "inotify_add_watch",
	syscall.SYS_MBIND:             "mbind",
	syscall.SYS_MOUNT:             "mount",
	syscall.SYS_PIVOT_ROOT:        "pivot_root",
	syscall.SYS_PSELECT6:          "pselect6",
	syscall.SYS_QUOTACTL:          "quotactl",
	syscall.SYS_REMAP_FILE_PAGES:  "remap_file_pages",
	syscall.SYS_SELECT:            "select",
	syscall.SYS_SWAPOFF:           "swapoff",
	syscall.SYS_SWAPON:            "swapon",
	syscall.SYS_TEE:               "tee",
	syscall.SYS_UMOUNT2:           "umount2",
	syscall.SYS_USELIB:            "uselib",
	syscall.SYS_VMSPLICE:          "vmsplice",
	301:                           "fanotify_mark",
	303:                           "name_to_handle_at",
	304:                           "open_by_handle_at",
	313:                           "finit_module",
	322:                           "execveat",
	325:                           "mlock2",
	329:                           "pkey_mprotect",
	428:                           "open_tree",
	429:                           "move_mount",
	433:                           "fspick",
	442:                           "mount_setattr",
	443:                           "quotactl_fd",
	451:                           "cachestat",
	462:                           "mseal",
	463:                           "setxattrat",
	464:                           "getxattrat",
	465:                           "listxattrat",
	466:                           "removexattrat",
	467:                           "open_tree_attr",
	468:                           "file_getattr",
	469:                           "file_setattr",
}

// nameOf is the name of a call that is not answered.
func nameOf(trap uintptr) string {
	if name, ok := unsimulated[trap]; ok {
		return name
	}
	return fmt.Sprintf("number %d", trap)
}
