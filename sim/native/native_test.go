//go:build powercut && linux && amd64

package native_test

import (
	"os"
	"path/filepath"
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
