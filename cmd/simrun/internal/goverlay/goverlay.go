// Package goverlay changes the Go that is installed so that a program can be
// simulated as it is: what go build and go test take with -overlay.
//
// Two things are changed. Package syscall asks a hook about calls that concern the
// simulated disk. The runtime, in a process that has POWERCUT_SEED in its
// environment, decides by that seed who goes on, what time it is and which numbers
// are random, and knows lineages: goroutines that stand for a process of their own.
// In any other process both do what they always do.
//
// Nothing of Go is kept here: each change is behind, or in place of, a text that the
// installed source has exactly once. A Go in which one doesn't is not known.
package goverlay

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed files
var files embed.FS

// added are the files that are added, by their path below GOROOT/src.
var added = map[string]string{
	"syscall/powercut.go":         "files/syscall.go.txt",
	"runtime/powercut_seed.go":    "files/seed.go.txt",
	"runtime/powercut_lineage.go": "files/lineage.go.txt",
}

// Known are the versions of Go that the changes are made for.
const Known = "Go 1.26 and 1.27"

// known says whether a version is one of them: "go1.26.8".
func known(version string) bool {
	return strings.HasPrefix(version, "go1.26") || strings.HasPrefix(version, "go1.27")
}

// UnknownGoError says that the installed Go is not one that the changes are made for.
type UnknownGoError struct {
	Version string // "go1.24.3"
	File    string // in which a place was not found, or more than once; "": the version is not known
	Text    string
	Times   int
}

func (e *UnknownGoError) Error() string {
	if e.File == "" {
		return fmt.Sprintf("%s is not known", e.Version)
	}
	return fmt.Sprintf("%s is not known: its %s has %d times, and not once, %q", e.Version, e.File, e.Times, e.Text)
}

// Write writes the overlay for a Go into a directory below dir, unless it is there
// already, and returns the path of what -overlay takes. Several processes may do so
// at once.
func Write(goroot, version, dir string) (string, error) {
	texts, err := generate(goroot, version)
	if err != nil {
		return "", err
	}
	// Two installations of one version, and two versions of this command, must not
	// take each other's.
	names := slices.Sorted(maps.Keys(texts))
	dir = filepath.Join(dir, version+"-"+digest(texts, goroot))
	overlay := filepath.Join(dir, "overlay.json")
	if _, err := os.Stat(overlay); err == nil {
		return overlay, nil // written last
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("goverlay: %w", err)
	}
	replace := make(map[string]string)
	for _, name := range names {
		file := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		if err := writeFile(file, texts[name]); err != nil {
			return "", fmt.Errorf("goverlay: %w", err)
		}
		replace[filepath.Join(goroot, "src", filepath.FromSlash(name))] = file
	}
	text, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	if err == nil {
		err = writeFile(overlay, string(text)+"\n")
	}
	if err != nil {
		return "", fmt.Errorf("goverlay: %w", err)
	}
	return overlay, nil
}

// The added file that names the changes, and the place in it.
const (
	namesChanges  = "syscall/powercut.go"
	placeOfDigest = "DIGEST"
)

// digest sums up files, and what else tells them apart.
func digest(texts map[string]string, more ...string) string {
	sum := sha256.New()
	for _, text := range more {
		fmt.Fprintln(sum, text)
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		fmt.Fprintf(sum, "%s %d\n%s", name, len(texts[name]), texts[name])
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// writeFile writes a file that nobody ever sees half of.
func writeFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error tells more
	}
	return err
}

// generate returns the files that differ from those of the installed Go, by their
// path below GOROOT/src.
func generate(goroot, version string) (map[string]string, error) {
	if !known(version) {
		return nil, &UnknownGoError{Version: version}
	}
	texts := make(map[string]string)
	for name, changes := range changed {
		source, err := os.ReadFile(filepath.Join(goroot, "src", filepath.FromSlash(name)))
		if err != nil {
			return nil, fmt.Errorf("goverlay: %s: %w", version, err)
		}
		text := string(source)
		for _, c := range changes {
			if n := strings.Count(text, c.at); n != 1 {
				return nil, &UnknownGoError{Version: version, File: name, Text: c.at, Times: n}
			}
			become := c.become
			if c.behind != "" {
				become = c.at + c.behind
			}
			text = strings.Replace(text, c.at, become, 1)
		}
		texts[name] = text
	}
	for name, file := range added {
		text, err := files.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("goverlay: %w", err) // it is embedded
		}
		texts[name] = string(text)
	}
	// The program can tell which changes it is made with.
	texts[namesChanges] = strings.Replace(texts[namesChanges], placeOfDigest, digest(texts), 1)
	return texts, nil
}
