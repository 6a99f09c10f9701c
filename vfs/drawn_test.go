package vfs_test

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// scripter draws small workloads in the language of the recordings.
type scripter struct {
	ref   *refDisk // to know which steps are possible
	open  []string // handles
	fill  byte
	count int
}

// drawScript draws a workload. Some are mostly about names, some about content:
// few of each make more crash images than can be listed.
func drawScript(t *rapid.T) recordedWorkload {
	s := &scripter{ref: newRefDisk(), fill: 'a'}
	w := recordedWorkload{Setup: []string{"mkdir d"}}
	s.ref.do(w.Setup[0])
	names := rapid.IntRange(1, 4).Draw(t, "names")
	for range rapid.IntRange(0, 5).Draw(t, "setup") {
		w.Setup = append(w.Setup, s.step(t, names))
	}
	failing := rapid.IntRange(0, 3).Draw(t, "failing") == 0
	if failing { // a file of three pages, to overwrite
		w.Setup = append(w.Setup, s.do("create big b"), s.do("append big o 9000"))
	}
	for _, h := range s.open { // a settled disk has no open files
		w.Setup = append(w.Setup, "close "+h)
	}
	s.open = nil
	if failing {
		w.Steps = append(w.Steps, s.do("open over b"), s.do(fmt.Sprintf("pwrite over %d n 8000", rapid.SampledFrom([]int{0, 1000}).Draw(t, "at"))))
		w.Steps = append(w.Steps, s.do(rapid.SampledFrom([]string{"failfsync over", "failpage over 0", "failpage over 1", "failpage over 2"}).Draw(t, "fails")))
	}
	for range rapid.IntRange(2, 8).Draw(t, "steps") {
		w.Steps = append(w.Steps, s.step(t, names))
	}
	return w
}

// step draws one of the possible steps and does it; of five, so many are about
// names.
func (s *scripter) step(t *rapid.T, names int) string {
	candidates := s.nameSteps()
	if len(s.open) > 0 && rapid.IntRange(1, 5).Draw(t, "about") > names {
		candidates = s.fileSteps(t)
	}
	group := rapid.SampledFrom(candidates).Draw(t, "kind")
	return s.do(rapid.SampledFrom(group).Draw(t, "step"))
}

// do does a step and returns it.
func (s *scripter) do(step string) string {
	s.ref.do(step)
	switch w := strings.Fields(step); w[0] {
	case "create", "open", "opentruncate", "opensync", "opendsync":
		s.open = append(s.open, w[1])
		s.count++
	case "close":
		s.open = slices.DeleteFunc(s.open, func(h string) bool { return h == w[1] })
	}
	return step
}

// The paths that drawn workloads are about. Directories come before what is in
// them.
var (
	drawnFiles = []string{"a", "b", "d/a", "d/b", "e/a", "d/e/a"}
	drawnDirs  = []string{"d", "e", "f", "d/e", "e/f"}
)

// nameSteps lists the possible steps about names, by kind.
func (s *scripter) nameSteps() [][]string {
	h := fmt.Sprintf("h%d", s.count)
	var creates, opens, syncOpens, renames, moves, links, unlinks, mkdirs, rmdirs, syncs []string
	for _, p := range drawnFiles {
		if !s.ref.possible(p) {
			continue
		}
		_, n := s.ref.lookup(p)
		if n >= 0 && s.ref.inodes[n].dir {
			continue
		}
		creates = append(creates, "create "+h+" "+p)
		if n < 0 {
			continue
		}
		opens = append(opens, "open "+h+" "+p, "opentruncate "+h+" "+p)
		if !s.ref.failed { // what a synchronous write leaves of a page that failed, the reference doesn't know
			syncOpens = append(syncOpens, "opensync "+h+" "+p, "opendsync "+h+" "+p)
		}
		unlinks = append(unlinks, "unlink "+p)
		for _, q := range drawnFiles {
			if _, to := s.ref.lookup(q); s.ref.possible(q) && n != to {
				renames = append(renames, "rename "+p+" "+q)
				if to < 0 {
					links = append(links, "link "+p+" "+q)
				}
			}
		}
	}
	for _, p := range drawnDirs {
		if !s.ref.possible(p) {
			continue
		}
		_, n := s.ref.lookup(p)
		if n < 0 {
			mkdirs = append(mkdirs, "mkdir "+p)
			continue
		}
		syncs = append(syncs, "fsyncdir "+p)
		if s.ref.isEmpty(n) {
			rmdirs = append(rmdirs, "unlink "+p)
		}
		for _, q := range drawnDirs {
			if _, to := s.ref.lookup(q); to < 0 && s.ref.possible(q) && !strings.HasPrefix(q, p+"/") {
				moves = append(moves, "rename "+p+" "+q)
			}
		}
	}
	syncs = append(syncs, "fsyncdir .")
	out := [][]string{creates, creates, opens, syncOpens, renames, renames, moves, links, unlinks, unlinks, mkdirs, rmdirs, rmdirs, syncs}
	for _, handle := range s.open {
		out = append(out, []string{"fsync " + handle})
	}
	return slices.DeleteFunc(out, func(g []string) bool { return len(g) == 0 })
}

// fileSteps lists steps on an open file, by kind.
func (s *scripter) fileSteps(t *rapid.T) [][]string {
	h := rapid.SampledFrom(s.open).Draw(t, "handle")
	size := len(s.ref.inodes[s.ref.handles[h]].content)
	s.fill++
	var appends, writes, truncates, allocates []string
	for _, n := range []int{100, 4096, 5000, 9000} {
		appends = append(appends, fmt.Sprintf("append %s %c %d", h, s.fill, n))
		for _, off := range []int{0, 600, 4096, 6000} {
			writes = append(writes, fmt.Sprintf("pwrite %s %d %c %d", h, off, s.fill, n))
		}
		if n > size {
			allocates = append(allocates, fmt.Sprintf("fallocate %s %d", h, n))
		}
	}
	for _, n := range []int{0, 100, 4096, 5000, 9000} {
		truncates = append(truncates, fmt.Sprintf("ftruncate %s %d", h, n))
	}
	var fails, evicts []string
	if s.ref.canFail(h) {
		fails = []string{"failfsync " + h, "failpage " + h + " 0", "failpage " + h + " 1"}
	}
	if s.ref.failed {
		evicts = []string{"evict ."}
	}
	out := [][]string{appends, writes, truncates, allocates, fails, fails, evicts, {"fsync " + h}, {"fdatasync " + h}, {"close " + h}}
	return slices.DeleteFunc(out, func(g []string) bool { return len(g) == 0 })
}
