package overlay_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"powercut/cmd/simrun/internal/overlay"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Whatever is written, cut and read, it is as in a plain slice of bytes, and the
// real file stays as it was.
func TestLikeASlice(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "j.log")
	rapid.Check(t, func(rt *rapid.T) {
		const span = 200 << 10 // a few blocks
		was := bytes.Repeat([]byte("0123456789"), rapid.IntRange(0, span/10).Draw(rt, "size"))
		must(t, os.WriteFile(path, was, 0o644))
		o, err := overlay.New(dir, "j.")
		must(t, err)
		file, err := o.OpenFile(path, os.O_RDWR, 0)
		must(t, err)
		want := bytes.Clone(was)
		offset := rapid.Custom(func(rt *rapid.T) int64 {
			at := rapid.SampledFrom([]int64{0, 64 << 10, 128 << 10, int64(len(want))}).Draw(rt, "near")
			return min(max(at+rapid.Int64Range(-70, 70).Draw(rt, "by"), 0), span)
		})
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			at := offset.Draw(rt, "at")
			switch rapid.IntRange(0, 2).Draw(rt, "op") {
			case 0:
				b := bytes.Repeat([]byte{byte(rapid.IntRange(0, 3).Draw(rt, "byte"))}, rapid.SampledFrom([]int{0, 1, 100, 70 << 10}).Draw(rt, "n"))
				if n, err := file.WriteAt(b, at); n != len(b) || err != nil {
					rt.Fatalf("wrote %d of %d: %v", n, len(b), err)
				}
				if len(b) > 0 && int(at)+len(b) > len(want) {
					want = append(want, make([]byte, int(at)+len(b)-len(want))...)
				}
				copy(want[min(int(at), len(want)):], b)
			case 1:
				must(t, file.Truncate(at))
				if int(at) <= len(want) {
					want = want[:at]
				} else {
					want = append(bytes.Clone(want), make([]byte, int(at)-len(want))...)
				}
			case 2:
				got := make([]byte, 70<<10)
				n, err := file.ReadAt(got, at)
				rest := want[min(int(at), len(want)):]
				if n != min(len(got), len(rest)) || !bytes.Equal(got[:n], rest[:n]) || (n < len(got)) != errors.Is(err, io.EOF) {
					rt.Fatalf("read %d bytes at %d of %d: %v", n, at, len(want), err)
				}
			}
		}
		got, err := afero.ReadFile(o, path)
		if err != nil || !bytes.Equal(got, want) {
			rt.Fatalf("read all: %d bytes, want %d: %v", len(got), len(want), err)
		}
		must(t, o.Close())
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, was) {
			rt.Fatalf("the real file was changed: %v", err)
		}
	})
}

func TestNames(t *testing.T) {
	dir := t.TempDir()
	name := func(n string) string { return filepath.Join(dir, n) }
	must(t, os.WriteFile(name("j.log"), []byte("log"), 0o644))
	must(t, os.WriteFile(name("other"), []byte("other"), 0o644))
	o, err := overlay.New(dir, "j.")
	must(t, err)
	if _, err := o.Stat(name("other")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file of another prefix: %v", err)
	}
	must(t, o.Rename(name("j.log"), name("j.1.log")))
	must(t, afero.WriteFile(o, name("j.log"), []byte("new"), 0o644))
	if _, err := o.OpenFile(name("j.log"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0); !errors.Is(err, fs.ErrExist) {
		t.Errorf("O_EXCL: %v", err)
	}
	must(t, o.Remove(name("j.1.log")))
	if err := o.Remove(name("j.1.log")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed twice: %v", err)
	}
	infos, err := afero.ReadDir(o, dir)
	must(t, err)
	if len(infos) != 1 || infos[0].Name() != "j.log" || infos[0].Size() != 3 {
		t.Errorf("got %v", infos)
	}
	if err := o.MkdirAll(name("d"), 0o755); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("MkdirAll: %v", err)
	}
	must(t, o.Close())
	if raw, err := os.ReadFile(name("j.log")); string(raw) != "log" {
		t.Errorf("the real file holds %q: %v", raw, err)
	}
	if entries, err := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("the real directory holds %v: %v", entries, err)
	}
}

// What is written again as it is takes nothing.
func TestOnlyChangesAreKept(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "j.log")
	content := bytes.Repeat([]byte("x"), 1<<20)
	must(t, os.WriteFile(path, content, 0o644))
	o, err := overlay.New(dir, "j.")
	must(t, err)
	defer o.Close()
	must(t, afero.WriteFile(o, filepath.Join(dir, "j.zeros"), make([]byte, 1<<20), 0o644))
	file, err := o.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	_, err = file.WriteAt(content, 0)
	must(t, err)
	if got := o.ScratchBytes(); got != 0 {
		t.Errorf("%d bytes are kept, want none", got)
	}
	_, err = file.WriteAt([]byte("y"), 100)
	must(t, err)
	if got := o.ScratchBytes(); got != 64<<10 {
		t.Errorf("%d bytes are kept, want one block", got)
	}
}
