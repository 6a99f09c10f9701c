package core_test

import (
	"testing"

	"powercut/sim/core"
	"powercut/vfs"
)

// Operations of an engine that names no steps are named by what they do to which file.
func TestFileStep(t *testing.T) {
	for path, want := range map[string]string{
		"/db":                    "write db",
		"/":                      "write /",
		"/d/000012.log":          "write N.log",
		"/MANIFEST-000003":       "write MANIFEST-N",
		"/wal/0-17.seg":          "write N-N.seg",
		"/blk/1f3a9c04deadbeef":  "write N",
		"/blk/deadbeef1f3a9c04":  "write N",
		"/blk/dead1f3beef":       "write N",
		"/x-deadbe1f.log":        "write x-N.log",
		"/feedback":              "write feedback",
		"/tmp123456789":          "write tmpN",
		"/" + longKey + ".index": "write *.index",
	} {
		if got := core.FileStep(vfs.Op{Kind: vfs.OpWrite, Path: path}); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

const longKey = "the-key-of-a-value-that-has-a-file-of-its-own"

// Coverage names an engine's files, and no more of them than a reader can take in.
func TestCoverageOfFiles(t *testing.T) {
	script := scripted{epoch: func(r *core.Run, _ int) {
		r.Go("client", func() error {
			for i := range 150 {
				name := "/" + string(rune('a'+i%26)) + string(rune('a'+i/26))
				if err := writeSynced(r.Disk(), name, "x"); err != nil {
					return err
				}
			}
			return nil
		})
	}}
	result := core.Execute(1, core.Scenario{Target: "test", Workload: external{script}, Settings: posix}, false)
	steps := make(map[string]bool)
	for cell := range result.Coverage {
		steps[cell.Step] = true
	}
	if !steps["sync aa"] || !steps["create aa"] || !steps["other"] || len(steps) != 101 {
		t.Errorf("%d steps: %v", len(steps), steps)
	}
}
