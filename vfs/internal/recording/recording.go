// Package recording holds what real filesystems left after a crash: small
// workloads, and the trees that were seen. It runs such a workload on a
// simulated disk, judges a tree by it, and draws new ones. The format is
// described in vfs/testdata/kernel/README.md.
package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Recording is what was seen on one filesystem.
type Recording struct {
	Filesystem string     `json:"filesystem"` // a profile's name
	Kernel     string     `json:"kernel,omitempty"`
	Workloads  []Workload `json:"workloads"`
}

// Workload is a program of a few steps, and what a crash left of it.
type Workload struct {
	Name     string   `json:"name"`
	About    string   `json:"about,omitempty"`
	Setup    []string `json:"setup"` // made durable before the steps begin
	Steps    []string `json:"steps"`
	Images   int      `json:"images,omitempty"` // crash images that were mounted
	Observed []Point  `json:"observed,omitempty"`
}

// Point is what was seen after a crash when Step steps had returned, and, if
// Inside, the next one was in progress.
type Point struct {
	Step   int      `json:"step"`
	Inside bool     `json:"inside"`
	States []string `json:"states"` // trees, sorted
}

// Read reads a recording's file.
func Read(path string) (*Recording, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := new(Recording)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s is no recording: %w", path, err)
	}
	for _, w := range r.Workloads {
		for _, p := range w.Observed {
			if p.Step < 0 || p.Step > len(w.Steps) {
				return nil, fmt.Errorf("%s: workload %s has %d steps, and something seen after %d", path, w.Name, len(w.Steps), p.Step)
			}
			for _, s := range p.States {
				if _, err := ParseTree(s); err != nil {
					return nil, fmt.Errorf("%s: workload %s: %w", path, w.Name, err)
				}
			}
		}
	}
	return r, nil
}

// Text is the recording as a file has it: a line for each state.
func (r *Recording) Text() []byte { return text(r) }

func text(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "")
	if err := e.Encode(v); err != nil {
		panic("recording: " + err.Error()) // strings and numbers only
	}
	var lines bytes.Buffer
	if err := json.Indent(&lines, b.Bytes(), "", ""); err != nil {
		panic("recording: " + err.Error())
	}
	return lines.Bytes()
}

// Write writes the recording's file, whole or not at all.
func (r *Recording) Write(path string) error { return writeFile(path, r.Text()) }

func writeFile(path string, b []byte) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, b, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
