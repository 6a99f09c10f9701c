//go:build powercut && linux && amd64

package native_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"powercut/sim/native"
	"powercut/vfs"
)

// A program that calls package os uses the disk.
func TestOS(t *testing.T) {
	d := vfs.New(vfs.Options{})
	dir, unmount := native.Mount(d)
	defer unmount()
	name := filepath.Join(dir, "f")
	if err := os.WriteFile(name, []byte("content"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "content" {
		t.Fatalf("read %q, %v", got, err)
	}
	if got := d.Tree().String(); got != "/f 7 bytes\n" {
		t.Errorf("the disk shows %q", got)
	}
	release := native.Own(d)
	defer release()
	entries, err := os.ReadDir(native.Dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "f" {
		t.Errorf("listed %v, %v", entries, err)
	}
	before, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chdir(native.Dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("f"); err != nil {
		t.Error(err)
	}
	if err := os.Chdir(before); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("native.go"); err != nil {
		t.Error(err)
	}
}

// The second result of a call is the register of its third argument, as Linux leaves
// it: ristretto compares what mremap was asked for with it.
func TestSecondResult(t *testing.T) {
	dir, unmount := native.Mount(vfs.New(vfs.Options{}))
	defer unmount()
	for _, dir := range []string{dir, t.TempDir()} {
		f, err := os.Create(filepath.Join(dir, "f"))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Truncate(1 << 14); err != nil {
			t.Fatal(err)
		}
		at, _, errno := syscall.Syscall6(syscall.SYS_MMAP, 0, 1<<12, syscall.PROT_READ, syscall.MAP_SHARED, f.Fd(), 0)
		if errno != 0 {
			t.Fatal(errno)
		}
		const mayMove = 1
		at, second, errno := syscall.Syscall6(syscall.SYS_MREMAP, at, 1<<12, 1<<14, mayMove, 0, 0)
		if errno != 0 || second != 1<<14 {
			t.Errorf("in %s mremap gives %d, %v; want the size of %d", dir, second, errno, 1<<14)
		}
		if _, _, errno := syscall.Syscall(syscall.SYS_MUNMAP, at, 1<<14, 0); errno != 0 {
			t.Error(errno)
		}
		if _, second, errno := syscall.Syscall(syscall.SYS_FTRUNCATE, f.Fd(), ^uintptr(0), 7); errno == 0 || second != 0 {
			t.Errorf("in %s a call that fails gives %d, %v", dir, second, errno)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
