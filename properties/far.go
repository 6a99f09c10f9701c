package properties

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"powercut/sim/core"
	"powercut/vfs"
)

// farWorkload is what one client does to a journal of which the log ends far in its file:
// around 2 or 4 GiB from its beginning, so that offsets go beyond what 31 or 32 bits can
// count. What is before that end is a hole. Programs that read whole files can't judge
// it, so it has a program of its own.
type farWorkload struct {
	end   int64 // of the log that is there, in bytes
	async bool
	room  int // bytes that the journal sets aside; 0: none
	steps script
}

// farSteps are what its client may do.
var farSteps = []stepKind{stepOpaque, stepSync, stepRoll, stepSnapshot, stepPrune, stepReopen, stepFollow}

// maxFarEnd bounds where the log may end, in bytes.
const maxFarEnd = 1 << 40

// drawFar draws one.
func (t Target) drawFar(src core.Source, settings *core.Settings) *farWorkload {
	w := &farWorkload{async: core.OneIn(src, 3), end: int64(core.Pick(src, []uint64{1 << 31, 1 << 32, 1 << 32, 3 << 31})) - int64(core.Between(src, 1, 3000))}
	if !w.async && core.OneIn(src, 2) {
		w.room = core.Pick(src, []int{200, 5000})
	}
	for range 2 + core.Intn(src, 6) {
		s := step{kind: core.Pick(src, farSteps)}
		if core.OneIn(src, 2) {
			s.kind = stepOpaque
		}
		if s.kind == stepOpaque {
			s.arg = core.Pick(src, []int{0, 100, 505, 4000})
		}
		w.steps = append(w.steps, s)
	}
	if settings.Profile == vfs.Ext4Writeback {
		settings.Profile = vfs.Ext4 // the other looks for stale blocks in all of a file, which takes seconds here
	}
	settings.Epochs, settings.Points, settings.ImagesPerPoint, settings.Depth = 1, 40, min(settings.ImagesPerPoint, 2), min(settings.Depth, 1)
	return w
}

// farLine begins the text of one.
const farLine = "far "

// String implements core.Workload.
func (w *farWorkload) String() string {
	mode := "sync"
	if w.async {
		mode = "async"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s%d\nmode %s\nroom %d\nclient", farLine, w.end, mode, w.room)
	for _, s := range w.steps {
		b.WriteString(" " + s.String())
	}
	return b.String() + "\n"
}

// parseFar reads what String printed.
func parseFar(text string) (*farWorkload, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) != 4 {
		return nil, fmt.Errorf("properties: a far workload of %d lines, want 4: far, mode, room, client", len(lines))
	}
	w := &farWorkload{async: lines[1] == "mode async"}
	var err error
	if w.end, err = strconv.ParseInt(strings.TrimPrefix(lines[0], farLine), 10, 64); err != nil || w.end < 1000 || w.end > maxFarEnd {
		return nil, fmt.Errorf("properties: %q: want an offset from 1000 to %d", lines[0], int64(maxFarEnd))
	}
	if w.room, err = strconv.Atoi(strings.TrimPrefix(lines[2], "room ")); err != nil || w.room < 0 || w.room > maxArg {
		return nil, fmt.Errorf("properties: %q: want \"room\" and a number of bytes up to %d", lines[2], maxArg)
	}
	words := strings.Fields(lines[3])
	if len(words) == 0 || words[0] != "client" || !w.async && lines[1] != "mode sync" {
		return nil, fmt.Errorf("properties: %q and %q: want \"mode sync\" or \"mode async\", and \"client\"", lines[1], lines[3])
	}
	for _, word := range words[1:] {
		s, err := parseStep(word)
		if err != nil {
			return nil, fmt.Errorf("properties: %w", err)
		}
		if !slices.Contains(farSteps, s.kind) {
			return nil, fmt.Errorf("properties: step %q: a far workload has none", s.kind)
		}
		w.steps = append(w.steps, s)
	}
	return w, nil
}

// Program implements core.Workload.
func (w *farWorkload) Program() core.Program { return &farProgram{w: w} }

// Operations implements core.Workload.
func (w *farWorkload) Operations() int { return 12 + 6*len(w.steps) }

// Size implements core.Reducible.
func (w *farWorkload) Size() int { return len(w.steps) }

// WithoutEpoch implements core.Reducible: there is but one.
func (w *farWorkload) WithoutEpoch(int) core.Workload { return w }

// Simpler implements core.Reducible.
func (w *farWorkload) Simpler() iter.Seq[core.Workload] {
	return func(yield func(core.Workload) bool) {
		for i := len(w.steps) - 1; i >= 0; i-- {
			c := *w
			c.steps = slices.Delete(slices.Clone(w.steps), i, i+1)
			if !yield(&c) {
				return
			}
		}
		if w.room > 0 {
			c := *w
			c.room = 0
			yield(&c)
		}
	}
}
