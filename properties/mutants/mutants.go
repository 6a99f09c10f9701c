// Package mutants breaks the journal on purpose, one defect at a time, to show
// that the harness notices; and the simulated disk, to show that what holds it
// does: the recordings of real kernels, the reference, and the disk's own tests.
// A mutant is a text file: a comment that says which journal had the defect and
// what follows from it, the file to change, the text to replace, and the text
// instead. It is built with -overlay, so that production code has no switches for
// any of it. Those of the disk are in the folder disk.
//
// A mutant file is a txtar archive: the comment, then three files named
// "target" (one line, the path from the root of the module), "replace" and
// "with".
package mutants

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

//go:embed *.txtar disk/*.txtar
var files embed.FS

// Mutant is one defect.
type Mutant struct {
	Name    string // of the file, without its extension
	Why     string
	Target  string // path from the root of the module, with slashes
	Replace string // found exactly once in Target
	With    string
}

// All returns the mutants of the journal, sorted by name.
func All() ([]Mutant, error) { return Load(files) }

// Disk returns the mutants of the simulated disk, sorted by name.
func Disk() ([]Mutant, error) {
	folder, err := fs.Sub(files, "disk")
	if err != nil {
		return nil, fmt.Errorf("mutants: %w", err)
	}
	return Load(folder)
}

// Load reads the mutants in a folder, sorted by name.
func Load(folder fs.FS) ([]Mutant, error) {
	names, err := fs.Glob(folder, "*.txtar")
	if err != nil {
		return nil, fmt.Errorf("mutants: %w", err)
	}
	var all []Mutant
	for _, name := range names {
		raw, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("mutants: %w", err)
		}
		m, err := parse(strings.TrimSuffix(name, ".txtar"), raw)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

func parse(name string, raw []byte) (Mutant, error) {
	archive := txtar.Parse(raw)
	m := Mutant{Name: name, Why: strings.TrimSpace(string(archive.Comment))}
	for _, f := range archive.Files {
		switch f.Name {
		case "target":
			m.Target = strings.TrimSpace(string(f.Data))
		case "replace":
			m.Replace = string(f.Data)
		case "with":
			m.With = string(f.Data)
		default:
			return m, fmt.Errorf("mutants: %s: want files target, replace and with, got %q", name, f.Name)
		}
	}
	if m.Why == "" || m.Target == "" || m.Replace == "" {
		return m, fmt.Errorf("mutants: %s: want a comment that says why, and files target, replace and with", name)
	}
	return m, nil
}

// ApplyError says that a mutant doesn't fit the source any more.
type ApplyError struct {
	Mutant string
	Target string
	Found  int // how often the text to replace was found, want once
}

func (e *ApplyError) Error() string {
	return fmt.Sprintf("mutants: %s: the text to replace was found %d times in %s, want once: change the mutant", e.Mutant, e.Found, e.Target)
}

// Fits says whether the text to replace is found exactly once in the module at
// root. The error is an *ApplyError, or that of reading the target.
func (m Mutant) Fits(root string) error {
	_, err := m.apply(root)
	return err
}

func (m Mutant) apply(root string) (mutated string, err error) {
	source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m.Target)))
	if err != nil {
		return "", fmt.Errorf("mutants: %s: %w", m.Name, err)
	}
	if n := strings.Count(string(source), m.Replace); n != 1 {
		return "", &ApplyError{m.Name, m.Target, n}
	}
	return strings.Replace(string(source), m.Replace, m.With, 1), nil
}

// Build builds package pkg of the module at root with the mutant in it, as the
// executable out. It needs the Go toolchain and the module's source.
func (m Mutant) Build(ctx context.Context, root, pkg, out string) error {
	return m.compile(ctx, root, out, pkg, "build", "-ldflags=-s -w")
}

// BuildTests is Build for the tests of the package.
func (m Mutant) BuildTests(ctx context.Context, root, pkg, out string) error {
	return m.compile(ctx, root, out, pkg, "test", "-c")
}

// compile runs a command of the Go toolchain that makes an executable.
func (m Mutant) compile(ctx context.Context, root, out, pkg string, command ...string) error {
	mutated, err := m.apply(root)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return fmt.Errorf("mutants: %w", err)
	}
	defer os.RemoveAll(dir)
	changed := filepath.Join(dir, "mutated.go")
	overlay := filepath.Join(dir, "overlay.json")
	table, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, filepath.FromSlash(m.Target)): changed}})
	if err != nil {
		return fmt.Errorf("mutants: %w", err)
	}
	err = errors.Join(
		os.WriteFile(changed, []byte(mutated), 0o600),
		os.WriteFile(overlay, table, 0o600))
	if err != nil {
		return fmt.Errorf("mutants: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", append(command, "-overlay", overlay, "-o", out, pkg)...)
	cmd.Dir = root
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("mutants: %s doesn't compile: %w\n%s", m.Name, err, text)
	}
	return nil
}
