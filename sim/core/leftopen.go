package core

import (
	"strings"

	"powercut/vfs"
)

// noteOpen notes where a file was opened.
func (h *Point) noteOpen(op vfs.Op) {
	if h.opens == nil {
		h.opens = make(map[uint64]Site)
	}
	if sites := sitesOf(callers(), h.r.harness()); len(sites) > 0 {
		h.opens[op.Seq] = sites[0]
	}
}

// leftOpen is a breach that says which files an epoch left open, and where they were
// opened.
func (r *Run) leftOpen() error {
	opened := r.disk.OpenedBy()
	if len(opened) == 0 {
		return nil
	}
	var places []string
	for _, seq := range opened {
		places = append(places, r.hook.opens[seq].String())
	}
	return Breachf(Works, "left open at the end: %s; opened at %s", strings.Join(r.disk.OpenFiles(), ", "), strings.Join(places, ", "))
}
