//go:build linux

package lab

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"powercut/vfs/internal/recording"
	"powercut/vfs/kernel/internal/block"
)

// Plan says what the kernel is made to do by itself in a run: by the number of
// steps that had returned. Beside the interventions of the worker there are
//
//	overtake H OFFSET N      writes some pages back, and a commit overtakes them
//	overtake-odd H OFFSET N  it overtakes only those that are odd on the device
type Plan map[int][]string

// DrawPlan draws one: flushers, commits and writeback, which may come at any
// time.
func DrawPlan(src *rand.Rand, w *recording.Workload) Plan {
	p, n := Plan{}, len(w.Steps)
	if src.IntN(2) == 0 {
		p[0] = []string{"pagewise"}
	}
	if src.IntN(4) == 0 { // a commit after each step: all prefixes of the names
		how := commit(src)
		for k := range n + 1 {
			p[k] = append(p[k], how)
		}
		return p
	}
	open := make([][]string, n+1) // handles, by steps that returned
	for k, step := range w.Steps {
		now := slices.Clone(open[k])
		switch f := strings.Fields(step); f[0] {
		case "create", "open", "opentruncate", "opensync", "opendsync":
			now = append(now, f[1])
		case "close":
			now = slices.DeleteFunc(now, func(h string) bool { return h == f[1] })
		}
		open[k+1] = now
	}
	if src.IntN(2) == 0 { // one moment, and a closer look at it
		k := src.IntN(n + 1)
		for range src.IntN(3) {
			p[k] = append(p[k], drawEvent(src, open[k]))
		}
		p[k] = append(p[k], []string{commit(src), "syncfs"}[src.IntN(2)])
		return p
	}
	for k := range n + 1 {
		for range []int{0, 0, 0, 1, 1, 2}[src.IntN(6)] {
			p[k] = append(p[k], drawEvent(src, open[k]))
		}
	}
	p[n] = append(p[n], [][]string{nil, {"syncfs"}, {"syncfs"}, {commit(src)}, {commit(src), "syncfs"}}[src.IntN(5)]...)
	return p
}

func drawEvent(src *rand.Rand, open []string) string {
	if len(open) > 0 && src.IntN(2) == 0 {
		h := open[src.IntN(len(open))]
		how := []string{"writeback", "overtake", "overtake-odd"}[src.IntN(3)]
		if src.IntN(3) == 0 {
			return fmt.Sprintf("%s %s 0 %d", how, h, 1<<20)
		}
		return fmt.Sprintf("%s %s %d %d", how, h, 4096*src.IntN(5), 4096*(1+src.IntN(3)))
	}
	return []string{commit(src), commit(src), "syncfs"}[src.IntN(3)]
}

// commit draws one of the ways in which a filesystem commits.
func commit(src *rand.Rand) string { return []string{"commit", "transaction"}[src.IntN(2)] }

// String lists a plan in the order of its steps.
func (p Plan) String() string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(p)) {
		if len(p[k]) > 0 {
			out = append(out, fmt.Sprintf("after %d: %s", k, strings.Join(p[k], ", ")))
		}
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, "; ")
}

// mostHeld bounds how long a write waits that the commit waits for.
const mostHeld = 150 * time.Millisecond

// event makes the kernel do something by itself.
func (r *Rig) event(event string) error {
	how, pages, _ := strings.Cut(event, " ")
	if how != "overtake" && how != "overtake-odd" {
		return r.Worker.Step(event)
	}
	d := r.Worker.Device
	d.Hold(mostHeld, func(e *block.Entry) bool { return isData(e.Data) && (how == "overtake" || e.Off/4096%2 == 1) })
	defer d.Release()
	for _, step := range []string{"startwriteback " + pages, "transaction"} {
		if err := r.Worker.Step(step); err != nil {
			return err
		}
	}
	d.Release()
	return r.Worker.Step("writeback " + pages)
}
