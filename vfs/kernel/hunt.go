//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
	"powercut/vfs/kernel/internal/lab"
)

// hunt runs workloads on several filesystems and keeps the account.
type hunt struct {
	common
	kernel   string
	prey     []*prey
	findings []*lab.Finding
	shown    time.Time
	started  time.Time
}

// prey is one filesystem, and what was seen on it.
type prey struct {
	rig      *lab.Rig
	recorded recording.Recording
	share    lab.Share
	states   int
	// refusals are the steps that a disk does and this filesystem refused.
	refusals []string
}

func newHunt(c *common, filesystems []lab.Filesystem) (*hunt, error) {
	h := &hunt{common: *c, kernel: kernelName(), started: time.Now()}
	if c.out != "" {
		if err := os.MkdirAll(c.out, 0o755); err != nil {
			return nil, err
		}
	}
	for _, fs := range filesystems {
		r, err := lab.NewRig(fs)
		if err != nil {
			h.close()
			return nil, err
		}
		h.prey = append(h.prey, &prey{rig: r, recorded: recording.Recording{Filesystem: fs.Name, Kernel: h.kernel}})
	}
	return h, nil
}

func (h *hunt) close() {
	for _, p := range h.prey {
		p.rig.Close()
	}
}

func kernelName() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "Linux"
	}
	return "Linux " + unix.ByteSliceToString(u.Release[:])
}

// source makes a random generator a vfs.Source.
type source struct{ *rand.Rand }

func (s source) Uint64n(n uint64) uint64 { return s.Rand.Uint64N(n) }

// drawn is of how many workloads the most promising is taken.
const drawn = 4

// draw draws a workload, mostly one of which the profiles allow states of sorts
// that were rarely seen.
func (h *hunt) draw(src *rand.Rand) recording.Workload {
	best := recording.Draw(source{src})
	if src.IntN(4) == 0 {
		return best
	}
	value := h.promise(&best)
	for range drawn - 1 {
		w := recording.Draw(source{src})
		if v := h.promise(&w); v > value {
			best, value = w, v
		}
	}
	return best
}

func (h *hunt) promise(w *recording.Workload) float64 {
	sum := 0.0
	for _, p := range h.prey {
		if p.rig.FS.Profile != "" {
			sum += p.share.Promise(p.rig.FS.Profiles()[0], w)
		}
	}
	return sum
}

// look looks at a workload on every filesystem.
func (h *hunt) look(ctx context.Context, w *recording.Workload, src *rand.Rand) error {
	for _, p := range h.prey {
		if ctx.Err() != nil {
			return nil
		}
		w := *w
		seen, found, err := p.rig.Look(ctx, &w, src, h.effort)
		if refused, ok := errors.AsType[*lab.StepError](err); ok {
			p.refusals = append(p.refusals, fmt.Sprintf("%s: %v (workload %s: %s | %s)", p.rig.FS.Name, refused, w.Name, lab.List(w.Setup), lab.List(w.Steps)))
			continue
		}
		if err != nil {
			return err
		}
		if ctx.Err() != nil && found == nil {
			return nil // half seen: not counted
		}
		if found != nil {
			if err := p.rig.Shrink(ctx, found, h.effort); err != nil && ctx.Err() == nil {
				return err
			}
			h.findings = append(h.findings, found)
			if err := h.keep(found); err != nil {
				return err
			}
		}
		for _, o := range w.Observed {
			p.states += len(o.States)
		}
		p.recorded.Workloads = append(p.recorded.Workloads, w)
		if profiles := p.rig.FS.Profiles(); profiles[0] != vfs.POSIX {
			if err := p.share.Add(profiles[0], &w, seen); err != nil {
				return err
			}
		}
		if err := h.progress(&w); err != nil {
			return err
		}
	}
	return nil
}

// progress says now and then how far it is, and keeps what was recorded so far.
func (h *hunt) progress(w *recording.Workload) error {
	if time.Since(h.shown) < 30*time.Second {
		return nil
	}
	h.shown = time.Now()
	fmt.Fprintf(os.Stderr, "%v: workload %s, %d crash images, %d findings\n", time.Since(h.started).Round(time.Second), w.Name, h.images(), len(h.findings))
	return h.write()
}

// write keeps what was recorded.
func (h *hunt) write() error {
	if h.out == "" {
		return nil
	}
	for _, p := range h.prey {
		if err := p.recorded.Write(filepath.Join(h.out, p.rig.FS.Name+".json")); err != nil {
			return err
		}
	}
	return nil
}

func (h *hunt) images() int {
	n := 0
	for _, p := range h.prey {
		n += p.rig.Images
	}
	return n
}

// keep writes a finding at once: as text, and as a recording.
func (h *hunt) keep(f *lab.Finding) error {
	fmt.Fprintln(os.Stderr, f)
	if h.out == "" {
		return nil
	}
	name := filepath.Join(h.out, fmt.Sprintf("refused-%s-%s", f.Filesystem, f.Workload.Name))
	if err := os.WriteFile(name+".txt", []byte(f.String()), 0o644); err != nil {
		return err
	}
	r := recording.Recording{Filesystem: f.Filesystem, Kernel: h.kernel, Workloads: []recording.Workload{f.Workload}}
	return r.Write(name + ".json")
}

// end writes what was recorded and prints the report.
func (h *hunt) end(ctx context.Context) error {
	report := h.report()
	if err := h.write(); err != nil {
		return err
	}
	if h.out != "" {
		if err := os.WriteFile(filepath.Join(h.out, "report.txt"), []byte(report), 0o644); err != nil {
			return err
		}
	}
	fmt.Print(report)
	switch {
	case len(h.findings) > 0 || slices.ContainsFunc(h.prey, func(p *prey) bool { return len(p.refusals) > 0 }):
		return errRefused
	case ctx.Err() != nil:
		return context.Canceled
	}
	return nil
}

func (h *hunt) report() string {
	var b strings.Builder
	workloads, states := 0, 0
	for _, p := range h.prey {
		workloads = max(workloads, len(p.recorded.Workloads))
		states += p.states
	}
	if len(h.findings) == 0 {
		fmt.Fprint(&b, "Nothing refused: ")
	} else {
		fmt.Fprintf(&b, "REFUSED: %d workloads left states that a profile refuses: ", len(h.findings))
	}
	fmt.Fprintf(&b, "%d workloads, %d crash images, %d states, %s, %v.\n", workloads, h.images(), states, h.kernel, time.Since(h.started).Round(time.Second))
	for _, f := range h.findings {
		fmt.Fprintf(&b, "\n%s", f)
	}
	for _, p := range h.prey {
		for _, r := range p.refusals {
			fmt.Fprintf(&b, "\nA step that the disk does and the filesystem refuses: %s\n", r)
		}
	}
	fmt.Fprintf(&b, "\n%-21s %9s %8s %8s %8s   %s\n", "filesystem", "workloads", "images", "states", "no mount", "of the states allowed at whole pages, seen")
	for _, p := range h.prey {
		unmountable := 0
		for _, n := range p.rig.Unmountable {
			unmountable += n
		}
		fmt.Fprintf(&b, "%-21s %9d %8d %8d %8d   %s\n", p.rig.FS.Name, len(p.recorded.Workloads), p.rig.Images, p.states, unmountable, p.share.String())
	}
	for _, p := range h.prey {
		for _, why := range slices.Sorted(maps.Keys(p.rig.Unmountable)) {
			fmt.Fprintf(&b, "%s: %d images could not be mounted or read: %s\n", p.rig.FS.Name, p.rig.Unmountable[why], why)
		}
	}
	for _, p := range h.prey {
		if len(p.share.Rules) > 0 {
			fmt.Fprintf(&b, "\n%s: trees that only one rule of its profile allows, and how many of them were seen\n%s", p.rig.FS.Name, p.share.Table())
		}
	}
	return b.String()
}
