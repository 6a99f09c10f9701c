//go:build linux

package lab

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
	"powercut/vfs/kernel/internal/block"
)

// target is a state that a profile allows after so many steps, and that was not
// seen.
type target struct {
	steps int
	tree  vfs.Tree
}

// neverSeen lists the states that the filesystem's profile allows at whole pages
// and that were not seen, by the step after which they are allowed.
func (r *Rig) neverSeen(w *recording.Workload, seen *Seen) ([]target, error) {
	whole, err := recording.NewJudge(vfs.Options{SectorBytes: 4096}, w)
	if err != nil {
		return nil, err
	}
	var out []target
	for k := range len(w.Steps) + 1 {
		allowed, all := listed(whole.After(k), r.FS.Profiles()[0])
		if !all {
			continue
		}
		states := seen.States[block.Moment{Step: k}]
		for _, state := range slices.Sorted(maps.Keys(allowed)) {
			if states[state] == 0 {
				out = append(out, target{k, allowed[state]})
			}
		}
	}
	return out, nil
}

// aimAt runs a workload under plans that may lead to states that were not seen.
func (r *Rig) aimAt(ctx context.Context, w *recording.Workload, seen *Seen, src *rand.Rand, e Effort, run func(w *recording.Workload, p Plan) error) error {
	for range e.Aims {
		never, err := r.neverSeen(w, seen)
		if err != nil || len(never) == 0 || ctx.Err() != nil {
			return err
		}
		t := never[src.IntN(len(never))]
		part := *w
		part.Steps = w.Steps[:t.steps]
		plan, err := aimedPlan(src, &part, t.tree)
		if err != nil {
			return err
		}
		if err := run(&part, plan); err != nil {
			return err
		}
	}
	return nil
}

// aimedPlan makes a plan that may lead to a tree: pages are written back behind the
// step that wrote what the tree shows of them, those of which it shows zeros
// are overtaken, and a commit comes where the names are those of the tree.
func aimedPlan(src *rand.Rand, w *recording.Workload, t vfs.Tree) (Plan, error) {
	p := Plan{}
	if src.IntN(4) > 0 {
		p[0] = []string{"pagewise"}
	}
	zeros := zeroPages(t)
	for k, step := range w.Steps {
		words := strings.Fields(step)
		if words[0] != "append" && words[0] != "pwrite" {
			continue
		}
		shown := pagesWith(t, words[len(words)-2][0])
		for _, off := range shown {
			p[k+1] = append(p[k+1], fmt.Sprintf("writeback %s %d 4096", words[1], off))
		}
		src.Shuffle(len(p[k+1]), func(i, j int) { p[k+1][i], p[k+1][j] = p[k+1][j], p[k+1][i] })
		for _, off := range zeros { // last, so that the others are there
			if src.IntN(3) > 0 && !slices.Contains(shown, off) && reaches(words, off) {
				p[k+1] = append(p[k+1], fmt.Sprintf("overtake %s %d 4096", words[1], off))
			}
		}
	}
	at, err := namesLike(w, t)
	if err != nil || len(at) == 0 {
		return p, err
	}
	commits := []int{at[src.IntN(len(at))]}
	if src.IntN(2) == 0 {
		commits = at
	}
	for _, k := range commits {
		p[k] = append(p[k], commit(src))
	}
	return p, nil
}

// reaches says whether a write may touch the page at an offset: of an append
// nobody knows.
func reaches(words []string, off int64) bool {
	if words[0] == "append" {
		return true
	}
	from, _ := strconv.ParseInt(words[2], 10, 64)
	n, _ := strconv.ParseInt(words[4], 10, 64)
	return from < off+4096 && from+n > off
}

// pagesWith lists the offsets of pages, in whatever file, that show a byte.
func pagesWith(t vfs.Tree, c byte) []int64 {
	return pagesThat(t, func(page []byte) bool { return bytes.IndexByte(page, c) >= 0 })
}

// zeroPages lists the offsets of pages that are all zeros.
func zeroPages(t vfs.Tree) []int64 {
	return pagesThat(t, func(page []byte) bool { return len(bytes.Trim(page, "\x00")) == 0 })
}

func pagesThat(t vfs.Tree, holds func(page []byte) bool) []int64 {
	var out []int64
	for _, path := range slices.Sorted(maps.Keys(t)) {
		at := int64(0)
		for page := range slices.Chunk(t[path], 4096) {
			if holds(page) && !slices.Contains(out, at) {
				out = append(out, at)
			}
			at += 4096
		}
	}
	return out
}

// namesLike lists the steps after which a program sees the names that a tree has.
func namesLike(w *recording.Workload, t vfs.Tree) ([]int, error) {
	var out []int
	for k := range len(w.Steps) + 1 {
		d, err := w.After(vfs.Options{}, k)
		if err != nil {
			return nil, err
		}
		now := d.Tree()
		d.Release()
		if maps.EqualFunc(now, t, func(_, _ []byte) bool { return true }) {
			out = append(out, k)
		}
	}
	return out, nil
}
