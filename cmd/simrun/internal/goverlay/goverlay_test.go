package goverlay

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goEnv is the Go that this test was built with.
func goEnv(t *testing.T) (root, version string) {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	if len(lines) != 2 {
		t.Fatalf("go env says %q", out)
	}
	if !known(lines[1]) {
		t.Skipf("%s is not one of %s", lines[1], Known)
	}
	return lines[0], lines[1]
}

// What is written replaces, or adds, whole files of the installed Go that parse, and
// is written once.
func TestWrite(t *testing.T) {
	root, version := goEnv(t)
	dir := t.TempDir()
	path, err := Write(root, version, dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &overlay); err != nil {
		t.Fatal(err)
	}
	if want := len(changed) + len(added); len(overlay.Replace) != want {
		t.Errorf("%d files, want %d", len(overlay.Replace), want)
	}
	for name, file := range overlay.Replace {
		rel, err := filepath.Rel(filepath.Join(root, "src"), name)
		if err != nil || !filepath.IsLocal(rel) {
			t.Errorf("%s is not below GOROOT", name)
		}
		if _, err := os.Stat(name); (added[filepath.ToSlash(rel)] == "") != (err == nil) {
			t.Errorf("%s: %v", rel, err)
		}
		if !strings.HasSuffix(file, ".go") {
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), file, nil, 0); err != nil {
			t.Error(err)
		}
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Write(root, version, dir)
	if err != nil || again != path {
		t.Fatalf("the second time: %s, %v; want %s", again, err, path)
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("it was written twice (%v)", err)
	}
}

// A Go that is not known is refused: by its version, or since a place is not there, or
// there twice.
func TestUnknownGo(t *testing.T) {
	root, version := goEnv(t)
	if _, err := Write(root, "go1.24.3", t.TempDir()); !unknown(err, "go1.24.3", "") {
		t.Errorf("go1.24.3: %v", err)
	}
	const name = "runtime/rand.go"
	source, err := os.ReadFile(filepath.Join(root, "src", name))
	if err != nil {
		t.Fatal(err)
	}
	place := "func rand() uint64 {\n"
	for _, other := range []string{"func random() uint64 {\n", place + "\treturn 4\n}\n\n" + place} {
		fake := t.TempDir()
		for file := range changed {
			from, to := filepath.Join(root, "src", file), filepath.Join(fake, "src", file)
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(from, to); err != nil {
				t.Fatal(err)
			}
		}
		changedFile := filepath.Join(fake, "src", name)
		if err := os.Remove(changedFile); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(changedFile, []byte(strings.Replace(string(source), place, other, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Write(fake, version, t.TempDir()); !unknown(err, version, name) {
			t.Errorf("with %q: %v", other, err)
		}
	}
}

func unknown(err error, version, file string) bool {
	e, ok := errors.AsType[*UnknownGoError](err)
	return ok && e.Version == version && e.File == file && strings.Contains(err.Error(), version)
}
