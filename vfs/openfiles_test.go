package vfs_test

import (
	"errors"
	"slices"
	"syscall"
	"testing"

	"powercut/vfs"
)

func TestOpenFiles(t *testing.T) {
	d := vfs.New(vfs.Options{})
	want := func(names ...string) {
		t.Helper()
		if got := d.OpenFiles(); !slices.Equal(got, names) {
			t.Errorf("got %q, want %q", got, names)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	want()
	must(d.MkdirAll("/a/b", 0o755))
	f, err := d.Create("/a/b/f")
	must(err)
	g, err := d.Open("/a/b/f")
	must(err)
	root, err := d.Open("/")
	must(err)
	dir, err := d.Open("/a")
	must(err)
	want("/", "/a", "/a/b/f", "/a/b/f")
	must(d.Rename("/a/b/f", "/a/g"))
	want("/", "/a", "/a/g", "/a/g")
	must(d.Remove("/a/g"))
	want("(removed)", "(removed)", "/", "/a")
	must(f.Close())
	if err := f.Close(); err == nil {
		t.Error("a second Close succeeds")
	}
	want("(removed)", "/", "/a")
	must(g.Close())
	must(root.Close())

	// An open that reports an error leaves nothing open, a Close that does so too.
	d.SetInjector(failAll{vfs.OpOpen, syscall.EIO})
	if _, err := d.Open("/a"); !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v", err)
	}
	want("/a")
	d.SetInjector(failAll{vfs.OpClose, syscall.EIO})
	if err := dir.Close(); !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v", err)
	}
	want()
}

// failAll lets every operation of a kind fail after its effect.
type failAll struct {
	kind vfs.OpKind
	err  error
}

// Inject implements vfs.Injector.
func (f failAll) Inject(op vfs.Op) vfs.Outcome {
	if op.Kind != f.kind {
		return vfs.Outcome{}
	}
	return vfs.Outcome{Err: f.err, Effect: vfs.EffectFull}
}
