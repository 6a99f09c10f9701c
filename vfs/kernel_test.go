package vfs_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
)

func readRecordings(t *testing.T) []*recording.Recording {
	t.Helper()
	paths, err := filepath.Glob("testdata/kernel/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recordings in testdata/kernel: %v", err)
	}
	var out []*recording.Recording
	for _, p := range paths {
		r, err := recording.Read(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// parseRecordedTree reads a tree as the recordings write it.
func parseRecordedTree(s string) (refTree, error) {
	t, err := recording.ParseTree(s)
	return refTreeOf(t), err
}

func mustTree(t *testing.T, s string) refTree {
	t.Helper()
	tree, err := parseRecordedTree(s)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// refDuring is refAfter when the step after those is in progress: what it wrote
// is not durable yet, even if it will be when it returns.
func refDuring(w recording.Workload, steps int) *refDisk {
	d := refAfter(w, steps)
	d.torn = true
	d.do(w.Steps[steps])
	return d
}

// refAfter runs a workload's setup and first steps on the reference.
func refAfter(w recording.Workload, steps int) *refDisk {
	d := newRefDisk()
	for _, s := range w.Setup {
		d.do(s)
	}
	d.settle()
	for _, s := range w.Steps[:min(steps, len(w.Steps))] {
		d.do(s)
	}
	return d
}

// judges says whether a tree is lawful after some steps of a workload.
type judges func(profile string, tree refTree) error

// judgesOf returns the judges for the points behind each number of steps, and for
// those within the step that follows.
type judgesOf func(w recording.Workload) (after, during []judges, err error)

func refJudges(w recording.Workload) (after, during []judges, err error) {
	for k := range len(w.Steps) + 1 {
		after = append(after, refAfter(w, k).accepts)
		if k < len(w.Steps) {
			during = append(during, refDuring(w, k).accepts)
		}
	}
	return after, during, nil
}

func diskJudges(w recording.Workload) (after, during []judges, err error) {
	for k := range len(w.Steps) + 1 {
		disk, err := w.After(vfs.Options{}, k)
		if err != nil {
			return nil, nil, err
		}
		after = append(after, judgeOf(disk))
		if k < len(w.Steps) {
			disk, err := w.During(vfs.Options{}, k)
			if err != nil {
				return nil, nil, err
			}
			during = append(during, judgeOf(disk))
		}
	}
	return after, during, nil
}

func judgeOf(disk *vfs.Disk) judges {
	return func(profile string, tree refTree) error {
		p, err := vfs.ParseProfile(profile)
		if err != nil {
			return err
		}
		if ok, reason := disk.Accepts(p, treeOf(tree)); !ok {
			return errors.New(reason)
		}
		return nil
	}
}

// TestKernels holds the disk against what was seen, and the reference too, where it has
// the steps: the profile of each filesystem accepts it, and so does posix, but for blocks that
// ext4 reused under data=writeback.
func TestKernels(t *testing.T) {
	for _, r := range readRecordings(t) {
		t.Run(r.Filesystem, func(t *testing.T) {
			t.Run("disk", func(t *testing.T) { acceptsRecording(t, r.Workloads, r.Filesystem, diskJudges) })
			known := slices.DeleteFunc(slices.Clone(r.Workloads), isBeyondReference)
			t.Run("reference", func(t *testing.T) { acceptsRecording(t, known, r.Filesystem, refJudges) })
		})
	}
}

// isBeyondReference says whether a workload has a step that the reference has not.
func isBeyondReference(w recording.Workload) bool {
	return slices.ContainsFunc(slices.Concat(w.Setup, w.Steps), func(step string) bool {
		return slices.Contains(rangeSteps, strings.Fields(step)[0])
	})
}

func acceptsRecording(t *testing.T, workloads []recording.Workload, filesystem string, judges judgesOf) {
	states, reused := 0, 0
	for _, w := range workloads {
		after, during, err := judges(w)
		if err != nil {
			t.Fatalf("%s: %v", w.Name, err)
		}
		for _, o := range w.Observed {
			tries := after[o.Step : o.Step+1]
			if o.Inside && o.Step < len(w.Steps) { // before it, within it or after it
				tries = append(slices.Clone(after[o.Step:o.Step+2]), during[o.Step])
			}
			for _, s := range o.States {
				states++
				tree := mustTree(t, s)
				for _, profile := range []string{filesystem, "posix"} {
					var err error
					for _, lawful := range tries {
						if err = lawful(profile, tree); err == nil {
							break
						}
					}
					if err != nil && profile == "posix" && filesystem == "ext4-writeback" {
						reused++
					} else if err != nil {
						t.Errorf("%s after %d steps (inside %v): %s refuses %s: %v", w.Name, o.Step, o.Inside, profile, s, err)
					}
				}
			}
		}
	}
	t.Logf("%d states accepted, %d of them beyond posix: blocks reused before they were durably free", states, reused)
}

// mostListed bounds how many crash images of one point are counted.
const mostListed = 256

// TestShareOfStatesSeen says how tight the profiles are: of all the crash images
// that one allows after each step of each workload, how many were ever seen, and
// how many more posix allows at the same points. Where sectors tear there are
// too many to list; those points are left out.
func TestShareOfStatesSeen(t *testing.T) {
	for _, r := range readRecordings(t) {
		t.Run(r.Filesystem, func(t *testing.T) {
			p, err := vfs.ParseProfile(r.Filesystem)
			if err != nil {
				t.Fatal(err)
			}
			points, leftOut, seen, allowed := 0, 0, 0, 0
			inBoth, posix := 0, 0 // at the points where posix's can be listed too
			for _, w := range r.Workloads {
				for _, o := range w.Observed {
					if o.Inside {
						continue
					}
					disk, err := w.After(vfs.Options{}, o.Step)
					if err != nil {
						t.Fatal(err)
					}
					n := countImages(disk, p)
					if n > mostListed {
						leftOut++
						continue
					}
					points, seen, allowed = points+1, seen+len(o.States), allowed+n
					if all := countImages(disk, vfs.POSIX); all <= mostListed {
						inBoth, posix = inBoth+n, posix+all
					}
				}
			}
			t.Logf("%d of %d states seen at %d points, %.0f%% (%d points left out: more than %d); where posix allows %d, it allows %d",
				seen, allowed, points, 100*float64(seen)/float64(allowed), leftOut, mostListed, posix, inBoth)
			if seen > allowed || p != vfs.Ext4Writeback && inBoth >= posix {
				t.Errorf("%v allows %d states where posix allows %d, and %d where %d were seen", p, inBoth, posix, allowed, seen)
			}
		})
	}
}

func countImages(disk *vfs.Disk, p vfs.Profile) int {
	n := 0
	for im := range disk.Images(p) {
		im.Release()
		if n++; n > mostListed {
			break
		}
	}
	return n
}
