package vfs_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// modesAfter are the modes that a power cut may leave of a file or directory, in octal,
// the least first.
func modesAfter(d *vfs.Disk, p vfs.Profile, name string) string {
	var modes []string
	for im := range d.Images(p) {
		for e := range im.Walk() {
			if e.Path == name {
				modes = append(modes, fmt.Sprintf("%o", e.Mode.Perm()))
			}
		}
		im.Release()
	}
	slices.Sort(modes)
	return strings.Join(slices.Compact(modes), " ")
}

// TestModesMayBeLost: a mode is pending until the fsync of the file or directory, or until
// the journal is committed with it.
func TestModesMayBeLost(t *testing.T) {
	for _, c := range []struct {
		name    string
		do      func(d *vfs.Disk, f afero.File)
		journal string // of the profiles with a journal
		posix   string
	}{
		{"chmod", func(*vfs.Disk, afero.File) {}, "600 644", "600 644"},
		{"fsync", func(_ *vfs.Disk, f afero.File) { check(f.Sync()) }, "600", "600"},
		{"fdatasync", func(_ *vfs.Disk, f afero.File) { check(f.(vfs.DataSyncer).Datasync()) }, "600 644", "600 644"},
		{"again", func(d *vfs.Disk, _ afero.File) { check(d.Chmod("/f", 0o755)) }, "600 644 755", "600 644 755"},
		{"the fsync of what came later", func(d *vfs.Disk, _ afero.File) {
			g := must(d.Create("/g"))
			check(g.Sync())
		}, "600", "600 644"},
		{"syncfs", func(d *vfs.Disk, _ afero.File) { check(d.SyncFS()) }, "600", "600"},
		{"a write that is durable at once", func(d *vfs.Disk, _ afero.File) {
			g := must(d.OpenFile("/f", syscall.O_RDWR|syscall.O_SYNC, 0))
			must(g.Write([]byte("x")))
		}, "600", "600"},
		{"what it was", func(d *vfs.Disk, _ afero.File) { check(d.Chmod("/f", 0o600)) }, "600 644", "600 644"},
	} {
		for _, p := range vfs.Profiles() {
			d := vfs.New(vfs.Options{})
			f := must(d.OpenFile("/f", syscall.O_RDWR|syscall.O_CREAT, 0o644))
			d.SyncAll()
			check(d.Chmod("/f", 0o600))
			c.do(d, f)
			want := c.journal
			if p == vfs.POSIX || p == vfs.Btrfs && c.name == "the fsync of what came later" {
				want = c.posix
			}
			if got := modesAfter(d, p, "/f"); got != want {
				t.Errorf("%s: %v leaves %s, want %s", c.name, p, got, want)
			}
		}
	}
}

// TestLostAttributes: an image says which change of attributes it lacks.
func TestLostAttributes(t *testing.T) {
	d := vfs.New(vfs.Options{})
	check(d.Mkdir("/d", 0o755))
	d.SyncAll()
	check(d.Chmod("/d", 0o700))
	check(d.XattrsAt("/d", true).SetXattr("user.x", []byte("v"), 0))
	expect(t, "pending", fmt.Sprint(d.Pending()), "[2: chmod /d 3: chmod /d (user.x)]")
	lost := map[string]bool{}
	for im := range d.Images(vfs.POSIX) {
		lost[fmt.Sprint(im.Lost())] = true
		again := must(d.Choose(im.Choice()))
		if again.Digest() != im.Digest() {
			t.Errorf("%v chooses another image", im.Choice())
		}
	}
	for _, want := range []string{"[]", "[3: chmod /d (user.x)]", "[2: chmod /d 3: chmod /d (user.x)]"} {
		if !lost[want] {
			t.Errorf("no image lacks %s: %v", want, lost)
		}
	}
	expect(t, "pending after its fsync", fmt.Sprint(func() []vfs.Pending { check(must(d.Open("/d")).Sync()); return d.Pending() }()), "[]")
}

// TestXattrsNeedRoom: all attributes of a file must fit into one block. What a full
// filesystem has no room for: see TestNoSpaceForMetadata.
func TestXattrsNeedRoom(t *testing.T) {
	d := vfs.New(vfs.Options{})
	check(afero.WriteFile(d, "/f", []byte("f"), 0o644))
	x := d.XattrsAt("/f", true)
	check(x.SetXattr("user.large", make([]byte, 200), 0))
	is(t, "more than a block", x.SetXattr("user.huge", make([]byte, 4096), 0), syscall.ENOSPC)
	d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncJournalFails}))
	is(t, "fsync", must(d.Open("/f")).Sync(), syscall.EIO)
	is(t, "read-only", x.SetXattr("user.small", nil, 0), syscall.EROFS)
	is(t, "read-only", x.RemoveXattr("user.small"), syscall.EROFS)
	d.SetInjector(once(vfs.OpChmod, vfs.Outcome{Err: fs.ErrPermission}))
	is(t, "a fault", x.SetXattr("user.small", nil, 0), fs.ErrPermission)
}
