//go:build linux

// Package lab runs small workloads on real filesystems, takes every sort of
// crash image of them, has the kernel recover each, and judges what is there
// by the profiles of the simulated disk.
package lab

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"powercut/vfs/kernel/internal/block"
)

// Filesystem is one sort of real filesystem.
type Filesystem struct {
	// Name is that of the profile that must accept all that is seen, or, for a
	// filesystem without a profile, of the filesystem itself.
	Name string
	// Type and Options are for mount(2).
	Type, Options string
	// Mkfs is the command that makes one on a file, whose path follows.
	Mkfs      []string
	SizeBytes int64
	// Judged by this profile; "" if there is none but posix.
	Profile string
}

const mib = 1 << 20

var ext4Mkfs = []string{"mkfs.ext4", "-q", "-F", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard"}

// Filesystems are all that a lab knows.
var Filesystems = []Filesystem{
	{Name: "ext4", Type: "ext4", Options: "data=ordered", Mkfs: ext4Mkfs, SizeBytes: 32 * mib, Profile: "ext4"},
	{Name: "ext4-writeback", Type: "ext4", Options: "data=writeback", Mkfs: ext4Mkfs, SizeBytes: 32 * mib, Profile: "ext4-writeback"},
	{Name: "ext4-noauto_da_alloc", Type: "ext4", Options: "data=ordered,noauto_da_alloc", Mkfs: ext4Mkfs, SizeBytes: 32 * mib, Profile: "ext4-noauto_da_alloc"},
	{Name: "xfs", Type: "xfs", Options: "", Mkfs: []string{"mkfs.xfs", "-q", "-f", "-K"}, SizeBytes: 300 * mib, Profile: "xfs"},
	{Name: "btrfs", Type: "btrfs", Options: "", Mkfs: []string{"mkfs.btrfs", "-q", "-f", "-K"}, SizeBytes: 114 * mib, Profile: "btrfs"},
	{Name: "f2fs", Type: "f2fs", Options: "", Mkfs: []string{"mkfs.f2fs", "-q", "-f", "-t", "0"}, SizeBytes: 64 * mib},
}

// Missing says why a lab can't use a filesystem here, "" if it can.
func (fs *Filesystem) Missing() string {
	if _, err := exec.LookPath(fs.Mkfs[0]); err != nil {
		return "no " + fs.Mkfs[0] + " here"
	}
	known, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		return err.Error()
	}
	if !slices.Contains(strings.Fields(string(known)), fs.Type) {
		return "this kernel has no " + fs.Type
	}
	return ""
}

// Cannot says why no lab can run here at all, "" if one can.
func Cannot() string {
	if os.Geteuid() != 0 {
		return "not root"
	}
	for _, dev := range []string{"/dev/fuse", "/dev/loop-control"} {
		f, err := os.OpenFile(dev, os.O_RDWR, 0)
		if err != nil {
			return err.Error()
		}
		f.Close()
	}
	return ""
}

// make makes a filesystem in memory.
func (fs *Filesystem) make() (*block.Store, error) {
	fd, err := unix.MemfdCreate("powercut-"+fs.Name, 0)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), fs.Name)
	defer f.Close()
	if err := f.Truncate(fs.SizeBytes); err != nil {
		return nil, err
	}
	cmd := exec.Command(fs.Mkfs[0], append(slices.Clone(fs.Mkfs[1:]), "/proc/self/fd/3")...)
	cmd.ExtraFiles = []*os.File{f}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", strings.Join(fs.Mkfs, " "), err, bytes.TrimSpace(out.Bytes()))
	}
	return block.ReadStore(f)
}
