package recording

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// Draw draws a workload that a disk can run, without some of the words. Some are mostly
// about names, some about content: few of each make more crash images than can be listed.
func Draw(src vfs.Source, without ...string) Workload {
	if vfs.O_TMPFILE == 0 {
		without = append(without, "tmpfile")
	}
	s := &drawer{src: src, without: without, script: Script{Disk: vfs.New(vfs.Options{}), Handles: map[string]afero.File{}}}
	w := Workload{Setup: []string{"mkdir d"}}
	s.do(w.Setup[0])
	names := 1 + s.upTo(4)
	for range s.upTo(6) {
		w.Setup = append(w.Setup, s.step(names))
	}
	for _, h := range s.open { // a settled disk has no open files
		step := "close " + h
		s.do(step)
		w.Setup = append(w.Setup, step)
	}
	s.open, s.nameless = nil, nil
	for range 2 + s.upTo(7) {
		w.Steps = append(w.Steps, s.step(names))
	}
	return w
}

// drawer knows what is possible next.
type drawer struct {
	src    vfs.Source
	script Script
	open   []string // handles, in the order in which they were opened
	fill   int
	count  int // of handles

	nameless []string // handles of files that may still be given a name
	without  []string // words that are not drawn
}

// upTo draws a number below n.
func (s *drawer) upTo(n int) int { return int(s.src.Uint64n(uint64(n))) }

func (s *drawer) do(step string) {
	if err := s.script.Do(step); err != nil {
		panic(fmt.Sprintf("recording: a drawn step %q: %v", step, err))
	}
}

// step draws one of the possible steps and does it; of five, so many are about
// names.
func (s *drawer) step(names int) string {
	candidates := s.nameSteps()
	if len(s.open) > 0 && 1+s.upTo(5) > names {
		candidates = s.fileSteps()
	}
	group := candidates[s.upTo(len(candidates))]
	step := group[s.upTo(len(group))]
	s.do(step)
	switch w := strings.Fields(step); w[0] {
	case "create", "open", "opentruncate", "opensync", "opendsync":
		s.open = append(s.open, w[1])
		s.count++
	case "tmpfile":
		s.open, s.nameless = append(s.open, w[1]), append(s.nameless, w[1])
		s.count++
	case "linkto":
		s.nameless = slices.DeleteFunc(s.nameless, func(h string) bool { return h == w[1] })
	case "close":
		s.open = slices.DeleteFunc(s.open, func(h string) bool { return h == w[1] })
		s.nameless = slices.DeleteFunc(s.nameless, func(h string) bool { return h == w[1] })
	}
	return step
}

// drawable leaves of kinds of steps those that are to be drawn, and have any.
func (s *drawer) drawable(kinds [][]string) [][]string {
	return slices.DeleteFunc(kinds, func(steps []string) bool {
		if len(steps) == 0 {
			return true
		}
		word, _, _ := strings.Cut(steps[0], " ")
		return slices.Contains(s.without, word)
	})
}

// The paths of a drawn workload. What is below e and d/e is rarely there.
var (
	drawnFiles = []string{"a", "b", "d/a", "d/b", "e/a", "d/e/a"}
	drawnDirs  = []string{"d", "e", "f", "d/e", "e/f"}
	drawnLinks = []string{"s", "d/s"} // symbolic ones
)

// lookup says what is at a path.
func (s *drawer) lookup(path string) os.FileInfo {
	info, err := s.script.Disk.Stat(path)
	if err != nil {
		return nil
	}
	return info
}

// inode tells a file from another with the same content.
func inode(info os.FileInfo) uint64 { return info.(*vfs.FileInfo).Ino() }

// possible says whether a path's directory is there.
func (s *drawer) possible(path string) bool {
	k := strings.LastIndexByte(path, '/')
	if k < 0 {
		return true
	}
	in := s.lookup(path[:k])
	return in != nil && in.IsDir()
}

// nameSteps lists the possible steps about names, by kind. A kind that stands
// twice is drawn twice as often.
func (s *drawer) nameSteps() [][]string {
	f, d := s.stepsOfFiles(), s.stepsOfDirs()
	out := [][]string{f.creates, f.creates, f.opens, f.syncOpens, f.renames, f.renames, d.renames, f.links, f.unlinks, f.unlinks,
		s.attributes(), d.mkdirs, d.rmdirs, d.rmdirs, d.syncs, s.exchanges(), s.symlinks(), {fmt.Sprintf("tmpfile h%d", s.count)}, s.namings(), s.namings()}
	for _, handle := range s.open {
		out = append(out, []string{"fsync " + handle})
	}
	return s.drawable(out)
}

// exchanges lists the pairs of paths that can change places.
func (s *drawer) exchanges() (steps []string) {
	all := slices.Concat(drawnFiles, drawnDirs)
	for i, p := range all {
		a := s.lookup(p)
		for _, q := range all[i+1:] {
			b := s.lookup(q)
			if a != nil && b != nil && inode(a) != inode(b) && !strings.HasPrefix(p, q+"/") && !strings.HasPrefix(q, p+"/") {
				steps = append(steps, "exchange "+p+" "+q)
			}
		}
	}
	return steps
}

// symlinks lists what can be done about symbolic links, of which nothing is opened.
func (s *drawer) symlinks() (steps []string) {
	for i, p := range drawnLinks {
		other := drawnLinks[1-i]
		switch {
		case !s.possible(p):
		case !s.isLink(p):
			steps = append(steps, "symlink a "+p, "symlink b "+p)
		case s.possible(other):
			steps = append(steps, "unlink "+p, "rename "+p+" "+other)
		}
	}
	return steps
}

func (s *drawer) isLink(path string) bool {
	_, err := s.script.Disk.ReadlinkIfPossible(path)
	return err == nil
}

// namings lists the names that files without one can be given.
func (s *drawer) namings() (steps []string) {
	for _, h := range s.nameless {
		for _, p := range drawnFiles {
			if s.possible(p) && s.lookup(p) == nil {
				steps = append(steps, "linkto "+h+" "+p)
			}
		}
	}
	return steps
}

// attributes lists changes of extended attributes, of files and directories. A later
// value is another one, so that it shows which change is there.
func (s *drawer) attributes() (steps []string) {
	for _, p := range slices.Concat(drawnFiles, drawnDirs) {
		if s.lookup(p) == nil {
			continue
		}
		steps = append(steps, fmt.Sprintf("setxattr %s user.x %c", p, fills[s.fill%len(fills)]))
		if _, err := s.script.Disk.XattrsAt(p, true).GetXattr("user.x"); err == nil {
			steps = append(steps, fmt.Sprintf("setxattr %s user.y %c", p, fills[s.fill%len(fills)]), "removexattr "+p+" user.x")
		}
	}
	s.fill++
	return steps
}

type stepsOfFiles struct{ creates, opens, syncOpens, renames, links, unlinks []string }

func (s *drawer) stepsOfFiles() (all stepsOfFiles) {
	h := fmt.Sprintf("h%d", s.count)
	for _, p := range drawnFiles {
		info := s.lookup(p)
		if !s.possible(p) || info != nil && info.IsDir() {
			continue
		}
		all.creates = append(all.creates, "create "+h+" "+p)
		if info == nil {
			continue
		}
		all.opens = append(all.opens, "open "+h+" "+p, "opentruncate "+h+" "+p)
		all.syncOpens = append(all.syncOpens, "opensync "+h+" "+p, "opendsync "+h+" "+p)
		all.unlinks = append(all.unlinks, "unlink "+p)
		for _, q := range drawnFiles {
			there := s.lookup(q)
			if !s.possible(q) || there != nil && (inode(info) == inode(there) || there.IsDir()) {
				continue
			}
			all.renames = append(all.renames, "rename "+p+" "+q)
			if there == nil {
				all.links = append(all.links, "link "+p+" "+q)
			}
		}
	}
	return all
}

type stepsOfDirs struct{ mkdirs, rmdirs, renames, syncs []string }

func (s *drawer) stepsOfDirs() (all stepsOfDirs) {
	for _, p := range drawnDirs {
		info := s.lookup(p)
		if !s.possible(p) {
			continue
		}
		if info == nil {
			all.mkdirs = append(all.mkdirs, "mkdir "+p)
		}
		if info == nil || !info.IsDir() { // an exchange may have put a file there
			continue
		}
		all.syncs = append(all.syncs, "fsyncdir "+p)
		if names, err := afero.ReadDir(s.script.Disk, p); err == nil && len(names) == 0 {
			all.rmdirs = append(all.rmdirs, "rmdir "+p)
		}
		for _, q := range drawnDirs {
			if s.lookup(q) == nil && s.possible(q) && !strings.HasPrefix(q, p+"/") {
				all.renames = append(all.renames, "rename "+p+" "+q)
			}
		}
	}
	all.syncs = append(all.syncs, "fsyncdir .")
	return all
}

// fills are the bytes of the writes, one after the other.
const fills = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// fileSteps lists steps on an open file, by kind.
func (s *drawer) fileSteps() [][]string {
	h := s.open[s.upTo(len(s.open))]
	size := int64(0)
	if info, err := s.script.Handles[h].Stat(); err == nil {
		size = info.Size()
	}
	fill := fills[s.fill%len(fills)]
	s.fill++
	var appends, writes, truncates, allocates []string
	for _, n := range []int64{100, 4096, 5000, 9000} {
		appends = append(appends, fmt.Sprintf("append %s %c %d", h, fill, n))
		for _, off := range []int{0, 600, 4096, 6000} {
			writes = append(writes, fmt.Sprintf("pwrite %s %d %c %d", h, off, fill, n))
		}
		if n > size {
			allocates = append(allocates, fmt.Sprintf("fallocate %s %d", h, n))
		}
	}
	for _, n := range []int{0, 100, 4096, 5000, 9000} {
		truncates = append(truncates, fmt.Sprintf("ftruncate %s %d", h, n))
	}
	var reserves, punches, zeroes []string
	for _, r := range []string{"0 4096", "600 8192", "4096 4096", "8192 9000"} {
		reserves = append(reserves, "reserve "+h+" "+r)
		punches = append(punches, "punch "+h+" "+r)
		zeroes = append(zeroes, "zero "+h+" "+r)
	}
	return s.drawable([][]string{appends, appends, writes, writes, truncates, allocates, reserves, punches, zeroes, {"fsync " + h}, {"fsync " + h}, {"fdatasync " + h}, {"close " + h}})
}
